import { LIMIT_RANGE, PERSISTENT_VOLUME_CLAIM, type Resource, STORAGE_CLASS } from '../../core/objects/kinds.ts'
import { claimOf, containerDefaultsOf, type Provision, storageClassOf } from '../../core/objects/provision.ts'
import { isObject, type JsonObject } from '../../core/values/json.ts'
import { ApiError } from '../../kubernetes/api-error.ts'
import type { Api } from '../../kubernetes/client.ts'
import { collectionPath, pagesOf } from '../../kubernetes/list.ts'
import { type ClusterReadProblem, clusterReadProblem } from './read-problem.ts'
/** A kind that nobody lets us list, or that the API server does not serve. */
export interface Withheld {
  readonly resource: Resource
  readonly why: 'may not be listed' | 'are not served by the API server'
  /** Where it was asked for; empty for what belongs to no namespace. */
  readonly namespaces: readonly string[]
}

/**
 * What namespaces of a cluster have of storage and of defaults, read when somebody asks. All of it is optional: what is
 * withheld is told once for each kind. Of namespaces, the last one is held and no other.
 */
export class Provisions {
  readonly problems: ClusterReadProblem[] = []
  readonly #api: Pick<Api, 'get'>
  readonly #withheld = new Map<Resource, { readonly why: Withheld['why']; readonly namespaces: Set<string> }>()
  /** Lists that need not be asked for again, as `RESOURCE NAMESPACE`. */
  readonly #failed = new Set<string>()
  #classes: Provision['classes']
  #namespace: string | undefined
  #held: Provision = {}

  constructor(api: Pick<Api, 'get'>) {
    this.#api = api
  }

  /** @param wanted of claims, storage classes and LimitRanges */
  async in(namespace: string, wanted: ReadonlySet<Resource>): Promise<Provision> {
    if (namespace !== this.#namespace) [this.#namespace, this.#held] = [namespace, {}]
    let { claims, containerDefaults } = this.#held
    if (wanted.has(PERSISTENT_VOLUME_CLAIM))
      claims ??= byName(await this.#list(PERSISTENT_VOLUME_CLAIM, namespace, claimOf))
    if (wanted.has(LIMIT_RANGE)) {
      const ranges = containerDefaults === undefined && (await this.#list(LIMIT_RANGE, namespace, (range) => range))
      if (ranges) containerDefaults = containerDefaultsOf(ranges)
    }
    if (wanted.has(STORAGE_CLASS)) this.#classes ??= byName(await this.#list(STORAGE_CLASS, undefined, storageClassOf))
    this.#held = { ...(claims && { claims }), ...(containerDefaults && { containerDefaults }) }
    return { ...this.#held, ...(this.#classes && { classes: this.#classes }) }
  }

  get withheld(): readonly Withheld[] {
    return [...this.#withheld].map(([resource, { why, namespaces }]) => ({
      resource,
      why,
      namespaces: [...namespaces]
    }))
  }

  /** Undefined where it cannot be read to its end. */
  async #list<Fact>(
    resource: Resource,
    namespace: string | undefined,
    factOf: (object: JsonObject) => Fact
  ): Promise<readonly Fact[] | undefined> {
    const key = `${resource.resource} ${namespace ?? ''}`
    if (this.#failed.has(key)) return undefined
    const facts: Fact[] = []
    try {
      for await (const page of pagesOf(this.#api, collectionPath(resource, namespace), resource.kind)) {
        for (const item of page) if (isObject(item)) facts.push(factOf(item))
      }
      return facts
    } catch (error) {
      if (!(error instanceof ApiError)) throw error
      this.#failed.add(key)
      this.#tell(resource, namespace, error)
      return undefined
    }
  }

  #tell(resource: Resource, namespace: string | undefined, error: ApiError): void {
    const { resource: what } = resource
    if (!error.isForbidden && error.status !== 404) {
      const [where, within] = namespace === undefined ? [what] : [`${what} in the namespace ${namespace}`, [namespace]]
      const problem = clusterReadProblem('CLUSTER_INCOMPLETE', where, error, within)
      this.problems.push({ ...problem, gap: { what, isAll: false } })
      return
    }
    const why = error.isForbidden ? 'may not be listed' : 'are not served by the API server'
    const known = this.#withheld.get(resource) ?? { why, namespaces: new Set() }
    if (namespace !== undefined) known.namespaces.add(namespace)
    this.#withheld.set(resource, known)
  }
}

function byName<Fact extends { readonly name: string }>(
  facts: readonly Fact[] | undefined
): ReadonlyMap<string, Fact> | undefined {
  return facts && new Map(facts.map((fact) => [fact.name, fact]))
}
