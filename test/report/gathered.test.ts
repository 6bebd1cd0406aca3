import t from 'tap'
import { Gathered } from '../../src/report/gathered.ts'
import { countsOf } from '../../src/report/report.ts'
import { CRASHED, finding, object, report, WARNED } from '../fixtures/machine-reports.ts'

const long = (length: number) => object({ findings: [finding({ message: 'x'.repeat(length) }), WARNED] })

t.test('what there is room for is listed, and the rest is counted', async (t) => {
  const found = new Gathered(1000)
  found.add(long(100))
  t.strictSame(found.leftOut, {})
  t.strictSame(found.notes(), [])
  found.add(long(900))
  found.add(object({ findings: [finding()], leftOut: { error: 1, warning: 0, note: 3 } }))
  found.add(object({ findings: [CRASHED] }))
  t.equal(found.objects.length, 2, 'one for which there is room, and one that nobody may miss')
  t.strictSame(found.leftOut, { leftOut: { error: 3, warning: 1, note: 3, objects: 2 } })
  t.strictSame(found.notes(), ['7 findings of 2 objects not listed: the report is full. Check fewer files at once.'])
  const made = report({ objects: found.objects, ...found.leftOut })
  t.strictSame(countsOf(made), { error: 5, warning: 2, note: 3 }, 'all of them count')
})

t.test('an object of which there is too much to say', async (t) => {
  const found = new Gathered()
  found.add(object({ leftOut: { error: 0, warning: 2, note: 1 } }))
  found.add(object({ leftOut: { error: 1, warning: 0, note: 0 } }))
  found.add(object())
  t.strictSame(found.notes(), [
    '4 findings of 2 objects not listed: of an object, and of its Pods, a report lists 100.'
  ])
  t.strictSame(found.leftOut, {}, 'all objects are listed')
  t.strictSame(countsOf(report({ objects: found.objects })), { error: 4, warning: 2, note: 1 })
})

t.test('texts count that stand beside a finding', async (t) => {
  for (const changes of [[{ key: 'x'.repeat(2000) }], [{ key: 'x', before: 'x'.repeat(2000) }]]) {
    const found = new Gathered(1000)
    found.add(object({ findings: [finding({ changes })] }))
    t.equal(found.objects.length, 0)
  }
})
