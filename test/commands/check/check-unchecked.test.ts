// Green means checked: what was not looked at is a problem, or is counted where nobody has to look at it.
import { join } from 'node:path'
import t from 'tap'
import { stringify } from 'yaml'
import type { Report } from '../../../src/report/report.ts'
import { pod } from '../../fixtures/objects.ts'
import { holdfast } from '../../helpers/command.ts'
import { filesIn } from '../../helpers/files.ts'

interface Case {
  readonly name: string
  readonly files: Readonly<Record<string, string>>
  /** Below the directory of the files; all of it where none is named. */
  readonly paths?: readonly string[]
  /** Paths below the directory, and what is wrong with each. */
  readonly problems: readonly (readonly [where: string, code: string, message: RegExp])[]
}

const POD = stringify(pod())
const NO_OBJECTS = /^No Kubernetes objects found in it\. .*--allow-unchecked/
const CHART = /^It is a Helm chart that was not rendered\. Name the directory itself/
const KUSTOMIZATION = /^It is a kustomization that was not rendered, which makes something else of its files\./

const cases: readonly Case[] = [
  {
    name: 'an empty directory',
    files: { 'a/notes.txt': 'x' },
    problems: [['', 'SOURCE_WITHOUT_OBJECTS', /^It has no files that end in \.yaml, \.yml or \.json\./]]
  },
  {
    name: 'a file of values',
    files: { 'values.yaml': 'replicas: 1' },
    paths: ['values.yaml'],
    problems: [['values.yaml', 'SOURCE_WITHOUT_OBJECTS', NO_OBJECTS]]
  },
  {
    name: 'an empty List',
    files: { 'a.yaml': 'apiVersion: v1\nkind: List\nitems: []' },
    problems: [['', 'SOURCE_WITHOUT_OBJECTS', NO_OBJECTS]]
  },
  {
    name: 'one path of two',
    files: { 'a/a.yaml': POD, 'b/b.yaml': '# nothing\n' },
    paths: ['a', 'b'],
    problems: [['b', 'SOURCE_WITHOUT_OBJECTS', NO_OBJECTS]]
  },
  { name: 'a file without objects among others', files: { 'a.yaml': POD, 'values.yaml': 'replicas: 1' }, problems: [] },
  {
    name: 'charts below a directory',
    files: {
      'a/Chart.yaml': 'name: a',
      'a/templates/a.yaml': '{{ .x }}',
      'b/Chart.yaml': 'name: b',
      'b/templates/b.yaml': '{{ .x }}',
      'c.yaml': POD
    },
    problems: [
      ['a', 'SOURCE_NOT_RENDERED', CHART],
      ['b', 'SOURCE_NOT_RENDERED', CHART]
    ]
  },
  {
    name: 'kustomizations below a directory, by each of their names',
    files: {
      'a/kustomization.yaml': 'resources: [a.yaml]',
      'a/a.yaml': POD,
      'b/kustomization.yml': 'resources: []',
      'c/Kustomization': 'resources: []'
    },
    problems: [
      ['a', 'SOURCE_NOT_RENDERED', KUSTOMIZATION],
      ['b', 'SOURCE_NOT_RENDERED', KUSTOMIZATION],
      ['c', 'SOURCE_NOT_RENDERED', KUSTOMIZATION]
    ]
  },
  {
    name: 'a kustomization by itself, which is no object',
    files: { 'kustomization.yaml': 'apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources: []' },
    paths: ['kustomization.yaml'],
    problems: [['kustomization.yaml', 'SOURCE_NOT_RENDERED', KUSTOMIZATION]]
  }
]

t.test('what holds nothing to check', async (t) => {
  for (const { name, files, paths = [''], problems } of cases) {
    const directory = filesIn(files)
    const sources = paths.map((path) => join(directory, path))
    const run = await holdfast('check', '-o', 'json', ...sources)
    const report = JSON.parse(run.stdout) as Report
    t.match(
      report.problems,
      problems.map(([where, code, message]) => ({ where: join(directory, where), code, message })),
      name
    )
    t.equal(report.problems.length, problems.length, `${name}: and nothing else`)
    t.equal(run.code, problems.length === 0 ? 0 : 2, `${name}: exit code`)
    const allowed = await holdfast('check', '-o', 'json', '--allow-unchecked', ...sources)
    t.equal(allowed.code, 0, `${name}: accepted`)
    const { notes } = JSON.parse(allowed.stdout) as Report
    for (const [where] of problems) {
      t.ok(
        notes.some((note) => note.startsWith(`${join(directory, where)}: `)),
        `${name}: and said`
      )
    }
  }
})

