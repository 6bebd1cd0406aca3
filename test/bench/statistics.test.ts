import t from 'tap'
import { worseRows } from '../../bench/compare.ts'
import { type Row, rowsOf } from '../../bench/row.ts'
import { median, quantile, ratiosOf, spreadOf } from '../../bench/statistics.ts'
import { tableOf } from '../../bench/table.ts'

const CASE = { layer: 'server', name: 'a Pod', unit: 'µs' } as const

t.test('medians, quantiles and the spread', async (t) => {
  const rows: [values: number[], median: number, p95: number][] = [
    [[7], 7, 7],
    [[3, 1], 1, 3],
    [[9, 1, 5], 5, 9],
    [[4, 3, 2, 1], 2, 4],
    [Array.from({ length: 100 }, (_, index) => 100 - index), 50, 95]
  ]
  for (const [values, middle, p95] of rows) {
    const given = [...values]
    t.equal(median(values), middle, `${values}`)
    t.equal(quantile(values, 0.95), p95, `${values}`)
    t.strictSame(values, given, 'the values are left as they were')
  }
  t.ok(Number.isNaN(median([])), 'of nothing')
  t.strictSame(spreadOf([9, 1, 5]), { median: 5, low: 1, high: 9 })
})

t.test('a ratio is made of what was measured in one round', async (t) => {
  t.strictSame(ratiosOf([20, 60, 40], [10, 20, 10]), [2, 3, 4])
  const rows = rowsOf(
    CASE,
    new Map([
      ['floor', [10, 20, 10]],
      ['holdfast', [20, 60, 40]]
    ])
  )
  t.strictSame(rows, [
    { ...CASE, contestant: 'floor', median: 10, low: 10, high: 20 },
    // 40 / 10 by medians alone: the slow round was slow for both.
    { ...CASE, contestant: 'holdfast', median: 40, low: 20, high: 60, ratio: { median: 3, low: 2, high: 4 } }
  ])
  t.equal(
    tableOf(rows),
    `server: a Pod, µs
  floor                                10.0 [10.0, 20.0]
  holdfast                             40.0 [20.0, 60.0]           × 3.00 [2.00, 4.00]`
  )
})

t.test('what became worse', async (t) => {
  const row = (contestant: string, ratio?: number): Row => {
    const base = { ...CASE, contestant, median: 1, low: 1, high: 1 }
    return ratio === undefined ? base : { ...base, ratio: { median: ratio, low: ratio, high: ratio } }
  }
  const saved = { rows: [row('floor'), row('one', 1.5), row('other', 2), row('gone', 1)] }
  const rows: [what: string, now: Row[], worse: string[]][] = [
    ['the same', [row('floor'), row('one', 1.5)], []],
    ['better', [row('one', 1.1)], []],
    ['worse, within the threshold', [row('one', 1.65)], []],
    ['worse', [row('one', 1.66), row('other', 2)], ['server: a Pod: one (µs)']],
    ['new', [row('one', 1.5), row('new', 9)], []]
  ]
  for (const [what, now, worse] of rows) {
    t.strictSame(
      worseRows({ rows: now }, saved, 1.1).map(({ row }) => row),
      worse,
      what
    )
  }
  t.strictSame(worseRows({ rows: [row('one', 3)] }, saved, 1.1), [
    { row: 'server: a Pod: one (µs)', before: 1.5, now: 3 }
  ])
  t.throws(() => worseRows({ rows: [row('floor'), row('new', 1)] }, saved, 2), /no row in common/)
})
