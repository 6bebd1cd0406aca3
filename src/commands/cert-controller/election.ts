import type { JsonObject } from '../../core/values/json.ts'
import {
  type Candidate,
  heldLease,
  type LeaseView,
  look,
  mayHold,
  recordOf,
  releasedLease,
  relianceMs
} from '../../kubernetes/lease.ts'
import { Conflict, type Objects } from './objects.ts'

/** Where a process reads the time. Waits are measured with the second one only. */
export interface Clock {
  /** The time of day, which may be wrong and may jump. */
  now(): Date
  /** Milliseconds that only ever grow. */
  monotonic(): number
}

/** One candidate for the Lease. */
export class Election {
  readonly #objects: Pick<Objects, 'lease' | 'writeLease'>
  readonly #candidate: Candidate
  readonly #clock: Clock
  #view: LeaseView | undefined
  #renewedAt: number | undefined

  constructor(objects: Pick<Objects, 'lease' | 'writeLease'>, candidate: Candidate, clock: Clock) {
    this.#objects = objects
    this.#candidate = candidate
    this.#clock = clock
  }

  /**
   * Takes the Lease or renews it, where that may be done.
   *
   * @returns whether this process may write now
   * @throws HoldfastError
   */
  async hold(): Promise<boolean> {
    const lease = await this.#look()
    const begun = this.#clock.monotonic()
    if (!mayHold(this.#view as LeaseView, this.#candidate, begun)) {
      this.#renewedAt = undefined
      return false
    }
    try {
      await this.#objects.writeLease(heldLease(lease, this.#candidate, this.#clock.now()))
    } catch (error) {
      if (!(error instanceof Conflict)) throw error
      this.#renewedAt = undefined
      return false
    }
    this.#renewedAt = begun
    return this.isHeld()
  }

  /** Whether the last renewal still counts. */
  isHeld(): boolean {
    return this.#renewedAt !== undefined && this.#clock.monotonic() - this.#renewedAt < relianceMs(this.#candidate)
  }

  /** Leaves the Lease to others, if it is held. */
  async release(): Promise<void> {
    if (this.#renewedAt === undefined) return
    this.#renewedAt = undefined
    const lease = await this.#look()
    if (recordOf(lease).holder !== this.#candidate.identity) return
    await this.#objects.writeLease(releasedLease(lease, this.#clock.now()))
  }

  async #look(): Promise<JsonObject> {
    const lease = await this.#objects.lease()
    this.#view = look(this.#view, recordOf(lease), this.#clock.monotonic())
    return lease
  }
}
