import t from 'tap'
import type { JsonObject } from '../../../src/core/values/json.ts'
import { Previous } from '../../../src/inventory/files/previous.ts'

function set(namespace: string | undefined, name = 'a', apiVersion = 'apps/v1'): JsonObject {
  return { apiVersion, kind: 'StatefulSet', metadata: { name, ...(namespace && { namespace }) } }
}

interface Case {
  readonly name: string
  readonly before: readonly JsonObject[]
  readonly namespace?: string
  readonly object: JsonObject
  /** Which of those before. */
  readonly found: number | undefined
}

const cases: readonly Case[] = [
  { name: 'the same', before: [set('x'), set('y')], object: set('y'), found: 1 },
  { name: 'another namespace', before: [set('x')], object: set('y'), found: undefined },
  { name: 'another name', before: [set('x')], object: set('x', 'b'), found: undefined },
  { name: 'another group', before: [set('x', 'a', 'other/v1')], object: set('x'), found: undefined },
  { name: 'another version of the group', before: [set('x', 'a', 'apps/v1beta1')], object: set('x'), found: 0 },
  { name: 'neither has a namespace', before: [set(undefined)], object: set(undefined), found: 0 },
  { name: 'only the new one says where', before: [set(undefined)], object: set('x'), found: 0 },
  { name: 'only the old one says where', before: [set('x')], object: set(undefined), found: 0 },
  { name: '-n says where', before: [set('x'), set('y')], namespace: 'y', object: set(undefined), found: 1 },
  { name: '-n says elsewhere', before: [set('x')], namespace: 'y', object: set(undefined), found: undefined },
  {
    name: 'a name like that of a property',
    before: [set('x', 'constructor')],
    object: set('x', 'constructor'),
    found: 0
  },
  { name: 'and one that was never there', before: [], object: set('x', 'constructor'), found: undefined }
]

t.test('an object is found again by group, kind, namespace and name', async (t) => {
  for (const { name, before, namespace, object, found } of cases) {
    const previous = new Previous()
    for (const [index, one] of before.entries()) previous.add(one, namespace, `old:${index}`)
    const answer = previous.find(object, namespace, 'new:1')
    t.equal(answer.kind === 'known' ? before.indexOf(answer.object) : -1, found ?? -1, name)
    t.equal(previous.gone().length, before.length - (found === undefined ? 0 : 1), `${name}: the others are gone`)
  }
})

const other = { ...set('x'), spec: { replicas: 2 } }

const ambiguous: readonly (readonly [
  name: string,
  before: readonly JsonObject[],
  after: readonly JsonObject[],
  places: string
])[] = [
  ['two namespaces, and the new one says none', [set('x'), set('y')], [set(undefined)], 'old:0,old:1'],
  ['two that differ', [set('x'), other], [set('x')], 'old:0,old:1'],
  [
    'two that differ, without a namespace',
    [set(undefined), { ...set(undefined), spec: {} }],
    [set('x')],
    'old:0,old:1'
  ],
  ['one without a namespace, and two that want it', [set(undefined)], [set('x'), set('y')], 'new:0,new:1'],
  ['the new one twice, and not the same', [set('x')], [set('x'), other], 'new:0,new:1']
]

t.test('nobody guesses which of several is meant', async (t) => {
  for (const [name, before, after, places] of ambiguous) {
    const previous = new Previous()
    for (const [index, one] of before.entries()) previous.add(one, undefined, `old:${index}`)
    const answers = after.map((one, index) => previous.find(one, undefined, `new:${index}`))
    const last = answers.at(-1)
    t.equal(last?.kind === 'ambiguous' ? last.places.join() : last?.kind, places, name)
    t.strictSame(previous.gone(), [], `${name}: none of them is called gone`)
  }
})

t.test('one that is not clear makes no other one unclear', async (t) => {
  const previous = new Previous()
  for (const namespace of ['x', 'y']) previous.add(set(namespace), undefined, `old:${namespace}`)
  const kinds = [set(undefined), set('x'), set('y')].map((one) => previous.find(one, undefined, 'new').kind)
  t.strictSame(kinds, ['ambiguous', 'known', 'known'])
})

t.test('what stands twice and is the same is one', async (t) => {
  const previous = new Previous()
  for (const place of ['old:1', 'old:2']) previous.add(set('x'), undefined, place)
  for (const place of ['new:1', 'new:2']) t.equal(previous.find(set('x'), undefined, place).kind, 'known')
  t.strictSame(previous.gone(), [])
})

t.test('the order of keys makes no other object', async (t) => {
  const spec = { replicas: 2, template: { metadata: { labels: { a: '1', b: '2' } } } }
  const turned = { template: { metadata: { labels: { b: '2', a: '1' } } }, replicas: 2 }
  const [one, other] = [
    { ...set('x'), spec },
    { spec: turned, ...set('x') }
  ]
  const previous = new Previous()
  for (const [index, object] of [one, other].entries()) previous.add(object, undefined, `old:${index}`)
  t.equal(previous.find(one, undefined, 'new:0').kind, 'known', 'of what was before')
  t.equal(previous.find(other, undefined, 'new:1').kind, 'known', 'and of what asks')
  const swapped = { ...set('x'), spec: { ...spec, args: ['b', 'a'] } }
  previous.add({ ...set('y'), spec: { args: ['a', 'b'] } }, undefined, 'old:2')
  previous.add({ ...set('y'), spec: { args: ['b', 'a'] } }, undefined, 'old:3')
  t.equal(previous.find(set('y'), undefined, 'new:2').kind, 'ambiguous', 'the order of a list does')
  t.equal(previous.find(swapped, undefined, 'new:3').kind, 'ambiguous')
})
