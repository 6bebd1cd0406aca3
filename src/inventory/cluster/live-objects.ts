import type { Resource } from '../../core/objects/kinds.ts'
import { metadataOf, nameOfObject } from '../../core/objects/metadata.ts'
import { type JsonObject, textOf } from '../../core/values/json.ts'
import { ApiError } from '../../kubernetes/api-error.ts'
import type { Api } from '../../kubernetes/client.ts'
import { collectionPath } from '../../kubernetes/list.ts'
import { type Before, namespaceOf, Previous } from '../files/previous.ts'
import { type ClusterReadProblem, clusterReadProblem } from './read-problem.ts'

/** An object that could not be read: what it is compared with is not known, which is something else than "new". */
export interface Unread {
  readonly kind: 'unread'
  readonly problem: ClusterReadProblem
}

/** What runs now of the objects that somebody asks about, read one at a time and nothing besides. */
export class LiveObjects {
  readonly #api: Pick<Api, 'get'>
  readonly #namespace: string
  readonly #answers = new Map<string, Unread | undefined>()
  readonly #read = new Previous()

  /** @param namespace of objects that name none */
  constructor(api: Pick<Api, 'get'>, namespace: string) {
    this.#api = api
    this.#namespace = namespace
  }

  /** @param place of the object that is asked about: of two that want the same, one is too many */
  async find(object: JsonObject, resource: Resource, place: string): Promise<Before | Unread> {
    const name = textOf(metadataOf(object).name)
    // The API server generates a name that nothing has yet.
    if (!name) return { kind: 'new' }
    const namespace = namespaceOf(object) ?? this.#namespace
    const key = `${collectionPath(resource, namespace)}/${encodeURIComponent(name)}`
    if (!this.#answers.has(key)) this.#answers.set(key, await this.#ask(key, resource, namespace, name))
    return this.#answers.get(key) ?? this.#read.find(object, namespace, place)
  }

  async #ask(path: string, resource: Resource, namespace: string, name: string): Promise<Unread | undefined> {
    const where = `${resource.resource} ${name} in the namespace ${namespace}`
    try {
      const live = await this.#api.get(path)
      if (live.kind !== resource.kind || nameOfObject(live) !== name) {
        throw new ApiError('Malformed', `the answer is no ${resource.kind} of this name`)
      }
      this.#read.add(live, namespace, where)
      return undefined
    } catch (error) {
      if (!(error instanceof ApiError)) throw error
      if (error.status === 404) return undefined
      const code = error.isForbidden ? 'CLUSTER_FORBIDDEN' : 'CLUSTER_INCOMPLETE'
      return { kind: 'unread', problem: clusterReadProblem(code, where, error, [namespace]) }
    }
  }
}
