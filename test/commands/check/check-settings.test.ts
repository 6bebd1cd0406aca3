// What `.holdfast.yaml` says, and what a flag says instead.
import t from 'tap'
import type { JsonObject } from '../../../src/core/values/json.ts'
import type { Report } from '../../../src/report/report.ts'
import { prometheus } from '../../fixtures/prometheus.ts'
import { chartStatefulSet } from '../../fixtures/pushgateway-chart.ts'
import { holdfastIn } from '../../helpers/in-directory.ts'

const WARNED = JSON.stringify(prometheus({ resources: {}, metadata: { name: 'warned' } }))
const DENIED = JSON.stringify(prometheus({ replicas: 2, metadata: { name: 'denied' } }))
const CLEAN = JSON.stringify(prometheus())

const revisions = (revisionHistoryLimit: number): string => {
  const object = chartStatefulSet('3.8.0')
  return JSON.stringify({ ...object, spec: { ...(object.spec as JsonObject), revisionHistoryLimit } })
}
const UPGRADE = { 'old.json': revisions(10), 'new.json': revisions(3) }

interface Case {
  readonly name: string
  readonly files: Readonly<Record<string, string>>
  readonly within?: string
  readonly args?: readonly string[]
  readonly code: number
  /** Files of the objects with findings. */
  readonly found?: readonly string[]
  /** Namespaces of those objects. */
  readonly namespaces?: readonly string[]
  readonly notes?: readonly string[]
  readonly stderr?: string
}

const cases: readonly Case[] = [
  {
    name: 'nothing at all',
    files: {},
    code: 2,
    stderr: 'Nothing to check: name files, directories or -, or set check.paths in the configuration file.'
  },
  { name: 'a file without paths', files: { '.holdfast.yaml': 'mode: warn' }, code: 2, stderr: 'Nothing to check' },
  {
    name: 'paths of the file',
    files: {
      '.holdfast.yaml': 'check: { paths: [a, b.json] }',
      'a/w.json': WARNED,
      'b.json': DENIED,
      'c.json': DENIED
    },
    code: 1,
    found: ['a/w.json', 'b.json'],
    notes: ['The configuration is .holdfast.yaml.']
  },
  {
    name: 'paths of the command line come instead',
    files: { '.holdfast.yaml': 'check: { paths: [b.json] }', 'a.json': WARNED, 'b.json': DENIED },
    args: ['a.json'],
    code: 0,
    found: ['a.json']
  },
  {
    name: 'paths are relative to the file',
    files: { '.holdfast.yaml': 'check: { paths: [a] }', 'a/w.json': WARNED, 'sub/a/d.json': DENIED },
    within: 'sub',
    code: 0,
    found: ['../a/w.json'],
    notes: ['The configuration is ../.holdfast.yaml.']
  },
  {
    name: 'a file above the repository does not count',
    files: { '.holdfast.yaml': 'check: { paths: [a.json] }', 'a.json': WARNED, 'repo/.git': '' },
    within: 'repo',
    code: 2,
    stderr: 'Nothing to check'
  },
  {
    name: '--config comes instead, with paths from its own directory',
    files: {
      '.holdfast.yaml': 'check: { paths: [b.json] }',
      'b.json': DENIED,
      'x/c.yaml': 'check: { paths: [w.json] }',
      'x/w.json': WARNED
    },
    args: ['--config=x/c.yaml'],
    code: 0,
    found: ['x/w.json'],
    notes: ['The configuration is x/c.yaml.']
  },
  {
    name: 'settings of policies',
    files: { '.holdfast.yaml': 'policies: { shared-tsdb-claim: { mode: warn } }', 'b.json': DENIED },
    args: ['b.json'],
    code: 0,
    found: ['b.json']
  },
  {
    name: 'failOn',
    files: { '.holdfast.yaml': 'check: { paths: [w.json], failOn: warning }', 'w.json': WARNED },
    code: 1,
    found: ['w.json']
  },
  {
    name: 'failOn, and a flag that says otherwise',
    files: { '.holdfast.yaml': 'check: { paths: [w.json], failOn: warning }', 'w.json': WARNED },
    args: ['--fail-on=error'],
    code: 0,
    found: ['w.json']
  },
  {
    name: 'namespace',
    files: { '.holdfast.yaml': 'check: { namespace: lab }', 'w.json': WARNED },
    args: ['w.json'],
    code: 0,
    namespaces: ['lab']
  },
  {
    name: 'namespace, and a flag that says otherwise',
    files: { '.holdfast.yaml': 'check: { namespace: lab }', 'w.json': WARNED },
    args: ['-n', 'other', 'w.json'],
    code: 0,
    namespaces: ['other']
  },
  {
    name: 'kubernetesVersion',
    files: { '.holdfast.yaml': "check: { kubernetesVersion: '1.32' }", ...UPGRADE },
    args: ['--previous=old.json', 'new.json'],
    code: 1
  },
  {
    name: 'kubernetesVersion, and a flag that says otherwise',
    files: { '.holdfast.yaml': "check: { kubernetesVersion: '1.32' }", ...UPGRADE },
    args: ['--previous=old.json', '--kubernetes-version=1.36', 'new.json'],
    code: 0
  },
  {
    name: 'ignore: files and directories, met and named',
    files: {
      '.holdfast.yaml': "check: { paths: [., d.json], ignore: [tests, '**/*.off.json', d.json] }",
      'a/w.json': WARNED,
      'a/d.off.json': DENIED,
      'd.json': DENIED,
      'tests/d.json': DENIED
    },
    code: 0,
    found: ['a/w.json'],
    notes: [
      'check.ignore leaves out 4 paths: a/d.off.json, d.json, tests, d.json.',
      'The configuration is .holdfast.yaml.'
    ]
  },
  {
    name: 'ignore: what is named on the command line, from another directory',
    files: { '.holdfast.yaml': 'check: { ignore: [a/tests] }', 'a/tests/d.json': DENIED, 'a/w.json': WARNED },
    within: 'a',
    args: ['tests/d.json', 'w.json'],
    code: 0,
    found: ['w.json'],
    notes: ['check.ignore leaves out 1 path: tests/d.json.', 'The configuration is ../.holdfast.yaml.']
  },
  {
    name: 'a file that cannot be used',
    files: { '.holdfast.yaml': 'check: { path: [a] }', 'c.json': CLEAN },
    args: ['c.json'],
    code: 2,
    stderr: '.holdfast.yaml:1:10: check.path: is not a field here; did you mean "paths"?'
  }
]

