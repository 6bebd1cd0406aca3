import fc from 'fast-check'
import t from 'tap'
import { differencesBetween, visitDifferences } from '../../../src/core/values/differences.ts'
import { fieldPath } from '../../../src/core/values/path.ts'

const never = { keep: 100, isSame: () => false }

t.test('what counts as a change', async (t) => {
  const table: readonly (readonly [string, unknown, unknown, string[]])[] = [
    ['nothing', { a: 1 }, { a: 1 }, []],
    ['a value', { a: 1 }, { a: 2 }, ['a 1 2']],
    ['a type', { a: 1 }, { a: '1' }, ['a 1 1']],
    ['absent, null and empty', { a: null, c: [], d: {} }, { b: null, c: {}, d: undefined }, []],
    ['a map that came', {}, { a: { b: 1, c: 2 } }, ['a.b undefined 1', 'a.c undefined 2']],
    ['a map that went', { a: { b: 1 } }, {}, ['a.b 1 undefined']],
    ['a list, by position', { a: [1, 2, 3] }, { a: [1, 3] }, ['a[1] 2 3', 'a[2] 3 undefined']],
    ['a list and a map', { a: [1] }, { a: { 0: 1 } }, ['a 1 [object Object]']],
    ['document order', { a: { z: 1, b: 1 }, c: 1 }, { a: { z: 2, b: 2 }, c: 2 }, ['a.z 1 2', 'a.b 1 2', 'c 1 2']],
    ['false is something', { a: false }, {}, ['a false undefined']],
    ['an empty text is something', { a: '' }, {}, ['a  undefined']]
  ]
  for (const [name, before, after, expected] of table) {
    const { changes, total } = differencesBetween(before, after, never)
    t.strictSame(
      changes.map((change) => `${fieldPath(change.path)} ${change.before} ${change.after}`),
      expected,
      name
    )
    t.equal(total, expected.length, `${name}: total`)
  }
})

t.test('only the first changes are kept, all are counted', async (t) => {
  const { changes, total } = differencesBetween({}, { a: 1, b: 2, c: 3 }, { ...never, keep: 2 })
  t.strictSame(
    changes.map(({ path }) => path),
    [['a'], ['b']]
  )
  t.equal(total, 3)
})

t.test('values with a second spelling', async (t) => {
  const lenient = { keep: 9, isSame: (_: unknown, one: unknown, other: unknown) => Number(one) === Number(other) }
  t.equal(differencesBetween({ a: 1 }, { a: '1' }, lenient).total, 0)
})

t.test('a hundred thousand levels are compared in bounded stack and time', async (t) => {
  const deep = (leaf: number): unknown => {
    let value: unknown = leaf
    for (let level = 0; level < 100_000; level++) value = level % 2 ? [value] : { x: value }
    return value
  }
  t.equal(differencesBetween(deep(1), deep(1), never).total, 0)
  t.equal(differencesBetween(deep(1), deep(2), never).total, 1)
})

t.test('one pass that tells of every change', async (t) => {
  const seen: string[] = []
  visitDifferences({ a: { z: 1, b: [1] }, c: null }, { a: { z: 2, b: [1, 3] }, c: {} }, ({ path, before, after }) =>
    seen.push(`${fieldPath(path)} ${before} ${after}`)
  )
  t.strictSame(seen, ['a.z 1 2', 'a.b[1] undefined 3'])
})

t.test('a change below any field is told of by the field, at no cost of its depth', async (t) => {
  const leaves = Object.fromEntries(Array.from({ length: 20_000 }, (_, index) => [`k${index}`, index]))
  const below = (depth: number): unknown => {
    let value: unknown = leaves
    for (let level = 0; level < depth; level++) value = { x: value }
    return value
  }
  const visit = (depth: number): number => {
    const value = below(depth)
    const start = process.cpuUsage().user
    const lengths = new Set<number>()
    visitDifferences({}, value, ({ path }) => lengths.add(path.length))
    t.strictSame([...lengths], [Math.min(depth + 1, 32)], `${depth} levels`)
    return process.cpuUsage().user - start
  }
  const [near, far] = [visit(40), visit(100_000)]
  t.ok(far < 20 * near + 100_000, `${near} µs of CPU for 40 levels, ${far} for 100 000`)
})

t.test('any value equals itself, and its copy', async (t) => {
  t.doesNotThrow(() =>
    fc.assert(
      fc.property(fc.jsonValue(), (value) => differencesBetween(value, structuredClone(value), never).total === 0)
    )
  )
})
