import {
  BigValueColorMode,
  GraphDrawStyle,
  LegendDisplayMode,
  LegendPlacement,
  StackingConfigBuilder,
  StackingMode,
  VizLegendOptionsBuilder
} from '@grafana/grafana-foundation-sdk/common'
import {
  type Dashboard,
  DashboardBuilder,
  DashboardLinkBuilder,
  DashboardLinkType,
  DatasourceVariableBuilder,
  QueryVariableBuilder,
  RowBuilder,
  ThresholdsConfigBuilder,
  ThresholdsMode,
  VariableRefresh
} from '@grafana/grafana-foundation-sdk/dashboard'
import { DataqueryBuilder, PromQueryFormat } from '@grafana/grafana-foundation-sdk/prometheus'
import { PanelBuilder as StatBuilder } from '@grafana/grafana-foundation-sdk/stat'
import { PanelBuilder as TableBuilder } from '@grafana/grafana-foundation-sdk/table'
import { PanelBuilder as TimeSeriesBuilder } from '@grafana/grafana-foundation-sdk/timeseries'
import { VERSION } from '../src/version.ts'

const DOCS = `https://github.com/holdfast-dev/holdfast/blob/v${VERSION}/docs`
const DATASOURCE = { type: 'prometheus', uid: `\${datasource}` }

/** Of the servers that the variable selects. */
const OURS = 'namespace=~"$namespace"'
/** The entries of the webhook configurations, in the API server's own metrics. */
const ENTRIES = 'name=~".+[.]holdfast[.]dev"'
const CALLS = `apiserver_admission_webhook_admission_duration_seconds_count{${ENTRIES}}`
const FAIL_OPEN = `apiserver_admission_webhook_fail_open_count{${ENTRIES}}`
const SCAN = 'command="scan"'

/** The text of the dashboard's file: https://grafana.com/docs/grafana/latest/dashboards/build-dashboards/view-dashboard-json-model/ */
export function dashboardText(): string {
  return `${JSON.stringify(dashboard(), null, 2)}\n`
}

/** The dashboard of the component `monitoring`. Panels about one number come first, then what they are made of. */
export function dashboard(): Dashboard {
  const builder = new DashboardBuilder('Holdfast')
    .uid('holdfast')
    .description('Reviews, failures and the state of the servers, what the API server counts, and the last scan.')
    .tags(['holdfast', 'kubernetes'])
    .readonly()
    .time({ from: 'now-6h', to: 'now' })
    .refresh('1m')
    .timezone('browser')
    .withVariable(new DatasourceVariableBuilder('datasource').label('Data source').type('prometheus'))
    .withVariable(
      new QueryVariableBuilder('namespace')
        .label('Namespace')
        .datasource(DATASOURCE)
        .query('label_values(holdfast_build_info, namespace)')
        .refresh(VariableRefresh.OnTimeRangeChanged)
        .includeAll(true)
        .allValue('.*')
        .current({ text: 'All', value: '$__all' })
    )
    .link(link('Monitoring', `${DOCS}/monitoring.md`))
    .link(link('Runbooks', `${DOCS}/runbooks`))
    .link(link('Metrics', `${DOCS}/metrics.md`))
  let id = 0
  for (const [title, panels] of ROWS) {
    builder.withRow(new RowBuilder(title).id(++id))
    for (const panel of panels()) builder.withPanel(panel.id(++id))
  }
  return builder.build()
}

type Panel = TimeSeriesBuilder | StatBuilder | TableBuilder

const ROWS: readonly (readonly [title: string, panels: () => Panel[]])[] = [
  ['Overview', overview],
  ['Reviews', reviews],
  ['API server', apiServer],
  ['Servers', servers],
  ['Scan', scan]
]

