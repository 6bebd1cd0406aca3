import { metadataOf } from '../core/objects/metadata.ts'
import { integerOf, type JsonObject, objectOf, textOf } from '../core/values/json.ts'

/** The spec of a Lease (coordination.k8s.io/v1), as far as it decides who leads. */
export interface LeaseRecord {
  /** Empty where nobody holds it. */
  readonly holder: string
  readonly durationMs: number
  readonly transitions: number
  readonly acquireTime: string | undefined
  /** Changes with every write. */
  readonly resourceVersion: string
}

export interface Candidate {
  readonly identity: string
  readonly durationMs: number
}

/** What one candidate has seen of a Lease, on its own monotonic clock. */
export interface LeaseView {
  readonly record: LeaseRecord
  /** When this version of the Lease was first seen here, in milliseconds. */
  readonly seenAt: number
}

/**
 * Takes in what was read. The times in the Lease are other machines' clocks and decide nothing: what counts is how long
 * this process has seen the Lease unchanged.
 */
export function look(before: LeaseView | undefined, record: LeaseRecord, now: number): LeaseView {
  return before?.record.resourceVersion === record.resourceVersion ? before : { record, seenAt: now }
}

/** Whether the candidate may write itself into the Lease: it holds it, nobody does, or the holder has stopped to renew. */
export function mayHold({ record, seenAt }: LeaseView, { identity }: Candidate, now: number): boolean {
  if (record.holder === identity || record.holder === '') return true
  return now - seenAt > record.durationMs
}

/**
 * How long a holder relies on its last renewal, from before that request was sent. Others wait for the whole duration, so
 * that the rest of it is for a request that is still under way.
 */
export function relianceMs({ durationMs }: Candidate): number {
  return (durationMs * 2) / 3
}

export function recordOf(lease: JsonObject): LeaseRecord {
  const { holderIdentity, leaseDurationSeconds, leaseTransitions, acquireTime } = objectOf(lease.spec)
  return {
    holder: textOf(holderIdentity) ?? '',
    durationMs: (integerOf(leaseDurationSeconds) ?? 0) * 1000,
    transitions: integerOf(leaseTransitions) ?? 0,
    acquireTime: textOf(acquireTime),
    resourceVersion: textOf(metadataOf(lease).resourceVersion) ?? ''
  }
}

/**
 * The Lease as its holder writes it. It keeps its resourceVersion, so that the API server refuses it where somebody else
 * was faster.
 *
 * @param clock for those who look at the Lease with kubectl
 */
export function heldLease(lease: JsonObject, { identity, durationMs }: Candidate, clock: Date): JsonObject {
  const { holder, transitions, acquireTime } = recordOf(lease)
  const isRenewal = holder === identity
  return {
    ...lease,
    spec: {
      ...objectOf(lease.spec),
      holderIdentity: identity,
      // Whole seconds, and at least one.
      leaseDurationSeconds: Math.max(1, Math.ceil(durationMs / 1000)),
      acquireTime: isRenewal && acquireTime !== undefined ? acquireTime : microTime(clock),
      renewTime: microTime(clock),
      leaseTransitions: isRenewal ? transitions : transitions + 1
    }
  }
}

/** The Lease as its holder leaves it: the next candidate need not wait. */
export function releasedLease(lease: JsonObject, clock: Date): JsonObject {
  const spec = { ...objectOf(lease.spec), holderIdentity: '', leaseDurationSeconds: 1, renewTime: microTime(clock) }
  return { ...lease, spec }
}

/** The API server takes six digits behind the second and no other number of them. */
function microTime(clock: Date): string {
  return clock.toISOString().replace('Z', '000Z')
}
