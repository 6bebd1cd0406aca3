import type { Cluster } from '../../core/cluster.ts'
import { STATEFUL_SET } from '../../core/objects/kinds.ts'
import type { JsonObject } from '../../core/values/json.ts'
import { namespaceFor } from '../../inventory/files/previous.ts'
import { isOfKind, subjectOf } from '../../inventory/subjects.ts'
import { type UpgradePlan, upgradePlanFor } from '../../upgrade/plan.ts'
import { planMarkdown } from '../../upgrade/plan-text.ts'

/** Each takes a page, and a comment has room for a few. */
const MOST_PLANS = 10

/** What a run has compared that the API server refuses, and how to get it through. */
export class RefusedUpgrades {
  readonly #plans: UpgradePlan[] = []
  #leftOut = 0

  /**
   * @param file that the object can be applied from; undefined where there is none
   * @param namespace of objects that name none; undefined where nobody said
   */
  add(
    object: JsonObject,
    previous: JsonObject,
    file: string | undefined,
    namespace: string | undefined,
    cluster: Cluster
  ): void {
    if (!isOfKind(STATEFUL_SET, object)) return
    const subject = subjectOf(object, previous, namespaceFor(object, namespace, previous))
    const plan = upgradePlanFor(subject, { cluster, ...(file !== undefined && { file }) })
    if (plan.fate !== 'blocked') return
    if (this.#plans.length < MOST_PLANS) this.#plans.push(plan)
    else this.#leftOut++
  }

  /** Undefined where nothing is refused. */
  get markdown(): string | undefined {
    if (this.#plans.length === 0) return undefined
    const more =
      this.#leftOut === 0 ? '' : `\nThe other ${this.#leftOut} are not listed: run holdfast explain-upgrade.\n`
    return planMarkdown(this.#plans) + more
  }
}
