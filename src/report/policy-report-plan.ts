import { type JsonObject, listOf, objectOf, own, textOf } from '../core/json.ts'
import { LEFT_OUT, MANAGED_BY, type PolicyReport, type PolicyResult, REPORT_NAME, SOURCE } from './policy-report.ts'

/** What has to be written so that the cluster says what a scan found; nothing where it says so already. */
export interface Plan {
  readonly create: readonly PolicyReport[]
  /** With the metadata that is stored, its resourceVersion included, so that no other writer is overruled. */
  readonly update: readonly PolicyReport[]
  readonly remove: readonly Removal[]
  /** Namespaces in which somebody else has a report of our name. It is left alone, and ours is not written. */
  readonly blocked: readonly string[]
}

export interface Removal {
  readonly namespace: string
  readonly name: string
  readonly resourceVersion: string | undefined
}

/**
 * @param stored reports of one API that the cluster has, ours and others
 * @param isComplete whether all objects of a namespace were read: elsewhere nothing to report may be something unread
 */
export function planOf(
  stored: readonly JsonObject[],
  wanted: readonly PolicyReport[],
  isComplete: (namespace: string) => boolean
): Plan {
  const named = stored.filter((report) => objectOf(report.metadata).name === REPORT_NAME)
  const there = new Map(named.map((report) => [namespaceOf(report), report]))
  const plan = { create: [] as PolicyReport[], update: [] as PolicyReport[], blocked: [] as string[] }
  for (const report of wanted) {
    const { namespace } = report.metadata
    const before = there.get(namespace)
    if (before === undefined) plan.create.push(report)
    else if (!isOurs(before)) plan.blocked.push(namespace)
    else if (!isSameReport(before, report)) plan.update.push(updated(before, report))
  }
  const namespaces = new Set(wanted.map(({ metadata }) => metadata.namespace))
  const remove = named
    .filter((report) => isOurs(report) && !namespaces.has(namespaceOf(report)) && isComplete(namespaceOf(report)))
    .map(removal)
  return { ...plan, remove }
}

/** Whether a stored report says what is wanted, whenever it was written and whatever others put on its metadata. */
export function isSameReport(stored: JsonObject, wanted: PolicyReport): boolean {
  return canonical(essence(stored)) === canonical(essence(wanted))
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

/** JSON with sorted keys: the API server does not keep their order. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_, part) => {
    if (typeof part !== 'object' || part === null || Array.isArray(part)) return part
    return Object.fromEntries(Object.entries(part).sort(([one], [other]) => (one < other ? -1 : 1)))
  })
}

function isOurs({ metadata }: JsonObject): boolean {
  return own(objectOf(objectOf(metadata).labels), MANAGED_BY) === SOURCE
}

function namespaceOf({ metadata }: JsonObject): string {
  return textOf(objectOf(metadata).namespace) ?? ''
}

function removal(report: JsonObject): Removal {
  const { resourceVersion } = objectOf(report.metadata)
  return { namespace: namespaceOf(report), name: REPORT_NAME, resourceVersion: textOf(resourceVersion) }
}

/** Labels and annotations of others stay, and so does the time at which a result that is still there was found. */
function updated(stored: JsonObject, wanted: PolicyReport): PolicyReport {
  const before = objectOf(stored.metadata)
  const { [LEFT_OUT]: _, ...annotations } = objectOf(before.annotations)
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
