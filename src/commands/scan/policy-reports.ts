import type { Gap } from '../../core/gap.ts'
import type { JsonObject } from '../../core/values/json.ts'
import {
  type ClusterReadProblem,
  clusterReadProblem,
  clusterReadProblems,
  namedIn
} from '../../inventory/cluster/read-problem.ts'
import { ApiError } from '../../kubernetes/api-error.ts'
import type { Api } from '../../kubernetes/client.ts'
import { collectionPath, pagesOf } from '../../kubernetes/list.ts'
import { namedReports, type PolicyReportPlan, policyReportPlan } from '../../report/policy-report/changes.ts'
import {
  MANAGED_BY,
  POLICY_REPORT_APIS,
  type PolicyReport,
  type PolicyReportApi,
  policyReportsOf,
  REPORT_NAME,
  SOURCE
} from '../../report/policy-report/policy-report.ts'
import type { Report } from '../../report/report.ts'

/** What a scan has seen, which is all that it may write about. */
export interface Coverage {
  /** Undefined for the whole cluster. */
  readonly namespaces: readonly string[] | undefined
  /** What was not read of a namespace: where there is something, "nothing to report" is not known. */
  gapsIn(namespace: string): readonly Gap[]
}

export interface Stored {
  readonly problems: readonly ClusterReadProblem[]
  /** Sentences. */
  readonly notes: readonly string[]
}

type Resource = (typeof POLICY_REPORT_APIS)[PolicyReportApi]

/**
 * Makes the PolicyReports of a cluster say what a scan found. Only what differs is written, and stored reports are read
 * page by page.
 */
export async function storePolicyReports(
  api: Api,
  name: PolicyReportApi,
  report: Report,
  { namespaces, gapsIn }: Coverage
): Promise<Stored> {
  const resource = POLICY_REPORT_APIS[name]
  const wanted = policyReportsOf(report, name)
  const done = { created: 0, updated: 0, removed: 0 }
  const writer: Writer = { api, resource, gapsIn, done, failures: new Map(), kept: new Set() }
  const result = (...problems: readonly ClusterReadProblem[]): Stored => ({
    problems: [...problems, ...clusterReadProblems('REPORT_NOT_STORED', nameOfResource(resource), writer.failures)],
    notes: notesOn(writer)
  })
  // Whoever pages oddly may show a report again after it was written. This run has settled its namespace by then.
  const settled = new Set<string>()
  try {
    for await (const items of storedReports(api, resource, namespaces)) {
      const stored = namedReports(items)
      for (const namespace of settled) stored.delete(namespace)
      const there = [...stored.keys()].flatMap((namespace) => wanted.get(namespace)?.() ?? [])
      for (const namespace of stored.keys()) {
        settled.add(namespace)
        wanted.delete(namespace)
      }
      await carryOut(writer, policyReportPlan(stored, there, gapsIn))
    }
    for (const make of wanted.values()) await carryOut(writer, policyReportPlan(new Map(), [make()], gapsIn))
  } catch (error) {
    if (!(error instanceof ApiError)) throw error
    return result(unreadable(resource, error))
  }
  return result()
}

/** Ours, by their label. One of somebody else's that has our name is met when it is in the way. */
async function* storedReports(
  api: Api,
  resource: Resource,
  namespaces: readonly (string | undefined)[] = [undefined]
): AsyncGenerator<readonly unknown[]> {
  const labelSelector = `${MANAGED_BY}=${SOURCE}`
  for (const namespace of namespaces) {
    yield* pagesOf(api, collectionPath(resource, namespace), resource.kind, { labelSelector })
  }
}

interface Writer {
  readonly api: Api
  readonly resource: Resource
  readonly gapsIn: Coverage['gapsIn']
  readonly done: Record<Verb, number>
  readonly failures: Map<string, ApiError>
  /** Namespaces whose report stays, because it may know more. */
  readonly kept: Set<string>
}

type Verb = 'created' | 'updated' | 'removed'

interface Write {
  readonly verb: Verb
  readonly namespace: string
  /** What is to be there in the end; undefined for nothing. */
  readonly wanted: PolicyReport | undefined
  /** @param path of the collection */
  run(path: string): Promise<unknown>
}

async function carryOut(writer: Writer, plan: PolicyReportPlan, isAgain = false): Promise<void> {
  for (const write of writesOf(plan, writer.api)) {
    try {
      await attempt(writer, write, isAgain)
    } catch (error) {
      if (!(error instanceof ApiError)) throw error
      writer.failures.set(write.namespace, error)
    }
  }
  for (const namespace of plan.kept) writer.kept.add(namespace)
  for (const namespace of plan.blocked) {
    const what = `another tool owns a ${writer.resource.kind} called ${REPORT_NAME} there, so it was not changed`
    writer.failures.set(namespace, new ApiError('Status', what))
  }
}

function writesOf({ create, update, remove }: PolicyReportPlan, api: Api): Write[] {
  return [
    ...create.map((wanted): Write => {
      const { namespace } = wanted.metadata
      return { verb: 'created', namespace, wanted, run: (path) => api.create(path, wanted) }
    }),
    ...update.map((wanted): Write => {
      const { namespace, name } = wanted.metadata
      return { verb: 'updated', namespace, wanted, run: (path) => api.replace(`${path}/${name}`, wanted) }
    }),
    ...remove.map(({ namespace, name, resourceVersion }): Write => {
      const run = (path: string): Promise<unknown> => api.remove(`${path}/${name}`, { resourceVersion })
      return { verb: 'removed', namespace, wanted: undefined, run }
    })
  ]
}

/** Where what is stored turns out not to be what was read, it is read again, once. */
async function attempt(writer: Writer, { verb, namespace, wanted, run }: Write, isAgain: boolean): Promise<void> {
  const path = collectionPath(writer.resource, namespace)
  try {
    await run(path)
    writer.done[verb]++
  } catch (error) {
    const isMoved = error instanceof ApiError && (error.status === 409 || error.status === 404)
    if (!isMoved) throw error
    // Gone for the second time: with its namespace.
    if (isAgain && error.status === 404) return
    if (isAgain) throw error
    const stored = await storedReport(writer.api, `${path}/${REPORT_NAME}`)
    await carryOut(writer, policyReportPlan(stored, wanted === undefined ? [] : [wanted], writer.gapsIn), true)
  }
}

async function storedReport(api: Api, path: string): Promise<Map<string, JsonObject>> {
  try {
    return namedReports([await api.get(path)])
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) return new Map()
    throw error
  }
}

function unreadable(resource: Resource, error: ApiError): ClusterReadProblem {
  const name = nameOfResource(resource)
  const what = error.status === 404 ? `the cluster does not know ${name}` : error.message
  return clusterReadProblem('REPORT_NOT_STORED', name, error, undefined, what)
}

function notesOn({ resource, done: { created, updated, removed }, kept }: Writer): string[] {
  const what =
    created + updated + removed === 0 ? 'nothing to change' : `${created} new, ${updated} changed, ${removed} removed`
  const note = `Reports in the cluster (${nameOfResource(resource)}): ${what}.`
  if (kept.size === 0) return [note]
  const why = 'an earlier report may contain results that this scan could not read, and was not changed'
  return [note, `${nameOfResource(resource)} in ${namedIn([...kept].sort())}: ${why}.`]
}

/** As `kubectl api-resources` has it, and the name of its CRD. */
function nameOfResource({ group, resource }: Resource): string {
  return `${resource}.${group}`
}
