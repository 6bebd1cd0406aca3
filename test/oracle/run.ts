import { parseVersion } from '../../src/core/cluster.ts'
import type { JsonObject } from '../../src/core/values/json.ts'
import { fieldPath } from '../../src/core/values/path.ts'
import { Random } from '../helpers/random.ts'
import { type Answer, IN_FLIGHT, MARK, type Oracle, type Truth, truthOf } from './api-server.ts'
import { type Opinion, type OpinionOfWebhook, opinionOfWebhook, opinionsOfCheck, putBack, unitsOf } from './compare.ts'
import { generatedBase } from './pairs.ts'

/** Updates that each StatefulSet gets. */
const UPDATES = 16

export interface OracleOptions {
  readonly pairs: number
  readonly seed: string
  /** As in `1.36`. */
  readonly minor: string
  /** Only the StatefulSet of this number, with all its updates. */
  readonly only?: number | undefined
  /** Called after each pair, while its StatefulSet is there. */
  compared?(pair: Compared): Promise<void>
}

/** A pair that was decided, and what the webhook would make of it. */
export interface Compared {
  readonly name: string
  readonly after: JsonObject
  readonly truth: Truth
  readonly webhook: OpinionOfWebhook
}

export interface Disagreement {
  /** The number of the StatefulSet, and that of its update. */
  readonly pair: string
  readonly what: string
  readonly truth: Truth
  readonly before: JsonObject
  readonly after: JsonObject
  readonly opinions: readonly unknown[]
}

export interface Summary {
  pairs: number
  accepted: number
  refused: number
  /** Fields that were put back, one refused update at a time, to see that they were named rightly. */
  verified: number
  /** Repairs that `onChange: restore` made, each accepted by the API server. */
  restored: number
  /** StatefulSets that could not be created, and updates that were refused because they are no StatefulSets. */
  droppedCreations: number
  droppedUpdates: number
  readonly disagreements: Disagreement[]
}

/**
 * Has a real API server decide about generated updates, by dry run, and compares with what Holdfast says about each.
 *
 * @param oracle an API server without controllers
 */
export async function runOracle(oracle: Oracle, options: OracleOptions): Promise<Summary> {
  const summary: Summary = {
    ...{ pairs: 0, accepted: 0, refused: 0, verified: 0, restored: 0, droppedCreations: 0, droppedUpdates: 0 },
    disagreements: []
  }
  const { only } = options
  let next = only ?? 0
  const isLeft = (): boolean => (only === undefined ? summary.pairs < options.pairs : next === only)
  const worker = async (): Promise<void> => {
    while (isLeft()) await compareBase(oracle, options, next++, summary)
  }
  await Promise.all(Array.from({ length: only === undefined ? IN_FLIGHT : 1 }, worker))
  return summary
}

async function compareBase(oracle: Oracle, options: OracleOptions, number: number, summary: Summary): Promise<void> {
  const { before, updates } = generatedBase(options.seed, number, UPDATES)
  const created = await oracle.ask('POST', '/statefulsets', before)
  if (created.status !== 201) {
    summary.droppedCreations++
    return
  }
  for (const [index, after] of updates.entries()) {
    const pair = new Pair(oracle, options, `${number}/${index}`, before, created.body, after)
    await pair.compare(summary)
  }
  await oracle.ask('DELETE', `/statefulsets/set-${number}`)
}

/** @param mark by which the oracle finds the review of the update */
export function dryRun(oracle: Oracle, object: JsonObject, mark: string): Promise<Answer> {
  const metadata = object.metadata as JsonObject
  const annotations = { ...(metadata.annotations as JsonObject | null | undefined), [MARK]: mark }
  const marked = { ...object, metadata: { ...metadata, annotations } }
  return oracle.ask('PUT', `/statefulsets/${metadata.name}?dryRun=All`, marked)
}

class Pair {
  readonly #oracle: Oracle
  readonly #options: OracleOptions
  readonly #name: string
  readonly #before: JsonObject
  readonly #stored: JsonObject
  readonly #after: JsonObject

  constructor(
    oracle: Oracle,
    options: OracleOptions,
    name: string,
    before: JsonObject,
    stored: JsonObject,
    after: JsonObject
  ) {
    this.#oracle = oracle
    this.#options = options
    this.#name = name
    this.#before = before
    this.#stored = stored
    this.#after = after
  }

  async compare(summary: Summary): Promise<void> {
    const version = parseVersion(this.#options.minor)
    if (version === undefined) throw new Error(`${this.#options.minor} is no version of Kubernetes`)
    const truth = await this.#truthOf(this.#after)
    const review = this.#oracle.reviewOf(this.#name)
    if (truth === 'invalid' || review === undefined) {
      summary.droppedUpdates++
      return
    }
    summary.pairs++
    summary[truth]++
    const webhook = opinionOfWebhook(review, version)
    const opinions: readonly [Opinion, ...Opinion[]] = [
      webhook,
      ...opinionsOfCheck(this.#before, this.#stored, this.#after, version)
    ]
    const told = (what: string): void => {
      summary.disagreements.push({
        ...{ pair: this.#name, what, truth, before: this.#before, after: this.#after },
        opinions: opinions.map(({ door, refuses, field, changed }) => ({ door, refuses, field, changed }))
      })
    }
    for (const what of faultsIn(opinions, truth, webhook.isWhole)) told(what)
    if (webhook.refusesUnknown && truth === 'accepted') told('the webhook without a version refuses what is accepted')
    if (truth === 'refused') for (const what of await this.#faultsInFields(webhook, summary)) told(what)
    if (webhook.restored !== undefined) {
      summary.restored++
      const repaired = await this.#truthOf(webhook.restored)
      if (repaired !== 'accepted') told(`what restore makes of it is ${repaired}`)
    }
    await this.#options.compared?.({ name: this.#name, after: this.#after, truth, webhook })
  }

  async #truthOf(object: JsonObject): Promise<Truth> {
    return truthOf(await dryRun(this.#oracle, object, this.#name))
  }

  /** With all that is named put back the update goes through, and with all of it but one it does not. */
  async #faultsInFields(webhook: OpinionOfWebhook, summary: Summary): Promise<string[]> {
    const units = unitsOf(webhook)
    if (!webhook.isWhole || units.length === 0) return []
    summary.verified++
    const faults: string[] = []
    const whole = await this.#truthOf(putBack(webhook.subject, units))
    if (whole === 'refused') faults.push('it is refused with all that is named put back, so that a field is not named')
    const one = new Random(`${this.#options.seed}/${this.#name}`).pick(units)
    const others = units.filter((unit) => unit !== one)
    const without = await this.#truthOf(putBack(webhook.subject, others))
    if (without === 'accepted') faults.push(`it is accepted with a change of ${fieldPath(one)}, which is named`)
    this.#oracle.reviewOf(this.#name)
    return faults
  }
}

/** @param isWhole whether the webhook names all changes, so that another door has to name the same ones */
function faultsIn(opinions: readonly [Opinion, ...Opinion[]], truth: Truth, isWhole: boolean): string[] {
  const [webhook] = opinions
  return opinions.flatMap(({ door, refuses, field, changed }) => {
    if (refuses !== (truth === 'refused')) return [`${door} ${refuses ? 'refuses' : 'lets through'} it`]
    if (!isWhole) return []
    if (changed.join() !== webhook.changed.join()) return [`${door} names other changes than the webhook`]
    return field !== webhook.field && door !== 'explain-upgrade' ? [`${door} names another field than the webhook`] : []
  })
}
