// "npm run new-policy" in a copy of the repository: what it makes fits everything that is there, and cannot pass until its
// author has filled it in and the webhook is called for what it finds.

import { spawnSync } from 'node:child_process'
import { cpSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import t from 'tap'
import { POLICY_ID } from '../../scripts/scaffold.ts'
import { filesIn } from '../helpers/files.ts'

// A dozen processes, one after the other, each of which loads all of Holdfast.
t.setTimeout(240_000)

const ROOT = join(import.meta.dirname, '../..')
const COPY = filesIn({})
const ID = 'example-image'

const LEFT_OUT = ['.git', '.tap', 'coverage', 'dist', 'node_modules']
cpSync(ROOT, COPY, { recursive: true, filter: (path) => !LEFT_OUT.includes(basename(path)) })
symlinkSync(join(ROOT, 'node_modules'), join(COPY, 'node_modules'))

interface Run {
  readonly code: number | null
  readonly output: string
}

/** Without what tap sets, or the process would be taken for a part of this one. */
function node(...args: readonly string[]): Run {
  const env = { PATH: process.env.PATH ?? '', HOME: process.env.HOME ?? '' }
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: COPY, env, encoding: 'utf8' })
  return { code: status, output: `${stdout}${stderr}` }
}

function failuresIn({ output }: Run): string[] {
  return [...output.matchAll(/^ *not ok \d+ - (.*?)(?: # time=.*)?$/gm)].map(([, what = '']) => what)
}

function write(file: string, text: string): void {
  writeFileSync(join(COPY, file), text)
}

const SOURCE = `import { DEPLOYMENT } from '../core/objects/kinds.ts'
import { containersOf } from '../core/objects/pod.ts'
import { storedAs } from '../core/matches.ts'
import { workloadOf } from '../core/objects/workload.ts'
import { definePolicy } from '../core/policy.ts'
import { hasImageOf, type Program } from '../core/programs/program.ts'

const EXAMPLE: Program = { name: 'Example', images: ['example'] }

export default definePolicy({
  id: '${ID}',
  summary: 'Nothing runs the example.',
  defaultMode: 'warn',
  matches: storedAs([DEPLOYMENT], EXAMPLE),
  options: {},
  *check(subject) {
    const workload = workloadOf(subject)
    if (workload === undefined || !containersOf(workload.template).some((it) => hasImageOf(EXAMPLE, it))) return
    yield { field: ['spec'], problem: 'it runs the example', remediation: 'take another image' }
  }
})
`

const TABLE = `import policy from '../../src/policies/${ID}.ts'
import { container } from '../fixtures/objects.ts'
import { testPolicy } from '../helpers/policy-tester.ts'

function deployment(image: string): { readonly [field: string]: unknown } {
  const template = { spec: { containers: [container('app', image)] } }
  return { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'x' }, spec: { template } }
}

testPolicy(policy, {
  accepted: [{ name: 'another image', object: deployment('nginx:1.31') }],
  refused: [{ name: 'the image', object: deployment('registry.example/example:1'), finds: [{ field: 'spec' }] }]
})
`

/** The gate in docs.test.ts; whatever else fails there is not about a policy. */
const GENERATED = 'what is generated is what stands there: npm run generate writes it'
const TEST = `test/policies/${ID}.test.ts`

t.test('an id that no policy can have', async (t) => {
  for (const id of ['', 'one', 'Two-Words', 'two_words', 'a-b-', '../a-b', 'a-1']) t.notMatch(id, POLICY_ID, id)
  t.match(node('scripts/new-policy.ts', 'two_words'), { code: 2, output: /^usage: npm run new-policy/ })
  const taken = node('scripts/new-policy.ts', 'shared-tsdb-claim')
  t.match(taken, { code: 2, output: 'there is a policy shared-tsdb-claim already\n' })
})

t.test('what is made fits, and says what is missing', async (t) => {
  const made = node('scripts/new-policy.ts', ID)
  t.equal(made.code, 0, made.output)
  t.notOk(failuresIn(node('test/contract/docs.test.ts')).includes(GENERATED), 'what is generated is there')
  t.strictSame(failuresIn(node(TEST)), [
    'the table has a case in which nothing is found',
    'the table has a case in which the policy finds something'
  ])
  const index = readFileSync(join(COPY, 'src/policies/index.ts'), 'utf8')
  t.match(index, "import exampleImage from './example-image.ts'")
  const imports = [...index.matchAll(/ from '(\.\/.+)'$/gm)].map(([, file]) => file)
  t.strictSame(imports, [...imports].sort(), 'in the order of the files')
  t.match(index, /,\n {2}exampleImage\n\]\n$/, 'the last that is asked')
  t.strictSame(failuresIn(node('test/contract/catalogue.test.ts')).slice(0, -1), [
    `${ID}: the summary is a sentence`,
    `${ID}: matches something`,
    `${ID}: CHANGELOG.md has a line about it`,
    'each policy says what it is',
    `${ID}: no cell is empty`,
    'README.md says of each policy what it does',
    'no cell of a table is empty',
    'What it stops says something',
    'When to turn it off says something',
    'Refused has examples',
    'Accepted has examples'
  ])
})

t.test('without its condition it cannot pass', async (t) => {
  write(`src/policies/${ID}.ts`, SOURCE)
  write(TEST, TABLE)
  const [create, update] = ['CREATE', 'UPDATE'].map(
    (operation) => `Deployment ${operation}, validate phase: the webhook is called for this, the image`
  )
  t.strictSame(failuresIn(node(TEST)), [create, update, 'the conditions of the webhook'])
  const stale = failuresIn(node('test/contract/docs.test.ts'))
  for (const what of [GENERATED, 'manifests/base/validating-webhooks.yaml']) t.ok(stale.includes(what), what)
  t.equal(node('scripts/generate.ts').code, 0)
  t.strictSame(failuresIn(node(TEST)), [], 'with it, it does')
  t.match(
    node('test/manifests/conditions.test.ts').output,
    `${ID}: Deployment CREATE, validate phase: there is no example`
  )

  // A condition that lets others through: the policy says that it is about something else.
  write(
    `src/policies/${ID}.ts`,
    SOURCE.replace(
      "images: ['example'] }",
      "images: ['example'] }\nconst OTHER: Program = { name: 'Other', images: ['other'] }"
    ).replace('DEPLOYMENT], EXAMPLE', 'DEPLOYMENT], OTHER')
  )
  t.equal(node('scripts/generate.ts').code, 0)
  t.ok(failuresIn(node(TEST)).includes('Deployment CREATE, validate phase: it is about this, the image'))
})

t.test('a policy over objects that belong together', async (t) => {
  const id = 'example-pair'
  const made = node('scripts/new-policy.ts', id, '--set')
  t.equal(made.code, 0, made.output)
  t.strictSame(failuresIn(node(`test/policies/${id}.test.ts`)), [
    'the table has a case in which it is silent',
    'the table has a case in which the policy finds something'
  ])
  t.match(readFileSync(join(COPY, `src/policies/${id}.ts`), 'utf8'), 'defineSetPolicy')
  t.match(node('scripts/new-policy.ts', 'another-pair', '--sets'), { code: 2, output: /^usage: / })
})
