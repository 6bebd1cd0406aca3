import type { Random } from '../helpers/random.ts'
import type { Expectations } from './answers.ts'
import type { Balancer } from './balancer.ts'
import type { Certificates } from './certificates.ts'
import type { ConfigurationName } from './configurations.ts'
import type { Volume } from './files.ts'
import type { Instance } from './instance.ts'
import type { Violations } from './violations.ts'

/** What a run consists of, as load and faults see it. */
export interface World {
  readonly random: Random
  readonly violations: Violations
  /** Lives through the whole run, so that what leaks can be seen. */
  readonly steady: Instance
  /** Is ended and started again. */
  readonly other: Instance
  readonly instances: readonly Instance[]
  readonly balancer: Balancer
  /** Of the balancer. */
  readonly port: number
  readonly certificates: Certificates
  readonly configuration: Volume
  /** Those that may be in force somewhere. */
  readonly inForce: Set<ConfigurationName>
  readonly expectations: Expectations
  readonly counts: Map<string, number>
  isRunning(): boolean
}

export function count(world: World, what: string): void {
  world.counts.set(what, (world.counts.get(what) ?? 0) + 1)
}

/** Calls to it may be lost from now on, for a reason that is stated. */
export function mayLose(instance: Instance, reason: string): void {
  instance.lossy = reason
  instance.lossyUntil = Number.POSITIVE_INFINITY
}

/** Calls that begin a moment from now may not be lost any more. */
export function mayNotLose(instance: Instance): void {
  instance.lossyUntil = performance.now() + GRACE_MS
}

const GRACE_MS = 1000

/** Why a call that began then may have been lost, if it may. */
export function excuseFor(instance: Instance | undefined, began: number): string | undefined {
  return instance !== undefined && began < instance.lossyUntil ? instance.lossy : undefined
}
