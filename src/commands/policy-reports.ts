import { type JsonObject, objectOf, textOf } from '../core/json.ts'
import { metadataOf } from '../core/subject.ts'
import { type Trouble, trouble, troublesIn } from '../inventory/trouble.ts'
import type { Api } from '../kubernetes/api.ts'
import { ApiError } from '../kubernetes/api-error.ts'
import { collectionPath } from '../kubernetes/collection.ts'
import { pagesOf } from '../kubernetes/pages.ts'
import {
  MANAGED_BY,
  POLICY_REPORT_APIS,
  type PolicyReport,
  type PolicyReportApi,
  policyReportsOf,
  REPORT_NAME,
  SOURCE
} from '../report/policy-report.ts'
import { type Plan, planOf } from '../report/policy-report-plan.ts'
import type { Report } from '../report/report.ts'

/** What a scan has seen, which is all that it may write about. */
export interface Coverage {
  /** Undefined for the whole cluster. */
  readonly namespaces: readonly string[] | undefined
  /** Whether every object of a namespace was read: where not, "nothing to report" is not known. */
  isComplete(namespace: string): boolean
}

export interface Stored {
  readonly troubles: readonly Trouble[]
  /** One sentence. */
  readonly note: string
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
  { namespaces, isComplete }: Coverage
): Promise<Stored> {
  const resource = POLICY_REPORT_APIS[name]
  const wanted = new Map(policyReportsOf(report, name).map((wanted) => [wanted.metadata.namespace, wanted]))
  const done = { created: 0, updated: 0, removed: 0 }
  const writer: Writer = { api, resource, isComplete, done, failures: new Map() }
  const result = (troubles: readonly Trouble[]): Stored => ({ troubles, note: noteOn(resource, done) })
  try {
    for await (const items of storedReports(api, resource, namespaces)) {
      const stored = items.map(objectOf)
      const there = stored.flatMap((object) => wanted.get(namespaceOf(object)) ?? [])
      for (const { metadata } of there) wanted.delete(metadata.namespace)
      await carryOut(writer, planOf(stored, there, isComplete))
    }
    await carryOut(writer, planOf([], [...wanted.values()], isComplete))
  } catch (error) {
    if (!(error instanceof ApiError)) throw error
    return result([unreadable(resource, error)])
  }
  return result(troublesIn('REPORT_NOT_STORED', nameOf(resource), writer.failures))
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
  readonly isComplete: Coverage['isComplete']
  readonly done: Record<Verb, number>
  readonly failures: Map<string, ApiError>
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

async function carryOut(writer: Writer, plan: Plan, isAgain = false): Promise<void> {
  for (const write of writesOf(plan, writer.api)) {
    try {
      await attempt(writer, write, isAgain)
    } catch (error) {
      if (!(error instanceof ApiError)) throw error
      writer.failures.set(write.namespace, error)
    }
  }
  for (const namespace of plan.blocked) {
    const what = `somebody else has a ${writer.resource.kind} called ${REPORT_NAME} there, and it was left alone`
    writer.failures.set(namespace, new ApiError('Status', what))
  }
}

function writesOf({ create, update, remove }: Plan, api: Api): Write[] {
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
    await carryOut(writer, planOf(stored, wanted === undefined ? [] : [wanted], writer.isComplete), true)
  }
}

async function storedReport(api: Api, path: string): Promise<readonly JsonObject[]> {
  try {
    return [await api.get(path)]
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) return []
    throw error
  }
}

function unreadable(resource: Resource, error: ApiError): Trouble {
  const name = nameOf(resource)
  const what = error.status === 404 ? `the cluster does not know ${name}` : error.message
  return trouble('REPORT_NOT_STORED', name, error, undefined, what)
}

function noteOn(resource: Resource, { created, updated, removed }: Record<Verb, number>): string {
  const what =
    created + updated + removed === 0 ? 'nothing to change' : `${created} new, ${updated} changed, ${removed} removed`
  return `Reports in the cluster (${nameOf(resource)}): ${what}.`
}

/** As `kubectl api-resources` has it, and the name of its CRD. */
function nameOf({ group, resource }: Resource): string {
  return `${resource}.${group}`
}

function namespaceOf(object: JsonObject): string {
  return textOf(metadataOf(object).namespace) ?? ''
}
