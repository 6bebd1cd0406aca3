import type { Gap } from '../../core/gap.ts'
import { canonical } from '../../core/values/canonical.ts'
import { type JsonObject, listOf, objectOf, own, textOf } from '../../core/values/json.ts'
import {
  LEFT_OUT,
  MANAGED_BY,
  NOT_READ,
  type PolicyReport,
  type PolicyResult,
  REPORT_NAME,
  SOURCE
} from './policy-report.ts'

/** What has to be written so that the cluster says what a scan found; nothing where it says so already. */
export interface PolicyReportPlan {
  readonly create: readonly PolicyReport[]
  /** With the metadata that is stored, its resourceVersion included, so that no other writer is overruled. */
  readonly update: readonly PolicyReport[]
  readonly remove: readonly Removal[]
  /** Namespaces in which another tool owns a report of our name. It is left alone, and ours is not written. */
  readonly blocked: readonly string[]
  /** Namespaces in which what is stored may know more than this scan, and stays. */
  readonly kept: readonly string[]
}

export interface Removal {
  readonly namespace: string
  readonly name: string
  readonly resourceVersion: string | undefined
}

/** Of what a list has, the reports of our name by their namespaces, whoever wrote them. */
export function namedReports(items: readonly unknown[]): Map<string, JsonObject> {
  const named = new Map<string, JsonObject>()
  for (const report of items.map(objectOf)) {
    const { name, namespace } = objectOf(report.metadata)
    if (name === REPORT_NAME && textOf(namespace)) named.set(String(namespace), report)
  }
  return named
}

/**
 * @param stored reports of our name by namespace
 * @param gapsIn what was not read of a namespace: there, nothing to report may be something unread
 */
export function policyReportPlan(
  stored: ReadonlyMap<string, JsonObject>,
  wanted: readonly PolicyReport[],
  gapsIn: (namespace: string) => readonly Gap[]
): PolicyReportPlan {
  const create: PolicyReport[] = []
  const update: PolicyReport[] = []
  const remove: Removal[] = []
  const blocked: string[] = []
  const kept: string[] = []
  for (const report of wanted) {
    const { namespace } = report.metadata
    const before = stored.get(namespace)
    const after = marked(report, gapsIn(namespace))
    if (before === undefined) create.push(after)
    else if (!isOurs(before)) blocked.push(namespace)
    else if (isSameReport(before, after)) continue
    else if (isCovered(before, gapsIn(namespace))) update.push(updated(before, after))
    // The same, and of a scan that read everything.
    else if (isSameReport(before, report)) continue
    else if (holdsAllOf(report, before)) update.push(updated(before, after))
    else kept.push(namespace)
  }
  const namespaces = new Set(wanted.map(({ metadata }) => metadata.namespace))
  for (const [namespace, report] of stored) {
    if (namespaces.has(namespace) || !isOurs(report)) continue
    if (isCovered(report, gapsIn(namespace))) remove.push(removal(namespace, report))
    else kept.push(namespace)
  }
  return { create, update, remove, blocked, kept }
}

/** Whether a stored report says what is wanted, whenever it was written and whatever others put on its metadata. */
export function isSameReport(stored: JsonObject, wanted: PolicyReport): boolean {
  return canonical(essence(stored)) === canonical(essence(wanted))
}

function marked(report: PolicyReport, gaps: readonly Gap[]): PolicyReport {
  if (gaps.length === 0) return report
  const names = new Set(gaps.map(({ what, isAll }) => (isAll ? what : `some ${what}`)))
  const annotations = { ...objectOf(report.metadata.annotations), [NOT_READ]: [...names].sort().join(', ') }
  return { ...report, metadata: { ...report.metadata, annotations } }
}

/**
 * Whether nothing that a scan has not read can be in a stored report: the scan that wrote it could not read it either.
 * Somebody with few rights reads as little every time, and what he finds no more is over. A list that ended too soon may
 * have ended later the time before.
 */
function isCovered(stored: JsonObject, gaps: readonly Gap[]): boolean {
  const known = new Set(annotationOf(stored, NOT_READ)?.split(', '))
  return gaps.every(({ what, isAll }) => isAll && known.has(what))
}

/** Whether no result is lost where one takes the place of the other. */
function holdsAllOf(wanted: PolicyReport, stored: JsonObject): boolean {
  if (annotationOf(stored, LEFT_OUT) !== undefined) return false
  const there = new Set(wanted.results.map((result) => canonical(withoutTimestamp(result))))
  return listOf(stored.results).every((result) => there.has(canonical(withoutTimestamp(result))))
}

function annotationOf({ metadata }: JsonObject, name: string): string | undefined {
  return textOf(own(objectOf(objectOf(metadata).annotations), name))
}

function essence(report: JsonObject | PolicyReport): JsonObject {
  const { apiVersion, kind, metadata, source, configuration, summary, results } = report
  const { name, namespace, labels, annotations } = objectOf(metadata)
  return {
    apiVersion,
    kind,
    name,
    namespace,
    managedBy: own(objectOf(labels), MANAGED_BY),
    leftOut: own(objectOf(annotations), LEFT_OUT),
    notRead: own(objectOf(annotations), NOT_READ),
    source,
    configuration,
    summary,
    results: listOf(results).map(withoutTimestamp)
  }
}

function withoutTimestamp(result: unknown): JsonObject {
  const { timestamp: _, ...rest } = objectOf(result)
  return rest
}

function isOurs({ metadata }: JsonObject): boolean {
  return own(objectOf(objectOf(metadata).labels), MANAGED_BY) === SOURCE
}

function removal(namespace: string, report: JsonObject): Removal {
  const { resourceVersion } = objectOf(report.metadata)
  return { namespace, name: REPORT_NAME, resourceVersion: textOf(resourceVersion) }
}

/** Labels and annotations of others stay, and so does the time at which a result that is still there was found. */
function updated(stored: JsonObject, wanted: PolicyReport): PolicyReport {
  const before = objectOf(stored.metadata)
  const { [LEFT_OUT]: _, [NOT_READ]: __, ...annotations } = objectOf(before.annotations)
  const metadata = {
    ...before,
    ...wanted.metadata,
    labels: { ...objectOf(before.labels), ...objectOf(wanted.metadata.labels) },
    annotations: { ...annotations, ...objectOf(wanted.metadata.annotations) }
  }
  const found = new Map(
    listOf(stored.results).map((result) => [canonical(withoutTimestamp(result)), objectOf(result).timestamp])
  )
  const results = wanted.results.map((result) => {
    const timestamp = found.get(canonical(withoutTimestamp(result))) as PolicyResult['timestamp'] | undefined
    return timestamp === undefined ? result : { ...result, timestamp }
  })
  return { ...wanted, metadata, results }
}
