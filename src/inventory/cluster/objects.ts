import { POD, type Resource } from '../../core/objects/kinds.ts'
import { metadataOf } from '../../core/objects/metadata.ts'
import type { Subject } from '../../core/subject.ts'
import { isObject, type JsonObject, textOf } from '../../core/values/json.ts'
import { count } from '../../core/values/text.ts'
import { ApiError } from '../../kubernetes/api-error.ts'
import type { Api } from '../../kubernetes/client.ts'
import { collectionPath, pagesOf } from '../../kubernetes/list.ts'
import { subjectOfStored } from '../subjects.ts'
import { type ClusterReadProblem, clusterReadProblem, clusterReadProblems } from './read-problem.ts'

/** One object of the cluster, a part of it that could not be read, or a custom resource that it does not have. */
export type Found =
  | { readonly subject: Subject }
  | { readonly problem: ClusterReadProblem }
  | { readonly absent: Resource }

export interface Area {
  /** Undefined for the whole cluster. */
  readonly only: readonly string[] | undefined
  /** All that there are, for who may not list the cluster as a whole; undefined where that is not known. */
  readonly all: readonly string[] | undefined
}

/** A Pod that is done never stops again. The API server leaves those out, which are most of some clusters. */
const RUNNING = { fieldSelector: 'status.phase!=Succeeded,status.phase!=Failed' }

/**
 * All objects of a kind as if each was created now, page by page. What cannot be read is told and passed over; only an
 * API server that never answered ends it.
 */
export async function* objectsOf(
  api: Pick<Api, 'get'>,
  resource: Resource,
  { only, all }: Area
): AsyncGenerator<Found> {
  if (only !== undefined) return yield* objectsWithin(api, resource, only)
  const where = `${resource.resource} in all namespaces`
  const refusal = yield* wholeList(api, resource, where)
  if (refusal === undefined || refusal === ABSENT) return
  if (all !== undefined) return yield* objectsWithin(api, resource, all)
  const both = `${refusal.message}; nor can the namespaces be listed, so name them with -n`
  yield without(resource, true, clusterReadProblem('CLUSTER_FORBIDDEN', where, refusal, undefined, both))
}

async function* objectsWithin(
  api: Pick<Api, 'get'>,
  resource: Resource,
  namespaces: readonly string[]
): AsyncGenerator<Found> {
  const refusals = new Map<string, ApiError>()
  for (const namespace of namespaces) {
    const refusal = yield* wholeList(api, resource, `${resource.resource} in the namespace ${namespace}`, namespace)
    if (refusal === ABSENT) return
    if (refusal !== undefined) refusals.set(namespace, refusal)
  }
  for (const refusal of clusterReadProblems('CLUSTER_FORBIDDEN', resource.resource, refusals)) {
    yield without(resource, true, refusal)
  }
}

const ABSENT = Symbol('the cluster does not have the resource')

/**
 * Answers with the refusal where not a single page may be read; the caller knows what else to try. A cluster without the
 * CRD of a custom resource has said all that there is to say.
 */
async function* wholeList(
  api: Pick<Api, 'get'>,
  resource: Resource,
  where: string,
  namespace?: string
): AsyncGenerator<Found, ApiError | typeof ABSENT | undefined> {
  const within = namespace === undefined ? undefined : [namespace]
  let [read, nameless] = [0, 0]
  try {
    const selectors = resource === POD ? RUNNING : {}
    for await (const items of pagesOf(api, collectionPath(resource, namespace), resource.kind, selectors)) {
      for (const item of items) {
        read++
        const subject = subjectOf(item, resource)
        if (subject === undefined) nameless++
        else if (!isBeingDeleted(subject.object)) yield { subject }
      }
    }
  } catch (error) {
    if (!(error instanceof ApiError)) throw error
    if (error.isForbidden && read === 0) return error
    if (error.status === 404 && resource.isCustom && read === 0) {
      yield { absent: resource }
      return ABSENT
    }
    const what = `the list ended after ${count(read, 'object')}: ${error.message}`
    yield without(resource, false, clusterReadProblem('CLUSTER_INCOMPLETE', where, error, within, what))
  }
  if (nameless > 0) {
    const odd = new ApiError('Malformed', `the list has ${count(nameless, 'item')} without a name`)
    yield without(resource, false, clusterReadProblem('CLUSTER_INCOMPLETE', where, odd, within))
  }
  return undefined
}

function without({ resource: what, isCustom }: Resource, isAll: boolean, problem: ClusterReadProblem): Found {
  return { problem: { ...problem, gap: { what, isAll }, ...(isCustom && isAll && { isExpected: true }) } }
}

/** Undefined for what is no object of the API: it has no name by which anybody could be told of it. */
function subjectOf(item: unknown, { group, version, kind }: Resource): Subject | undefined {
  const metadata = metadataOf(isObject(item) ? item : {})
  const [name, namespace = ''] = [textOf(metadata.name), textOf(metadata.namespace)]
  if (!isObject(item) || !name) return undefined
  // Only the list itself says of what kind its items are.
  const apiVersion = group === '' ? version : `${group}/${version}`
  return subjectOfStored({ ...item, apiVersion, kind }, undefined, namespace)
}

/** Whatever is wrong with it, nobody will mend it any more. */
function isBeingDeleted(object: JsonObject): boolean {
  return metadataOf(object).deletionTimestamp !== undefined
}
