import { join } from 'node:path'
import t from 'tap'
import { stringify } from 'yaml'
import type { JsonObject } from '../../../src/core/values/json.ts'
import { statefulSet } from '../../fixtures/objects.ts'
import { chartStatefulSet } from '../../fixtures/pushgateway-chart.ts'
import { holdfast } from '../../helpers/command.ts'
import { filesIn } from '../../helpers/files.ts'

const [V16, V17, V3, V38] = ['2.16.0', '2.17.0', '3.0.0', '3.8.0'].map(chartStatefulSet) as [
  JsonObject,
  JsonObject,
  JsonObject,
  JsonObject
]

function withoutNamespace(object: JsonObject): JsonObject {
  const { namespace: _, ...metadata } = object.metadata as JsonObject
  return { ...object, metadata }
}

const ORPHAN = 'kubectl delete statefulset --cascade=orphan pgw-prometheus-pushgateway -n monitoring\n'

interface Case {
  readonly name: string
  readonly before: readonly JsonObject[]
  readonly after: readonly JsonObject[]
  readonly args?: readonly string[]
  readonly says: readonly (string | RegExp)[]
  readonly code: number
}

/** As kubectl writes it where there is nothing. */
const NOTHING = { apiVersion: 'v1', kind: 'List', items: [] }

const limited = (revisionHistoryLimit: number): JsonObject => ({
  ...V38,
  spec: { ...(V38.spec as JsonObject), revisionHistoryLimit }
})

const cases: readonly Case[] = [
  {
    name: 'what depends on a version that nobody knows',
    before: [limited(10)],
    after: [limited(5)],
    says: [/no update\s+may\s+change\s+it\s+before\s+Kubernetes\s+1\.33\./],
    code: 0
  },
  {
    name: 'what a version refuses',
    before: [limited(10)],
    after: [limited(5)],
    args: ['--kubernetes-version=1.31'],
    says: [ORPHAN, 'Only revisionHistoryLimit change', '- .spec.revisionHistoryLimit\n'],
    code: 1
  },
  {
    name: 'what a version lets through',
    before: [limited(10)],
    after: [limited(5)],
    args: ['--kubernetes-version=1.36'],
    says: [/goes through as it\s+is\.\n$/],
    code: 0
  },
  {
    name: 'labels',
    before: [V16],
    after: [V17],
    says: [ORPHAN, 'onChange: restore', 'helm upgrade pgw CHART'],
    code: 1
  },
  { name: 'what runs says where', before: [V16], after: [withoutNamespace(V17)], says: [ORPHAN], code: 1 },
  {
    name: '-n says where',
    before: [V16].map(withoutNamespace),
    after: [withoutNamespace(V17)],
    args: ['-n', 'monitoring'],
    says: [ORPHAN],
    code: 1
  },
  { name: 'what goes through', before: [V3], after: [V38], says: [/goes through as it\s+is/], code: 0 },
  { name: 'what is new', before: [NOTHING], after: [V38], says: ['It is new'], code: 0 },
  {
    name: 'what is gone',
    before: [V3, statefulSet({ name: 'old' })],
    after: [V38],
    says: ['StatefulSet monitoring/old', 'It is not in the new manifests'],
    code: 0
  },
  {
    name: 'nothing to speak of',
    before: [NOTHING],
    after: [{ apiVersion: 'v1', kind: 'Service' }],
    says: ['The compared manifests contain no StatefulSet'],
    code: 0
  },
  {
    name: 'a file of before that the command before it left empty',
    before: [],
    after: [V38],
    says: ['Incomplete: something could not be read'],
    code: 2
  },
  {
    name: 'the same, where that is known',
    before: [],
    after: [V38],
    args: ['--allow-unchecked'],
    says: ['It is new'],
    code: 0
  },
  {
    name: 'for a pull request',
    before: [V16],
    after: [V17],
    args: ['-o', 'markdown'],
    says: ['## `StatefulSet monitoring/pgw', '```sh\n'],
    code: 1
  }
]

t.test('what to do about an upgrade', async (t) => {
  for (const { name, before, after, args = [], says, code } of cases) {
    const yaml = (objects: readonly JsonObject[]): string =>
      objects.map((object) => `---\n${stringify(object, { aliasDuplicateObjects: false })}`).join('')
    const directory = filesIn({ 'old.yaml': yaml(before), 'new.yaml': yaml(after) })
    const run = await holdfast(
      'explain-upgrade',
      ...args,
      '--previous',
      join(directory, 'old.yaml'),
      join(directory, 'new.yaml')
    )
    for (const words of says) t.match(run.stdout, words, name)
    t.equal(run.code, code, `${name}: exit code`)
  }
})

t.test('what cannot be read hides nothing', async (t) => {
  const directory = filesIn({ 'old.yaml': `a: b: c\n---\n${stringify(V16)}`, 'new.yaml': stringify(V17) })
  const run = await holdfast(
    'explain-upgrade',
    '--previous',
    join(directory, 'old.yaml'),
    join(directory, 'new.yaml'),
    join(directory, 'absent.yaml')
  )
  t.match(run.stdout, ORPHAN)
  t.match(run.stderr, /old\.yaml:1: .*\[SOURCE_INVALID\]\n/)
  t.match(run.stderr, /absent\.yaml: .*\[SOURCE_UNREADABLE\]\n/)
  t.equal(run.code, 2)
})

t.test('what cannot be read is one line, whatever it is called', async (t) => {
  const name = 'a\n\u001b[2J\u202e.yaml'
  const directory = filesIn({ 'old.yaml': stringify(V16), [name]: 'a: "\u009b" b: c\n- \u202e' })
  const run = await holdfast('explain-upgrade', '--previous', join(directory, 'old.yaml'), join(directory, name))
  t.match(
    run.stderr,
    /^holdfast: [^\p{Cc}\p{Bidi_Control}]+a\\n\\u001b\[2J\\u202e\.yaml:1: [^\p{Cc}\p{Bidi_Control}]+\[SOURCE_INVALID\]\n$/u
  )
  t.equal(run.code, 2)
})

t.test('without what runs there is nothing to compare', async (t) => {
  t.match(await holdfast('explain-upgrade', 'a.yaml'), {
    code: 2,
    stderr: /required option '--previous <path>' not specified/
  })
  t.match(await holdfast('explain-upgrade', '--previous', '-', '-'), {
    code: 2,
    stderr: /Standard input can be read only once/
  })
})