t.test('what is compared with nothing', async (t) => {
  const directory = filesIn({ 'old.yaml': '', 'none.yaml': 'apiVersion: v1\nkind: List\nitems: []', 'new.yaml': POD })
  const compared = (...args: string[]) => holdfast('check', ...args, join(directory, 'new.yaml'))
  t.match(await compared('--previous', join(directory, 'old.yaml')), {
    code: 2,
    stdout: /old\.yaml\n {2}unread {3}No Kubernetes objects found in it/
  })
  t.equal((await compared('--previous', join(directory, 'none.yaml'))).code, 0, 'a List says that there is nothing')
  t.equal((await compared('--allow-unchecked', '--previous', join(directory, 'old.yaml'))).code, 0)
})

t.test('--fix writes what is there', async (t) => {
  const directory = filesIn({ 'a.yaml': 'a: 1\n' })
  const run = await holdfast('check', '--fix', join(directory, 'a.yaml'))
  t.match(run, { code: 2, stdout: /^a: 1\n$/ })
})

const objects = (apiVersion: string, kind: string, number: number): string[] =>
  Array.from({ length: number }, (_, at) => stringify({ apiVersion, kind, metadata: { name: `x-${at}` } }))

t.test('objects that no policy looks at are counted by kind', async (t) => {
  const documents = [
    ...objects('v1', 'Secret', 3),
    ...objects('rbac.authorization.k8s.io/v1', 'ClusterRole', 1),
    ...objects('networking.example/v1', 'NetworkPolicy', 2),
    ...objects('v1', 'Service', 2),
    POD
  ]
  const file = join(filesIn({ 'a.yaml': documents.join('---\n') }), 'a.yaml')
  const run = await holdfast('check', '-o', 'json', file)
  t.match(JSON.parse(run.stdout), { judged: 3, notes: { length: 0 } }, 'Services are looked at together with others')
  t.strictSame(JSON.parse(run.stdout).notChecked, {
    objects: 6,
    kinds: [
      { group: '', kind: 'Secret', objects: 3 },
      { group: 'networking.example', kind: 'NetworkPolicy', objects: 2 },
      { group: 'rbac.authorization.k8s.io', kind: 'ClusterRole', objects: 1 }
    ]
  })
  const text = (await holdfast('check', file)).stdout
  t.match(text, /^Not checked, because no policy looks at them: 3 Secrets, 2 NetworkPolicies, 1 ClusterRole$/m)
  const off = await holdfast('check', '--mode=off', file)
  t.match(off.stdout, 'No policy applies to any of the 9 objects that were read.')
  t.match(off.stdout, /Not checked.*: 3 Secrets, 2 NetworkPolicies, 2 Services, 1 ClusterRole, 1 Pod$/m)
  const all = await holdfast('check', '-o', 'json', join(filesIn({ 'a.yaml': POD }), 'a.yaml'))
  t.notOk('notChecked' in JSON.parse(all.stdout), 'and where all were checked, nothing is said')
})

const secret = (rest: string): string => `apiVersion: v1\nkind: Secret\nmetadata: {name: a}\n${rest}`
const set = (rest: string): string => `apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {name: a}\n${rest}`

const unparsed: readonly (readonly [name: string, text: string, problems: number])[] = [
  ['a document that nobody looks at is not parsed', secret('data: {a: b'), 0],
  ['one that somebody looks at is', set('spec: {a: b'), 1],
  ['a template is told from a manifest', secret('data:\n  {{- range .Values }}\n'), 1],
  ['a tab is seen', secret('data:\n\ta: b\n'), 1],
  ['what is at the margin and no key is seen', secret('oops\n'), 1],
  ['a List is looked into', 'apiVersion: v1\nkind: SecretList\nitems: [{a: b}\n', 1],
  ['two objects without a marker between them', secret(set('')), 0]
]

t.test('what is not parsed, and what is wrong with it', async (t) => {
  for (const [name, text, problems] of unparsed) {
    const file = join(filesIn({ 'a.yaml': `${text}\n---\n${POD}` }), 'a.yaml')
    const run = await holdfast('check', '-o', 'json', file)
    const report = JSON.parse(run.stdout)
    t.equal(report.problems.length, problems, `${name}: ${run.stdout}`)
    t.equal(report.objects.length, 1, `${name}: the next document is checked`)
    const fixed = await holdfast('check', '--fix', '--mode=warn', file)
    t.equal(fixed.stdout, `${text}\n---\n${POD}`, `${name}: --fix loses nothing`)
  }
  const both = join(filesIn({ 'a.yaml': secret(set('')) }), 'a.yaml')
  t.match(JSON.parse((await holdfast('check', '-o', 'json', both)).stdout), { judged: 1 }, 'the last kind counts')
})
