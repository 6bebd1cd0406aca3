import t from 'tap'
import { loadFormat } from '../../src/report/formats.ts'
import type { Report } from '../../src/report/report.ts'
import { trendPointOf } from '../../src/report/trend.ts'
import { CRASHED, live, object, PROBLEM, report, WARNED } from '../fixtures/machine-reports.ts'

const write = await loadFormat('json')

function documentOf(made: Report): Record<string, unknown> {
  return JSON.parse(write(made, { colour: false, width: 80 }))
}

t.test('the numbers of a report', async (t) => {
  const failing = live({ findings: [{ ...WARNED, failsNextUpgrade: true }] })
  t.strictSame(trendPointOf(documentOf(report({ checked: 9, objects: [object(), failing] }))), {
    createdAt: '2026-11-05T08:30:00.250Z',
    source: '2 files',
    checked: 9,
    counts: { error: 1, warning: 1, note: 0 },
    failing: 1,
    isComplete: true
  })
  for (const parts of [{ problems: [PROBLEM] }, { objects: [object({ findings: [CRASHED] })] }])
    t.equal(trendPointOf(documentOf(report(parts)))?.isComplete, false)
})

t.test('what is no report has none', async (t) => {
  const valid = documentOf(report())
  t.ok(trendPointOf(valid))
  const wrong: readonly unknown[] = [
    null,
    [],
    'text',
    { ...valid, kind: 'Pod' },
    { ...valid, createdAt: '<script>' },
    { ...valid, judged: -1 },
    { ...valid, counts: { error: '1', warning: 0, note: 0 } },
    { ...valid, counts: null },
    { ...valid, source: 5 }
  ]
  for (const document of wrong) t.equal(trendPointOf(document), undefined, JSON.stringify(document)?.slice(0, 40))
})