function overview(): Panel[] {
  return [
    stat('Replicas', 'Servers that Prometheus scrapes.', `count(holdfast_configuration_last_load_seconds{${OURS}})`, {
      steps: [['red'], ['orange', 1], ['green', 2]]
    }),
    stat(
      'Reviews',
      'Reviews per second, of all servers.',
      `sum(rate(holdfast_reviews_total{${OURS}}[$__rate_interval]))`,
      {
        unit: 'reqps'
      }
    ),
    stat(
      'Failures in an hour',
      'Requests that could not be evaluated, so that failurePolicy decided.',
      `sum(increase(holdfast_review_errors_total{${OURS}}[1h]))`,
      { steps: [['green'], ['orange', 1]], decimals: 0 }
    ),
    stat(
      'Admitted unchecked in an hour',
      'Calls to Holdfast that failed, and that the API server let pass. Needs the metrics of the API server.',
      `sum(increase(${FAIL_OPEN}[1h])) or 0 * sum(${CALLS})`,
      { steps: [['green'], ['red', 1]], decimals: 0 }
    ),
    stat(
      'Certificate expires in',
      'The first of all serving certificates. cert-manager renews it ten days before.',
      `min(holdfast_certificate_not_after_seconds{${OURS}}) - time()`,
      { unit: 's', steps: [['red'], ['orange', DAY], ['green', 7 * DAY]] }
    ),
    stat(
      'Upgrades that will be refused',
      'Objects whose next upgrade will fail, as the last scan found.',
      `max(holdfast_report_objects_failing_next_upgrade{${SCAN}})`,
      { steps: [['green'], ['orange', 1]] }
    ),
    table(
      'Alerts',
      'Pending and firing. The name leads to the runbook.',
      'max by (alertname, alertstate, severity) (ALERTS{alertname=~"Holdfast.+"})',
      ['alertname', 'alertstate', 'severity'],
      { span: 16, url: `${DOCS}/runbooks/\${__data.fields.alertname}.md` }
    ),
    table(
      'Versions',
      'More than one of each during a rollout only.',
      `count by (version, node) (holdfast_build_info{${OURS}})`,
      ['version', 'node', 'Value'],
      { span: 8 }
    )
  ]
}

function reviews(): Panel[] {
  const findings = (outcome: string, by: string): string =>
    `sum by (${by}) (rate(holdfast_findings_total{${OURS}, outcome${outcome}}[$__rate_interval]))`
  const quantile = (of: number): Query => [
    `histogram_quantile(${of}, sum by (le) (rate(holdfast_review_duration_seconds_bucket{${OURS}}[$__rate_interval])))`,
    `p${of * 100}`
  ]
  return [
    series('Reviews by outcome', 'Failed: every policy that applies crashed.', 'reqps', [
      [`sum by (outcome) (rate(holdfast_reviews_total{${OURS}}[$__rate_interval]))`, '{{outcome}}']
    ]),
    series(
      'Reviews by kind and operation',
      'The API server may call a webhook several times for one request.',
      'reqps',
      [[`sum by (kind, operation) (rate(holdfast_reviews_total{${OURS}}[$__rate_interval]))`, '{{kind}} {{operation}}']]
    ),
    series('Duration of reviews', 'From the last byte of a request to the answer.', 's', [
      quantile(0.5),
      quantile(0.9),
      quantile(0.99)
    ]),
    series('Findings by policy and outcome', 'Exempted ones and crashes have panels of their own.', 'ops', [
      [findings('!~"skipped|crashed"', 'policy, outcome'), '{{policy}} {{outcome}}']
    ]),
    series('Denials by policy', 'Requests that were rejected.', 'ops', [
      [findings('="denied"', 'policy'), '{{policy}}']
    ]),
    series('Patches by policy', 'Pods and StatefulSets that were repaired.', 'ops', [
      [findings('="patched"', 'policy'), '{{policy}}']
    ]),
    series('Failures by code', 'Requests that could not be evaluated: docs/errors.md lists the codes.', 'ops', [
      [`sum by (code) (rate(holdfast_review_errors_total{${OURS}}[$__rate_interval])) > 0`, '{{code}}']
    ]),
    series('Crashes by policy', 'Each is a bug; the log has the reason.', 'short', [
      [`sum by (policy) (increase(holdfast_findings_total{${OURS}, outcome="crashed"}[1h])) > 0`, '{{policy}}']
    ]),
    series(
      'Exempted by policy',
      'Findings that an annotation or an exemption of the configuration leaves out.',
      'ops',
      [[findings('="skipped"', 'policy'), '{{policy}}']]
    )
  ]
}

