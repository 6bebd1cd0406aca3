import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { loadFormat } from '../../src/report/formats.ts'
import type { Report } from '../../src/report/report.ts'
import { CRASHED, FULL, finding, live, PROBLEM, report, WARNED } from '../fixtures/machine-reports.ts'
import { hostileReport, scanReport } from '../fixtures/reports.ts'

const write = await loadFormat('prometheus')
const prometheusReport = (made: Report): string => write(made, { colour: false, width: 80 })

/** https://prometheus.io/docs/instrumenting/exposition_formats/: labels in quotation marks, and what is escaped in them. */
const SAMPLE = /^([a-z_]+)\{((?:[a-z]+="(?:[^"\\\n]|\\[\\"n])*",?)*)\} (\d+)$/

/** The value of each series, by its name and labels. */
function samplesOf(text: string): Map<string, number> {
  const samples = new Map<string, number>()
  let family = ''
  for (const line of text.split('\n').slice(0, -1)) {
    const [, help] = /^# HELP ([a-z_]+) \S/.exec(line) ?? []
    const [, type] = /^# TYPE ([a-z_]+) gauge$/.exec(line) ?? []
    if (help !== undefined) family = help
    else if (type !== undefined && type === family) continue
    else {
      const [, name = '', labels = '', value = ''] = SAMPLE.exec(line) ?? []
      if (name === '' || name !== family) throw new Error(`no sample of ${family}: ${line}`)
      const key = `${name}{${labels}}`
      if (samples.has(key)) throw new Error(`twice: ${key}`)
      samples.set(key, Number(value))
    }
  }
  return samples
}

const REPORTS = { full: FULL, empty: report(), scan: scanReport(), hostile: hostileReport() }

t.test('every line is one of the format', async (t) => {
  for (const [name, made] of Object.entries(REPORTS)) t.ok(samplesOf(prometheusReport(made)).size > 10, name)
})

t.test('the numbers', async (t) => {
  const made = report({
    command: 'scan',
    checked: 40,
    objects: [
      live(),
      live({ name: 'a', findings: [finding(), WARNED, WARNED, CRASHED] }),
      live({ name: 'b', findings: [WARNED] })
    ],
    leftOut: { error: 0, warning: 5, note: 1, objects: 3 },
    problems: [PROBLEM]
  })
  const samples = samplesOf(prometheusReport(made))
  const table: readonly (readonly [string, number])[] = [
    ['holdfast_report_findings{command="scan",policy="shared-tsdb-claim",level="error"}', 2],
    ['holdfast_report_findings{command="scan",policy="prometheus-storage",level="warning"}', 3],
    ['holdfast_report_findings{command="scan",policy="query-balance",level="error"}', 0],
    ['holdfast_report_findings_unlisted{command="scan",level="warning"}', 5],
    ['holdfast_report_objects{command="scan"}', 40],
    ['holdfast_report_objects_failing_next_upgrade{command="scan"}', 2],
    ['holdfast_report_problems{command="scan"}', 2],
    ['holdfast_report_last_run_timestamp_seconds{command="scan"}', Date.UTC(2026, 10, 5, 8, 30) / 1000],
    ['holdfast_report_info{command="scan",version="1.2.3",source="2 files"}', 1]
  ]
  for (const [key, value] of table) t.equal(samples.get(key), value, key)
})

t.test('a policy that is off has no series, unless it found something', async (t) => {
  const policies = report().policies.map((policy) => ({ ...policy, mode: 'off' as const }))
  const text = prometheusReport(report({ policies, objects: [live()] }))
  t.match(text, 'policy="shared-tsdb-claim"')
  t.notMatch(text, 'policy="query-balance"')
})

t.test('docs/metrics.md lists them', async (t) => {
  const page = readFileSync(join(import.meta.dirname, '../../docs/metrics.md'), 'utf8')
  const names = [...prometheusReport(report()).matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name)
  t.equal(names.length, 7)
  for (const name of names) t.ok(page.includes(`| \`${name}\``), `${name} is in the page`)
  const documented = [...page.matchAll(/^\| `(holdfast_report_\w+)`/gm)].map(([, name]) => name)
  t.strictSame(documented.sort(), names.sort(), 'and no others')
})

const PROMTOOL = process.env.PROMTOOL ?? 'promtool'
const skip = spawnSync(PROMTOOL, ['--version']).status !== 0 && 'there is no promtool: set PROMTOOL to the path of one'

t.test('promtool has nothing to complain of', { skip }, async (t) => {
  for (const [name, made] of Object.entries(REPORTS)) {
    const { status, stderr } = spawnSync(PROMTOOL, ['check', 'metrics'], { input: prometheusReport(made) })
    t.equal(status, 0, `${name}: ${stderr}`)
  }
  const wrong = spawnSync(PROMTOOL, ['check', 'metrics'], { input: 'a{b="c} 1\n' })
  t.not(wrong.status, 0, 'and it would')
})
