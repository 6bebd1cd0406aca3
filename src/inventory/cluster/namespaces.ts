import { isMode, MODE_LABEL, type Mode } from '../../core/mode.ts'
import { labelsOf, metadataOf } from '../../core/objects/metadata.ts'
import { isObject, textOf } from '../../core/values/json.ts'
import { HoldfastError } from '../../errors.ts'
import { ApiError } from '../../kubernetes/api-error.ts'
import type { Api } from '../../kubernetes/client.ts'
import { pagesOf } from '../../kubernetes/list.ts'
import { type ClusterReadProblem, clusterReadProblem } from './read-problem.ts'

/** The namespaces of a scan, and what their labels allow there. */
export interface Namespaces {
  /** Undefined for all of a cluster that does not tell which there are. */
  readonly names: readonly string[] | undefined
  /** What the label of a namespace allows at the most; no entry is no ceiling. */
  readonly ceilings: ReadonlyMap<string, Mode>
  /** Whether labels of some of them are not known, because we may not read them. */
  readonly isUnread: boolean
  readonly problems: readonly ClusterReadProblem[]
}

const PATH = '/api/v1/namespaces'
const KIND = 'Namespace'

export async function allNamespaces(api: Pick<Api, 'get'>): Promise<Namespaces> {
  const ceilings = new Map<string, Mode>()
  const names: string[] = []
  try {
    for await (const items of pagesOf(api, PATH, KIND)) {
      for (const item of items) names.push(...noted(item, ceilings))
    }
    return { names, ceilings, isUnread: false, problems: [] }
  } catch (error) {
    if (!(error instanceof ApiError)) throw error
    // What was read of them counts, but is not taken for all that there are.
    const problems = error.isForbidden ? [] : [clusterReadProblem('CLUSTER_INCOMPLETE', 'namespaces', error)]
    return { names: undefined, ceilings, isUnread: true, problems }
  }
}

/** @param wanted as the user wrote them */
export async function namedNamespaces(api: Pick<Api, 'get'>, wanted: readonly string[]): Promise<Namespaces> {
  const ceilings = new Map<string, Mode>()
  const names: string[] = []
  const problems: ClusterReadProblem[] = []
  let isUnread = false
  for (const name of new Set(wanted)) {
    try {
      const found = await namespaceNamed(api, name)
      if (found === undefined) problems.push(unknown(name))
      else names.push(...noted(found, ceilings))
    } catch (error) {
      if (!(error instanceof ApiError)) throw error
      if (!error.isForbidden)
        problems.push(clusterReadProblem('CLUSTER_INCOMPLETE', `the namespace ${name}`, error, [name]))
      names.push(name)
      isUnread = true
    }
  }
  return { names, ceilings, isUnread, problems }
}

/** Roles that are bound within a namespace allow the first way, those that only allow to list allow the second. */
async function namespaceNamed(api: Pick<Api, 'get'>, name: string): Promise<unknown> {
  try {
    return await api.get(`${PATH}/${encodeURIComponent(name)}`)
  } catch (error) {
    if (!(error instanceof ApiError)) throw error
    if (error.status === 404) return undefined
    if (!error.isForbidden) throw error
  }
  for await (const [item] of pagesOf(api, PATH, KIND, { fieldSelector: `metadata.name=${name}` })) return item
  return undefined
}

function noted(item: unknown, ceilings: Map<string, Mode>): readonly string[] {
  const object = isObject(item) ? item : {}
  const name = textOf(metadataOf(object).name)
  if (name === undefined) return []
  // Any other value is no ceiling, as in the cluster-wide overlay: a typing error never lowers what there was.
  const mode = labelsOf(object)[MODE_LABEL]
  if (isMode(mode)) ceilings.set(name, mode)
  return [name]
}

function unknown(name: string): ClusterReadProblem {
  const error = new HoldfastError('NAMESPACE_UNKNOWN', `The cluster has no namespace ${name}`)
  return { where: `the namespace ${name}`, error, namespaces: [name] }
}