function apiServer(): Panel[] {
  return [
    series('Calls by entry', 'What the API server sends, whether or not it arrives.', 'reqps', [
      [`sum by (name) (rate(${CALLS}[$__rate_interval]))`, '{{name}}']
    ]),
    series('Duration of calls (p99)', 'What users wait for, with the network and TLS.', 's', [
      [
        `histogram_quantile(0.99, sum by (name, le) (rate(apiserver_admission_webhook_admission_duration_seconds_bucket{${ENTRIES}}[$__rate_interval])))`,
        '{{name}}'
      ]
    ]),
    series(
      'Admitted unchecked',
      'Calls that failed, and that the API server let pass (failurePolicy: Ignore).',
      'ops',
      [[`sum by (name) (rate(${FAIL_OPEN}[$__rate_interval]))`, '{{name}}']]
    )
  ]
}

function servers(): Panel[] {
  const process = (expression: string): string => `${expression} and on (job, instance) holdfast_build_info`
  return [
    series('Days until the certificate expires', 'Of each replica.', 'd', [
      [`(holdfast_certificate_not_after_seconds{${OURS}} - time()) / ${DAY}`, '{{pod}}']
    ]),
    series(
      'Files that can be used',
      'The last look at the configuration and at the certificate: 1 if usable. At 0, a restart fails.',
      'short',
      [
        [`min by (pod) (holdfast_configuration_last_reload_successful{${OURS}})`, 'configuration {{pod}}'],
        [`min by (pod) (holdfast_certificate_last_reload_successful{${OURS}})`, 'certificate {{pod}}']
      ]
    ),
    series('Memory', 'Resident; the limit of the container is 256 MiB.', 'bytes', [
      [process(`process_resident_memory_bytes{${OURS}}`), '{{pod}}']
    ]),
    series('CPU', 'Cores; there is a request of 0.1, and no limit.', 'short', [
      [process(`rate(process_cpu_seconds_total{${OURS}}[$__rate_interval])`), '{{pod}}']
    ]),
    series('Connections', 'To the HTTPS port. Proven: a review was answered, or the client is known.', 'short', [
      [`sum by (pod, state) (holdfast_connections{${OURS}})`, '{{pod}} {{state}}']
    ]),
    series(
      'Connections closed early, and certificates rejected',
      'By the server, at its limits; by clients that do not trust the certificate.',
      'ops',
      [
        [
          `sum by (port, reason) (rate(holdfast_connections_closed_total{${OURS}}[$__rate_interval])) > 0`,
          '{{port}} {{reason}}'
        ],
        [`sum(rate(holdfast_certificate_rejections_total{${OURS}}[$__rate_interval]))`, 'certificate rejected']
      ]
    )
  ]
}

