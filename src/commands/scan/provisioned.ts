import type { Cluster } from '../../core/cluster.ts'
import type { Resource } from '../../core/objects/kinds.ts'
import { type ConfiguredPolicy, isSetPolicy } from '../../core/policy.ts'
import { serversIn } from '../../core/programs/servers.ts'
import { isMatched, type Subject } from '../../core/subject.ts'
import { objectOf } from '../../core/values/json.ts'
import { Provisions, type Withheld } from '../../inventory/cluster/provisions.ts'
import { type ClusterReadProblem, namedIn } from '../../inventory/cluster/read-problem.ts'
import type { Api } from '../../kubernetes/client.ts'
/** Gives each Subject what its namespace has of storage and of defaults, where a policy takes that into account. */
export class Provisioned {
  readonly #cluster: Cluster
  readonly #provisions: Provisions
  /** Ids of the policies by what they would have read. */
  readonly #readers = new Map<Resource, Set<string>>()
  /** Namespaces in which LimitRanges give something to a container. */
  readonly #withDefaults = new Set<string>()

  constructor(api: Pick<Api, 'get'>, cluster: Cluster) {
    this.#cluster = cluster
    this.#provisions = new Provisions(api)
  }

  async around(subject: Subject, policies: readonly ConfiguredPolicy[]): Promise<Cluster> {
    const wanted = this.#wanted(subject, policies)
    if (wanted.size === 0 || serversIn(subject).length === 0) return this.#cluster
    const provision = await this.#provisions.in(subject.namespace, wanted)
    const { requests, limits } = objectOf(provision.containerDefaults)
    const defaults = { ...objectOf(requests), ...objectOf(limits) }
    if (Object.keys(defaults).length > 0) this.#withDefaults.add(subject.namespace)
    return { ...this.#cluster, provision }
  }

  get problems(): readonly ClusterReadProblem[] {
    return this.#provisions.problems
  }

  notes(): string[] {
    const namespaces = [...this.#withDefaults].sort()
    const defaults =
      namespaces.length === 0
        ? []
        : [`Defaults of LimitRanges count as resources of containers in ${namedIn(namespaces)}.`]
    return [...defaults, ...this.#provisions.withheld.map((withheld) => this.#noteOn(withheld))]
  }

  #wanted(subject: Subject, policies: readonly ConfiguredPolicy[]): ReadonlySet<Resource> {
    const wanted = new Set<Resource>()
    for (const { policy, mode } of policies) {
      if (mode === 'off' || isSetPolicy(policy) || !policy.reads || !isMatched(policy.matches, subject)) continue
      for (const resource of policy.reads) {
        wanted.add(resource)
        this.#readers.set(resource, (this.#readers.get(resource) ?? new Set()).add(policy.id))
      }
    }
    return wanted
  }

  #noteOn({ resource, why, namespaces }: Withheld): string {
    const where = namespaces.length === 0 ? '' : ` in ${namedIn([...namespaces].sort())}`
    const policies = [...(this.#readers.get(resource) ?? [])]
    const verb = policies.length === 1 ? 'was' : 'were'
    return `${resource.resource} ${why}${where}, so ${policies.join(', ')} ${verb} evaluated without them.`
  }
}
