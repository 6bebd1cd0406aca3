import { PERSISTENT_VOLUME_CLAIM, POD, type Resource, STATEFUL_SET } from '../../core/objects/kinds.ts'
import type { Subject } from '../../core/subject.ts'
import { isObject, type JsonObject } from '../../core/values/json.ts'
import { ApiError } from '../../kubernetes/api-error.ts'
import type { Api } from '../../kubernetes/client.ts'
import { collectionPath, pagesOf } from '../../kubernetes/list.ts'
import { claimsNamedAfter, podsNamedAfter } from '../facts.ts'

/** A StatefulSet, its Pods and its claims, as the API server has them at the moment. */
export interface ClusterView {
  /** Undefined where there is none. */
  set(): Promise<JsonObject | undefined>
  pods(): Promise<JsonObject[]>
  claims(): Promise<JsonObject[]>
  readonly setPath: string
  /** To create one of a name in the body. */
  readonly setsPath: string
  podPath(name: string): string
  claimPath(name: string): string
}

export function viewOf(api: Api, subject: Subject): ClusterView {
  const { namespace, name } = subject
  const within = (resource: Resource, item: string) =>
    `${collectionPath(resource, namespace)}/${encodeURIComponent(item)}`
  const setPath = within(STATEFUL_SET, name)
  return {
    setPath,
    setsPath: collectionPath(STATEFUL_SET, namespace),
    podPath: (pod) => within(POD, pod),
    claimPath: (claim) => within(PERSISTENT_VOLUME_CLAIM, claim),
    async set() {
      try {
        return await api.get(setPath)
      } catch (error) {
        if (error instanceof ApiError && error.status === 404) return undefined
        throw error
      }
    },
    async pods() {
      return podsNamedAfter(name, await allOf(api, POD, namespace))
    },
    async claims() {
      return claimsNamedAfter(subject, await allOf(api, PERSISTENT_VOLUME_CLAIM, namespace))
    }
  }
}

export async function allOf(api: Api, resource: Resource, namespace?: string): Promise<JsonObject[]> {
  const found: JsonObject[] = []
  for await (const page of pagesOf(api, collectionPath(resource, namespace), resource.kind)) {
    found.push(...page.filter(isObject))
  }
  return found
}
