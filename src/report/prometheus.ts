import { countsOf, LEVELS, type Level, type Report } from './report.ts'

/** A metric with its series. Their names are in docs/metrics.md. */
interface Metric {
  readonly name: string
  readonly help: string
  readonly series: readonly Series[]
}

interface Series {
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

/**
 * The text format of Prometheus, for the textfile collector of node_exporter: all gauges, because each run is counted
 * anew. A policy that is on has its series whether or not it found something, so that none is missing the day it does.
 */
export function prometheusReport(report: Report): string {
  return metricsOf(report).map(metricText).join('')
}

function metricsOf(report: Report): Metric[] {
  const { command, version, createdAt, checked, objects, problems } = report
  const of = (value: number, labels: Readonly<Record<string, string>> = {}): Series => ({
    labels: { command, ...labels },
    value
  })
  const failing = objects.filter(({ findings }) => findings.some(({ failsNextUpgrade }) => failsNextUpgrade))
  const crashed = objects.filter(({ findings }) => findings.some(({ outcome }) => outcome === 'crashed'))
  return [
    {
      name: 'holdfast_report_findings',
      help: 'Findings of the last run by policy and level.',
      series: findingsOf(report).map(({ policy, level, value }) => of(value, { policy, level }))
    },
    {
      name: 'holdfast_report_findings_unlisted',
      help: 'Findings of the last run that its report counts and does not list, of whatever policy.',
      series: LEVELS.map((level) => of(unlistedOf(report, level), { level }))
    },
    { name: 'holdfast_report_objects', help: 'Objects that the last run checked.', series: [of(checked)] },
    {
      name: 'holdfast_report_objects_failing_next_upgrade',
      help: 'Objects whose next upgrade will be refused.',
      series: [of(failing.length)]
    },
    {
      name: 'holdfast_report_problems',
      help: 'Parts that the last run could not read, and objects on which a policy crashed; 0 for a complete run.',
      series: [of(problems.length + crashed.length)]
    },
    {
      name: 'holdfast_report_last_run_timestamp_seconds',
      help: 'Unix time at which the last run began.',
      series: [of(secondsOf(createdAt))]
    },
    {
      name: 'holdfast_report_info',
      help: 'Always 1; the labels have the version of Holdfast and what was checked.',
      series: [of(1, { version, source: report.source })]
    }
  ]
}

interface Tally {
  readonly policy: string
  readonly level: Level
  readonly value: number
}

/** Those of the catalogue in its order, then what else there is. */
function findingsOf({ policies, objects }: Report): Tally[] {
  const on = policies.filter(({ mode }) => mode !== 'off').map(({ id }) => id)
  const counts = new Map(on.map((id) => [id, { error: 0, warning: 0, note: 0 }]))
  for (const { policy, level } of objects.flatMap(({ findings }) => findings)) {
    const count = counts.get(policy) ?? { error: 0, warning: 0, note: 0 }
    count[level]++
    counts.set(policy, count)
  }
  return [...counts].flatMap(([policy, count]) => LEVELS.map((level) => ({ policy, level, value: count[level] })))
}

function unlistedOf(report: Report, level: Level): number {
  const listed = report.objects.flatMap(({ findings }) => findings).filter((finding) => finding.level === level)
  return countsOf(report)[level] - listed.length
}

/** Whole seconds, as other timestamps of ours; 0 for what is no time. */
function secondsOf(createdAt: string): number {
  const milliseconds = Date.parse(createdAt)
  return Number.isNaN(milliseconds) ? 0 : Math.floor(milliseconds / 1000)
}

function metricText({ name, help, series }: Metric): string {
  const lines = series.map(({ labels, value }) => `${name}{${labelsText(labels)}} ${value}\n`)
  return `# HELP ${name} ${help}\n# TYPE ${name} gauge\n${lines.join('')}`
}

function labelsText(labels: Readonly<Record<string, string>>): string {
  return Object.entries(labels)
    .map(([name, value]) => `${name}="${escaped(value)}"`)
    .join(',')
}

function escaped(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')
}