t.test('the configuration file of a checkout', async (t) => {
  for (const { name, files, within, args = [], code, found, namespaces, notes, stderr } of cases) {
    const told = await holdfastIn(
      namespaces ? withoutNamespaces(files) : files,
      ['check', '-o', 'json', ...args],
      within
    )
    t.equal(told.code, code, `${name}: ${told.stderr}`)
    if (stderr !== undefined) t.match(told.stderr, stderr, name)
    if (code === 2) continue
    const report = JSON.parse(told.stdout) as Report
    const objects = report.objects.filter(({ findings }) => findings.some(({ level }) => level !== 'note'))
    if (found) t.strictSame([...new Set(objects.map(({ location }) => location?.file))], found, name)
    if (namespaces)
      t.strictSame(
        objects.map(({ namespace }) => namespace),
        namespaces,
        name
      )
    if (notes)
      t.strictSame(
        report.notes.filter((note) => !/were? not evaluated/.test(note)),
        notes,
        name
      )
  }
})

function withoutNamespaces(files: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const bare = Object.entries(files).map(([name, text]) => [name, text.replace('"namespace":"monitoring",', '')])
  return Object.fromEntries(bare)
}

t.test('the text of a report names it', async (t) => {
  const { stdout } = await holdfastIn({ '.holdfast.yaml': '', 'a.json': CLEAN }, ['check', 'a.json'])
  t.match(stdout, / note +The configuration is \.holdfast\.yaml\./)
})

t.test('policies shows the settings of the same file', async (t) => {
  const { stdout } = await holdfastIn({ '.holdfast.yaml': 'policies: { claim-template-labels: { mode: audit } }' }, [
    'policies',
    'claim-template-labels'
  ])
  t.match(stdout, 'mode = "audit" (default "enforce")')
})
