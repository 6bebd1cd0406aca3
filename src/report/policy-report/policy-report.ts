import { apiVersionOf } from '../../core/objects/kinds.ts'
import type { JsonObject } from '../../core/values/json.ts'
import { cut, oneLine } from '../../core/values/text.ts'
import { inLines } from '../in-lines.ts'
import { type Level, type Report, type ReportedFinding, type ReportedObject, totalOf } from '../report.ts'
import { nameOfReported, pageOf, sentencesOf } from '../sentences.ts'

/** The two APIs of which dashboards read reports: the new one, and the one that it took over from. */
export const POLICY_REPORT_APIS = {
  openreports: { group: 'openreports.io', version: 'v1alpha1', resource: 'reports', kind: 'Report' },
  wgpolicy: { group: 'wgpolicyk8s.io', version: 'v1alpha2', resource: 'policyreports', kind: 'PolicyReport' }
} as const

export type PolicyReportApi = keyof typeof POLICY_REPORT_APIS

/** Every report has it, one for each namespace. */
export const REPORT_NAME = 'holdfast'
export const SOURCE = 'holdfast'
export const MANAGED_BY = 'app.kubernetes.io/managed-by'
/** How many results had no room; absent where all of them are there. */
export const LEFT_OUT = 'holdfast.dev/results-left-out'
/** What the scan could not read there, such as `daemonsets, some pods`; absent where it read everything. */
export const NOT_READ = 'holdfast.dev/not-read'

/**
 * etcd takes 1.5 MiB for an object. With every text at its limit and in four-byte characters a result takes less than
 * 7 KiB, so that 200 of them fit.
 */
export const MOST_REPORT_RESULTS = 200
/** In characters (code points). */
const MESSAGE_LIMIT = 1024
const FIELD_LIMIT = 200

/** Both APIs have the same fields, but for `source` and `configuration`, which the older one does not know. */
export interface PolicyReport {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: JsonObject & { readonly name: string; readonly namespace: string }
  readonly source?: string
  readonly configuration?: { readonly limits: { readonly maxResults: number } }
  /** Of all results, whether or not they had room. */
  readonly summary: Readonly<Record<PolicyResult['result'], number>>
  readonly results: readonly PolicyResult[]
}

export interface PolicyResult {
  readonly source: string
  readonly policy: string
  /** The field: the part of the policy that was not met. */
  readonly rule?: string
  readonly category: string
  readonly result: 'pass' | 'fail' | 'warn' | 'error' | 'skip'
  readonly severity: 'high' | 'medium' | 'low'
  readonly scored: boolean
  readonly message: string
  readonly resources: readonly JsonObject[]
  readonly timestamp: { readonly seconds: number; readonly nanos: number }
  readonly properties: Readonly<Record<string, string>>
}

/**
 * One object for each namespace in which there is something to report, made when it is asked for: in a large cluster all
 * of them would take as much memory again as the findings.
 */
export function policyReportsOf(found: Report, api: PolicyReportApi): Map<string, () => PolicyReport> {
  const report = inLines(found)
  // What policies match is in a namespace; without one there is no place for a report.
  const objects = report.objects.filter(({ namespace }) => namespace !== '')
  const byNamespace = Map.groupBy(objects, ({ namespace }) => namespace)
  return new Map(
    [...byNamespace].map(([namespace, objects]) => [namespace, () => policyReport(report, api, namespace, objects)])
  )
}

function policyReport(
  report: Report,
  api: PolicyReportApi,
  namespace: string,
  objects: readonly ReportedObject[]
): PolicyReport {
  const { group, version, kind } = POLICY_REPORT_APIS[api]
  const results = objects.flatMap((object) => object.findings.map((finding) => resultOf(report, object, finding)))
  const unlisted = objects.reduce((sum, { leftOut }) => sum + (leftOut === undefined ? 0 : totalOf(leftOut)), 0)
  const leftOut = Math.max(0, results.length - MOST_REPORT_RESULTS) + unlisted
  return {
    apiVersion: `${group}/${version}`,
    kind,
    metadata: {
      name: REPORT_NAME,
      namespace,
      labels: { [MANAGED_BY]: SOURCE },
      ...(leftOut > 0 && { annotations: { [LEFT_OUT]: String(leftOut) } })
    },
    ...(api === 'openreports' && { source: SOURCE, configuration: { limits: { maxResults: MOST_REPORT_RESULTS } } }),
    summary: summaryOf(results),
    results: worstFirst(results).slice(0, MOST_REPORT_RESULTS)
  }
}

const RESULT_OF: Readonly<Record<ReportedFinding['outcome'], PolicyResult['result']>> = {
  denied: 'fail',
  crashed: 'error',
  warned: 'warn',
  patched: 'warn',
  audited: 'warn',
  skipped: 'skip'
}

/** The older API knew no more than these three at first. */
const SEVERITY_OF: Readonly<Record<Level, PolicyResult['severity']>> = { error: 'high', warning: 'medium', note: 'low' }

function resultOf(report: Report, object: ReportedObject, finding: ReportedFinding): PolicyResult {
  const { policy, mode, outcome, level, involved = [] } = finding
  const result = RESULT_OF[outcome]
  const field = cut(finding.field, FIELD_LIMIT)
  return {
    source: SOURCE,
    policy,
    ...(field !== '' && { rule: field }),
    category: 'Prometheus stack',
    result,
    severity: SEVERITY_OF[level],
    scored: result === 'fail',
    message: cut(sentencesOf(finding), MESSAGE_LIMIT),
    resources: [resourceOf(object)],
    timestamp: { seconds: Math.floor(Date.parse(report.createdAt) / 1000), nanos: 0 },
    properties: {
      mode,
      outcome,
      identity: oneLine(finding.identity, FIELD_LIMIT),
      page: pageOf(policy, report.version),
      ...(involved.length > 0 && { involved: cut(involved.map(nameOfReported).join(', '), FIELD_LIMIT) })
    }
  }
}

function resourceOf({ group, kind, namespace, name }: ReportedObject): JsonObject {
  return { apiVersion: apiVersionOf({ group, kind }), kind, namespace, name }
}

function summaryOf(results: readonly PolicyResult[]): PolicyReport['summary'] {
  const summary = { pass: 0, fail: 0, warn: 0, error: 0, skip: 0 }
  for (const { result } of results) summary[result]++
  return summary
}

const WORST_FIRST: readonly PolicyResult['result'][] = ['error', 'fail', 'warn', 'skip']

/** Within each kind of result in the order of the report, so that the same findings make the same object. */
function worstFirst(results: readonly PolicyResult[]): PolicyResult[] {
  return WORST_FIRST.flatMap((kind) => results.filter(({ result }) => result === kind))
}
