import fc from 'fast-check'
import jsonpatch from 'fast-json-patch'
import t from 'tap'
import { type Edit, type PatchOperation, patchOf } from '../../src/core/patch.ts'
import type { JsonObject } from '../../src/core/values/json.ts'
import { deepFreeze } from '../helpers/policy-tester.ts'

interface Case {
  readonly name: string
  readonly object: JsonObject
  readonly edits: readonly Edit[]
  readonly operations: readonly PatchOperation[]
  readonly result: JsonObject
}

const cases: readonly Case[] = [
  { name: 'nothing to do', object: { a: 1 }, edits: [], operations: [], result: { a: 1 } },
  {
    name: 'a value that is there already',
    object: { a: 1 },
    edits: [{ path: ['a'], value: 1 }],
    operations: [],
    result: { a: 1 }
  },
  {
    name: 'an equal map',
    object: { a: { b: 1 } },
    edits: [{ path: ['a'], value: { b: 1 } }],
    operations: [],
    result: { a: { b: 1 } }
  },
  {
    name: 'a new member',
    object: {},
    edits: [{ path: ['a'], value: 1 }],
    operations: [{ op: 'add', path: '/a', value: 1 }],
    result: { a: 1 }
  },
  {
    name: 'another value',
    object: { a: 1 },
    edits: [{ path: ['a'], value: 2 }],
    operations: [{ op: 'replace', path: '/a', value: 2 }],
    result: { a: 2 }
  },
  {
    name: 'a removal',
    object: { a: 1, b: 2 },
    edits: [{ path: ['a'], value: undefined }],
    operations: [{ op: 'remove', path: '/a' }],
    result: { b: 2 }
  },
  {
    name: 'a removal of nothing',
    object: {},
    edits: [{ path: ['a', 'b'], value: undefined }],
    operations: [],
    result: {}
  },
  {
    name: 'missing parents come in one operation',
    object: {},
    edits: [{ path: ['a', 'b', 'c'], value: 1 }],
    operations: [{ op: 'add', path: '/a', value: { b: { c: 1 } } }],
    result: { a: { b: { c: 1 } } }
  },
  {
    name: 'a parent that is null is replaced',
    object: { a: null },
    edits: [{ path: ['a', 'b'], value: 1 }],
    operations: [{ op: 'add', path: '/a', value: { b: 1 } }],
    result: { a: { b: 1 } }
  },
  {
    name: 'only what differs inside a map',
    object: { labels: { a: '1', b: '2', c: '3' } },
    edits: [{ path: ['labels'], value: { a: '1', b: '9', d: '4' } }],
    operations: [
      { op: 'remove', path: '/labels/c' },
      { op: 'replace', path: '/labels/b', value: '9' },
      { op: 'add', path: '/labels/d', value: '4' }
    ],
    result: { labels: { a: '1', b: '9', d: '4' } }
  },
  {
    name: 'two edits in one list',
    object: { list: [{ x: 1 }, { x: 2 }] },
    edits: [
      { path: ['list', 0, 'x'], value: 8 },
      { path: ['list', 1, 'y'], value: 9 }
    ],
    operations: [
      { op: 'replace', path: '/list/0/x', value: 8 },
      { op: 'add', path: '/list/1/y', value: 9 }
    ],
    result: { list: [{ x: 8 }, { x: 2, y: 9 }] }
  },
  {
    name: 'keys that a pointer has to escape',
    object: { 'a/b': { 'c~d': 1 } },
    edits: [{ path: ['a/b', 'c~d'], value: 2 }],
    operations: [{ op: 'replace', path: '/a~1b/c~0d', value: 2 }],
    result: { 'a/b': { 'c~d': 2 } }
  },
  {
    name: 'a member that every object inherits is not there',
    object: {},
    edits: [{ path: ['constructor'], value: 'x' }],
    operations: [{ op: 'add', path: '/constructor', value: 'x' }],
    result: { constructor: 'x' } as unknown as JsonObject
  }
]

t.test('edits become the smallest patch', async (t) => {
  for (const { name, object, edits, operations, result } of cases) {
    const patched = patchOf(deepFreeze(object), edits)
    t.strictSame(patched.operations, operations, `${name}: operations`)
    t.strictSame(patched.object, result, `${name}: result`)
    t.strictSame(elsewhere(object, patched.operations), result, `${name}: the patch does the same`)
  }
})

t.test('edits that lead nowhere are refused', async (t) => {
  t.throws(() => patchOf({ a: 'text' }, [{ path: ['a', 'b'], value: 1 }]), { message: '/a is a string' })
  t.throws(() => patchOf({ list: [] }, [{ path: ['list', 0], value: 1 }]), { message: '/list/0 is not there' })
  t.throws(() => patchOf({ list: [] }, [{ path: ['list', 'x'], value: 1 }]), { message: '/list/x is not there' })
  t.throws(() => patchOf({}, [{ path: ['list', 0], value: 1 }]), { message: 'item 0 of a list that is not there' })
})

t.test('what is not edited is shared, not copied', async (t) => {
  const object = { kept: { deep: {} }, changed: { x: 1 } }
  const patched = patchOf(object, [{ path: ['changed', 'x'], value: 2 }])
  t.equal(patched.object.kept, object.kept)
  t.strictSame(object.changed, { x: 1 })
})

t.test('any two maps: the patch turns one into the other and touches neither', async (t) => {
  const map = fc.dictionary(
    fc.oneof(fc.string(), fc.constantFrom('a/b', '~', '__proto__', 'constructor', 'length')),
    fc.jsonValue({ maxDepth: 2 })
  )
  t.doesNotThrow(() =>
    fc.assert(
      fc.property(map, map, (before, after) => {
        const object = deepFreeze({ spec: { labels: json(before) } }) as JsonObject
        const patched = patchOf(object, [{ path: ['spec', 'labels'], value: json(after) }])
        const expected = { spec: { labels: json(after) } }
        return same(patched.object, expected) && patched.operations.every(({ op }) => op !== 'test')
      }),
      { numRuns: 500 }
    )
  )
})

function json(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value))
}

/** Equal but for the order of keys. */
function same(one: unknown, other: unknown): boolean {
  const sorted = (value: unknown): string =>
    JSON.stringify(value, (_, inner) =>
      typeof inner === 'object' && inner !== null && !Array.isArray(inner)
        ? Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1))
        : inner
    )
  return sorted(one) === sorted(other)
}

/** The same patch through the library alone. */
function elsewhere(object: JsonObject, operations: readonly PatchOperation[]): unknown {
  return jsonpatch.applyPatch(structuredClone(object), structuredClone(operations) as PatchOperation[], true)
    .newDocument
}
