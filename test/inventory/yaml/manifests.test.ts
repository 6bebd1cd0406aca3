import t from 'tap'
import { manifestsIn } from '../../../src/inventory/yaml/manifests.ts'

interface Case {
  readonly name: string
  readonly text: string
  /** Kind, name, line of the object, line of its `spec`. */
  readonly objects: readonly (readonly [string, string, number, number])[]
}

const object = (kind: string, name: string): string =>
  `apiVersion: apps/v1\nkind: ${kind}\nmetadata: {name: ${name}}\nspec: {}\n`

const indented = (text: string): string => `- ${text.trimEnd().replaceAll('\n', '\n  ')}\n`

const cases: readonly Case[] = [
  { name: 'one object', text: `---\n${object('StatefulSet', 'a')}`, objects: [['StatefulSet', 'a', 1, 4]] },
  { name: 'comments alone', text: '# nothing\n', objects: [] },
  { name: 'values of a chart', text: 'replicas: 1\n', objects: [] },
  { name: 'a kind without an apiVersion', text: 'kind: Pod\n', objects: [] },
  { name: 'a list', text: '- 1\n', objects: [] },
  {
    name: 'a List',
    text: `apiVersion: v1\nkind: List\nitems:\n${indented(object('StatefulSet', 'a'))}${indented(object('Pod', 'b'))}`,
    objects: [
      ['StatefulSet', 'a', 3, 6],
      ['Pod', 'b', 7, 10]
    ]
  },
  {
    name: 'a List of one kind, whose items say none',
    text: 'apiVersion: apps/v1\nkind: StatefulSetList\nitems:\n- metadata: {name: a}\n  spec: {}\n',
    objects: [['StatefulSet', 'a', 3, 4]]
  },
  {
    name: 'a List in a List',
    text: `{"apiVersion":"v1","kind":"List","items":[{"apiVersion":"v1","kind":"List","items":[\n{"apiVersion":"v1","kind":"Pod","metadata":{"name":"a"},"spec":{}}]}]}`,
    objects: [['Pod', 'a', 1, 1]]
  },
  {
    name: 'a List of nothing that is an object',
    text: 'apiVersion: v1\nkind: List\nitems: [null, 1, {}]\n',
    objects: []
  },
  {
    name: 'a kind that only ends in List',
    text: 'apiVersion: x/v1\nkind: AllowList\nmetadata: {name: a}\nspec: {}\n',
    objects: [['AllowList', 'a', 0, 3]]
  },
  {
    name: 'several JSON objects',
    text: '{"apiVersion":"v1","kind":"Pod","metadata":{"name":"a"}}\n{"apiVersion":"v1","kind":"Pod","metadata":{"name":"b"},\n"spec":{}}',
    objects: [
      ['Pod', 'a', 0, 0],
      ['Pod', 'b', 1, 2]
    ]
  },
  { name: 'behind an end marker', text: `...\n${object('Pod', 'a')}`, objects: [['Pod', 'a', 1, 4]] }
]

t.test('the objects in a document', async (t) => {
  for (const { name, text, objects } of cases) {
    const found = manifestsIn(text).manifests.map(({ object, line, positionOf }) => {
      const { kind, metadata } = object as { kind: string; metadata: { name: string } }
      return [kind, metadata.name, line, positionOf(['spec'])?.line]
    })
    t.strictSame(found, objects, name)
  }
})

t.test("Helm's comment names the template", async (t) => {
  const rows: readonly (readonly [string, string | undefined])[] = [
    ['# Source: chart/templates/sts.yaml\n', 'chart/templates/sts.yaml'],
    ['# Source: chart/templates/sts.yaml\r\n', 'chart/templates/sts.yaml'],
    ['', undefined],
    ['a: "# Source: x"\n', undefined]
  ]
  for (const [comment, template] of rows) {
    const [manifest] = manifestsIn(`---\n${comment}${object('Pod', 'a')}`).manifests
    t.equal(manifest?.template, template, JSON.stringify(comment))
  }
})

t.test('a List in a List in a List ends somewhere', async (t) => {
  const open = '{"apiVersion":"v1","kind":"List","items":['
  t.strictSame(manifestsIn(open.repeat(100) + ']}'.repeat(100)), { manifests: [], repeated: 0, lists: 11 })
})

t.test('what aliases stand for once more is the same object', async (t) => {
  const pod = (name: string): string => `{apiVersion: v1, kind: Pod, metadata: {name: ${name}}}`
  const list = (...items: readonly string[]): string => `{apiVersion: v1, kind: List, items: [${items.join(', ')}]}`
  const text = list(`&a ${pod('a')}`, '*a', `&b ${list(pod('b'), '*a')}`, '*b', '*b', pod('a'), '1', '1')
  const { manifests, repeated } = manifestsIn(text)
  t.strictSame(
    manifests.map(({ object, within }) => [(object.metadata as { name: string }).name, within.join('.')]),
    [
      ['a', 'items.0'],
      ['b', 'items.2.items.0'],
      ['a', 'items.5']
    ],
    'and not what is written twice'
  )
  t.equal(repeated, 4)
  const typed = '{apiVersion: v1, kind: PodList, items: [&a {metadata: {name: a}}, *a]}'
  t.match(manifestsIn(typed), { manifests: { length: 1 }, repeated: 1 })
})
