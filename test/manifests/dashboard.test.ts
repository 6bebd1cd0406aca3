// The dashboard, and the metrics that it and the alerts ask for.
import { spawnSync } from 'node:child_process'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { POLICIES } from '../../src/policies/index.ts'
import { loadFormat } from '../../src/report/formats.ts'
import { createMetrics } from '../../src/server/metrics.ts'
import { createRotationMetrics } from '../../src/server/rotation-metrics.ts'
import { report } from '../fixtures/machine-reports.ts'
import { panels, queries } from '../helpers/dashboard.ts'
import { filesIn } from '../helpers/files.ts'
import { alertRules, programOf, withoutProgram } from '../helpers/prometheus.ts'

const DOCS = join(import.meta.dirname, '../../docs')
const PAGE = readFileSync(join(DOCS, 'metrics.md'), 'utf8')

/** The metrics in an expression: what stands outside of selectors, groupings and strings, and is no function. */
function metricsIn(expression: string): string[] {
  const bare = expression
    .replaceAll(/"[^"]*"|\{[^}]*\}|\[[^\]]*\]/g, ' ')
    .replaceAll(/\b(?:by|on|without|ignoring)\s*\([^)]*\)/g, ' ')
  const words = bare.matchAll(/(?<![\w.$])[a-zA-Z_]\w*\b(?!\s*\()/g)
  return [...words]
    .map(([word]) => word)
    .filter((word) => !/^(?:and|or|unless|offset|by|on|group_left|group_right)$/.test(word))
}

/** The expressions in the pages, one a line in an indented block; all other blocks are commands of a shell. */
const documented: readonly (readonly [page: string, expr: string])[] = globSync('runbooks/*.md', { cwd: DOCS }).flatMap(
  (page) =>
    [...readFileSync(join(DOCS, page), 'utf8').matchAll(/^ {4,}(.+)$/gm)]
      .map(([, line = '']) => [page, line.trim()] as const)
      .filter(([, line]) => /^(?:\w+\(|\w+ by |\w*_\w+|up\{|time\(\))/.test(line))
)

/** Every series that a server or a run exports, and those of the API server that the page lists. */
async function known(): Promise<ReadonlySet<string>> {
  const programs = [createMetrics(POLICIES), createRotationMetrics()]
  const servers = (await Promise.all(programs.map(({ registry }) => registry.getMetricsAsJSON()))).flat()
  const histograms = servers.filter(({ type }) => String(type) === 'histogram').map(({ name }) => name)
  const run = (await loadFormat('prometheus'))(report(), { colour: false, width: 80 })
  const ofRun = [...run.matchAll(/^# TYPE (\S+)/gm)].map(([, name = '']) => name)
  const [, section = ''] = PAGE.split('\n## Metrics of the API server\n')
  const ofApiServer = [...(section.split('\n## ')[0] as string).matchAll(/^\| `(apiserver_\w+)`(.*)$/gm)]
  const bucketsOf = (name: string): string[] => [name, `${name}_bucket`, `${name}_count`, `${name}_sum`]
  return new Set([
    ...servers.map(({ name }) => name),
    ...histograms.flatMap(bucketsOf),
    ...ofRun,
    ...ofApiServer.flatMap(([, name = '', rest = '']) => (rest.startsWith(' | histogram') ? bucketsOf(name) : [name])),
    // Prometheus' own, and the Pushgateway's.
    ...['up', 'ALERTS', 'push_time_seconds']
  ])
}

t.test('every metric of a rule or a panel is one that somebody exports', async (t) => {
  const metrics = await known()
  const expressions = [
    ...alertRules.map(({ alert, expr }) => [alert, expr] as const),
    ...queries.map(({ title, expr }) => [title, expr] as const),
    ...documented
  ]
  t.ok(documented.length > 15)
  t.ok(expressions.length > 60)
  for (const [name, expression] of expressions) {
    const used = metricsIn(expression)
    t.ok(used.length > 0, `${name}: it asks for something`)
    for (const metric of used) t.ok(metrics.has(metric), `${name}: ${metric}`)
  }
  t.strictSame(
    metricsIn('sum by (a) (rate(holdfast_x_total{b="c d"}[5m])) / on (e) up offset 30m > 3 * f_total'),
    ['holdfast_x_total', 'up', 'f_total'],
    'the gate sees metrics, and nothing else'
  )
})

t.test('every metric of ours is in a rule or a panel, or in neither on purpose', async (t) => {
  const used = new Set([...alertRules, ...queries].flatMap(({ expr }) => metricsIn(expr)))
  const unused = [...(await known())].filter((name) => name.startsWith('holdfast_') && !used.has(name))
  t.strictSame(unused.sort(), [
    // What the gauges of the last reload and of the expiry say better.
    'holdfast_certificate_last_load_seconds',
    'holdfast_certificate_reload_failures_total',
    'holdfast_configuration_reload_failures_total',
    // For a look at one report.
    'holdfast_report_findings_unlisted',
    'holdfast_report_info',
    // Its buckets are asked for.
    'holdfast_review_duration_seconds',
    'holdfast_review_duration_seconds_count',
    'holdfast_review_duration_seconds_sum',
    // The certificate that is served says more than the one in the Secret. The log has the rest.
    'holdfast_rotation_ca_not_after_seconds',
    'holdfast_rotation_certificate_not_after_seconds',
    'holdfast_rotation_certificates_total',
    'holdfast_rotation_foreign_cas',
    'holdfast_rotation_waiting',
    'holdfast_rotation_webhook_entries'
  ])
})

t.test('every panel has what Grafana needs to show it, and says what it shows', async (t) => {
  t.ok(panels.length > 25)
  t.equal(new Set(panels.map(({ id }) => id)).size, panels.length, 'each has an id of its own')
  for (const { title, type, description, datasource, gridPos, targets = [] } of panels) {
    t.ok(gridPos.x + gridPos.w <= 24, `${title}: it fits into the 24 columns`)
    if (type === 'row') continue
    t.match(description, /\.$/, `${title}: a description`)
    t.equal(datasource?.uid, `\${datasource}`, `${title}: the data source is a variable`)
    t.ok(targets.length > 0, `${title}: a query`)
  }
})

t.test('no two panels of the dashboard lie on each other', async (t) => {
  const cells = panels.flatMap(({ title, gridPos: { x, y, w, h } }) =>
    Array.from({ length: w * h }, (_, index) => [`${x + (index % w)},${y + Math.floor(index / w)}`, title] as const)
  )
  const taken = new Map<string, string>()
  for (const [cell, title] of cells) {
    if (taken.has(cell)) t.fail(`${title} lies on ${taken.get(cell)}`)
    taken.set(cell, title)
  }
  t.equal(taken.size, cells.length)
})

t.test('promtool: every query is one that Prometheus can read', { skip: withoutProgram('promtool') }, async (t) => {
  const check = (expressions: readonly string[]): string => {
    const rules = expressions.map((expr, index) => ({ record: `panel:${index}`, expr }))
    const directory = filesIn({ 'rules.yaml': JSON.stringify({ groups: [{ name: 'panels', rules }] }) })
    const { status, stdout, stderr } = spawnSync(
      programOf('promtool'),
      ['check', 'rules', join(directory, 'rules.yaml')],
      {
        encoding: 'utf8'
      }
    )
    return status === 0 ? '' : stdout + stderr
  }
  t.equal(check(queries.map(({ expr }) => expr)), '', 'of the dashboard')
  t.equal(check(documented.map(([, expr]) => expr)), '', 'of the runbooks')
  t.match(check(['sum(rate(holdfast_reviews_total))']), 'expected type range vector')
})
