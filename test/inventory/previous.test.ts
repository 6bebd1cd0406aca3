import t from 'tap'
import type { JsonObject } from '../../src/core/json.ts'
import { Previous } from '../../src/inventory/previous.ts'

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
  {
    name: 'only the old ones say where, and there are two',
    before: [set('x'), set('y')],
    object: set(undefined),
    found: undefined
  },
  { name: '-n says where', before: [set('x'), set('y')], namespace: 'y', object: set(undefined), found: 1 },
  { name: '-n says elsewhere', before: [set('x')], namespace: 'y', object: set(undefined), found: undefined },
  { name: 'of two that are the same, the last', before: [set('x'), set('x')], object: set('x'), found: 1 },
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
    for (const one of before) previous.add(one, namespace)
    const index = before.indexOf(previous.find(object, namespace) as JsonObject)
    t.equal(index, found ?? -1, name)
    t.equal(previous.gone().length, before.length - (found === undefined ? 0 : 1), `${name}: the others are gone`)
  }
})