function scan(): Panel[] {
  const thirds = { span: 8 }
  return [
    stat('Last scan', 'Its age.', `time() - max(holdfast_report_last_run_timestamp_seconds{${SCAN}})`, {
      ...thirds,
      unit: 's',
      steps: [['green'], ['orange', 2 * DAY]]
    }),
    stat('Objects scanned', 'Objects that a policy applies to.', `max(holdfast_report_objects{${SCAN}})`, thirds),
    stat(
      'Not read',
      'Parts that the scan could not read, and objects on which a policy crashed.',
      `max(holdfast_report_problems{${SCAN}})`,
      { ...thirds, steps: [['green'], ['orange', 1]] }
    ),
    table(
      'Findings by policy and level',
      'Of the last scan.',
      `max by (policy, level) (holdfast_report_findings{${SCAN}}) > 0`,
      ['policy', 'level', 'Value'],
      { span: 8 }
    ),
    series('Findings by level', 'Of the last scan. Error: rejected in enforce mode.', 'short', [
      [`sum by (level) (max by (policy, level) (holdfast_report_findings{${SCAN}}))`, '{{level}}']
    ]),
    series('Upgrades that will be refused, over time', 'Objects whose next upgrade will fail.', 'short', [
      [`max(holdfast_report_objects_failing_next_upgrade{${SCAN}})`, 'objects']
    ])
  ]
}

const DAY = 24 * 3600

/** An expression, and the name of its series. */
type Query = readonly [expr: string, legend: string]

function query(expr: string, legend: string): DataqueryBuilder {
  return new DataqueryBuilder().datasource(DATASOURCE).expr(expr).legendFormat(legend)
}

interface StatOptions {
  readonly unit?: string
  readonly decimals?: number
  /** Of the 24 columns of a row. Default 4. */
  readonly span?: number
  /** Colours, each with the value from which on it is shown; the first has none. */
  readonly steps?: readonly (readonly [colour: string, from?: number])[]
}

function stat(title: string, description: string, expr: string, options: StatOptions = {}): StatBuilder {
  const { unit = 'short', decimals, steps = [['text']], span = 4 } = options
  const panel = new StatBuilder()
    .title(title)
    .description(description)
    .datasource(DATASOURCE)
    .unit(unit)
    .colorMode(BigValueColorMode.Value)
    .thresholds(
      new ThresholdsConfigBuilder()
        .mode(ThresholdsMode.Absolute)
        .steps(steps.map(([color, value]) => ({ color, value: value ?? null })))
    )
    .withTarget(query(expr, '').instant().refId('A'))
    .height(4)
    .span(span)
  return decimals === undefined ? panel : panel.decimals(decimals)
}

function series(title: string, description: string, unit: string, queries: readonly Query[]): TimeSeriesBuilder {
  const panel = new TimeSeriesBuilder()
    .title(title)
    .description(description)
    .datasource(DATASOURCE)
    .unit(unit)
    .min(0)
    .drawStyle(GraphDrawStyle.Line)
    .fillOpacity(10)
    .stacking(new StackingConfigBuilder().mode(StackingMode.None))
    .legend(
      new VizLegendOptionsBuilder()
        .showLegend(true)
        .displayMode(LegendDisplayMode.List)
        .placement(LegendPlacement.Bottom)
        .calcs([])
    )
    .height(8)
    .span(8)
  queries.forEach(([expr, legend], index) => {
    panel.withTarget(
      query(expr, legend)
        .range()
        .refId(String.fromCharCode(65 + index))
    )
  })
  return panel
}

/** The newest value of each series, a row each with these columns. The first column is a link where there is one. */
function table(
  title: string,
  description: string,
  expr: string,
  columns: readonly string[],
  { span, url }: { readonly span: number; readonly url?: string }
): TableBuilder {
  const panel = new TableBuilder()
    .title(title)
    .description(description)
    .datasource(DATASOURCE)
    .withTarget(query(expr, '').instant().format(PromQueryFormat.Table).refId('A'))
    .withTransformation({ id: 'filterFieldsByName', options: { include: { names: columns } } })
    .height(8)
    .span(span)
  if (url === undefined) return panel
  return panel.overrideByName(columns[0] as string, [
    { id: 'links', value: [{ title: 'Runbook', url, targetBlank: true }] }
  ])
}

function link(title: string, url: string): DashboardLinkBuilder {
  return new DashboardLinkBuilder(title).type(DashboardLinkType.Link).url(url).targetBlank(true)
}
