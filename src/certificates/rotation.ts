/**
 * Which step brings a certificate to the API server and to the serving Pods, and a new one after it, so that at no moment
 * a Pod serves what an API server does not trust. Pure: what is there, and for how long, comes in as plain data.
 *
 * Each step can be done twice, and the next one depends on nothing but the Secret and the `caBundle` of each webhook entry.
 * A process that stops anywhere is followed by one that goes on; it only begins to wait anew, because it believes no clock
 * but its own.
 */

/** A CA certificate, in the form of `normalPem`: equal certificates are equal texts. */
export type Ca = string

/** What the Secret holds. */
export interface Kept {
  /** What serving Pods are given; undefined where it is no certificate with its key, signed by the CA beside it. */
  readonly current: { readonly ca: Ca; readonly renewAt: Date; readonly isForHosts: boolean } | undefined
  /** What they are given next. */
  readonly next: { readonly ca: Ca } | undefined
  /** CAs of what Pods may still serve from before. */
  readonly retired: readonly Ca[]
  /** Somebody asked for a new certificate. */
  readonly isRotationWanted: boolean
}

/** The certificates in the `caBundle` of one webhook entry. */
export type Bundle = readonly Ca[]

export interface Delays {
  /** From when every entry has a new CA until a Pod may serve what it signed: each API server has to have read the entries. */
  readonly trustMs: number
  /** From when the Secret has a new certificate until the CA before it is removed: each Pod has to serve the new one. */
  readonly retireMs: number
}

/** For how long this process has seen something, in milliseconds; undefined where it does not see it. */
export interface Seen {
  /** Every entry has the CA of `next`. */
  readonly trusted: number | undefined
  /** The Secret has the certificate of `current`. */
  readonly served: number | undefined
}

export type Step =
  /** Generate a CA with a certificate and store both, as `current` where nothing is lost by that, otherwise as `next`. */
  | { readonly do: 'issue'; readonly as: 'current' | 'next' }
  /** Add these CAs to each entry that lacks one. */
  | { readonly do: 'trust'; readonly cas: readonly Ca[] }
  /** Make `next` the `current`, and its predecessor's CA a retired one. */
  | { readonly do: 'serve' }
  /** Remove these CAs from each entry that has one. */
  | { readonly do: 'distrust'; readonly cas: readonly Ca[] }
  /** Drop them from the Secret, too. */
  | { readonly do: 'forget' }
  | { readonly do: 'wait'; readonly for: Wait }

/** What is waited for: API servers to read the entries, Pods to read the Secret, or nothing before the renewal. */
export type Wait = 'trust' | 'retirement' | 'renewal'

/** The next step. A caller takes it, looks again, and asks again, until the answer is to wait. */
export function nextStep(kept: Kept, bundles: readonly Bundle[], seen: Seen, delays: Delays, now: Date): Step {
  const { current, next, retired } = kept
  const isRetired = retired.length > 0 && isOver(seen.served, delays.retireMs)
  const trusted = [current?.ca, next?.ca, ...(isRetired ? [] : retired)].filter((ca) => ca !== undefined)
  if (bundles.some((bundle) => trusted.some((ca) => !bundle.includes(ca)))) return { do: 'trust', cas: trusted }
  // With no entry to see, nothing shows that API servers would trust it. Only a first certificate replaces nothing.
  const mayServe = bundles.length > 0 || current === undefined
  if (next !== undefined && mayServe && isOver(seen.trusted, delays.trustMs)) return { do: 'serve' }
  if (isRetired) {
    // A CA that is in use again is none to remove, wherever it came from.
    const cas = retired.filter((ca) => !trusted.includes(ca))
    const isGone = bundles.every((bundle) => cas.every((ca) => !bundle.includes(ca)))
    return isGone ? { do: 'forget' } : { do: 'distrust', cas }
  }
  if (next !== undefined) return { do: 'wait', for: 'trust' }
  if (current === undefined) {
    // Where no entry trusts anything, no call succeeds that could be lost.
    return { do: 'issue', as: bundles.every((bundle) => bundle.length === 0) ? 'current' : 'next' }
  }
  if (kept.isRotationWanted || !current.isForHosts || now >= current.renewAt) return { do: 'issue', as: 'next' }
  return { do: 'wait', for: retired.length > 0 ? 'retirement' : 'renewal' }
}

function isOver(ms: number | undefined, delay: number): boolean {
  return ms !== undefined && ms >= delay
}

/** Certificates that are in a bundle and were not put there by a rotation. They stay. */
export function foreignIn(kept: Kept, bundles: readonly Bundle[]): readonly Ca[] {
  const own = [kept.current?.ca, kept.next?.ca, ...kept.retired]
  return [...new Set(bundles.flat())].filter((ca) => !own.includes(ca))
}

/** Two thirds of the way through: a third is left to notice that a renewal fails. */
export function renewalOf({ notBefore, notAfter }: { readonly notBefore: Date; readonly notAfter: Date }): Date {
  return new Date(notBefore.getTime() + ((notAfter.getTime() - notBefore.getTime()) * 2) / 3)
}

/**
 * How long this process has seen what a wait depends on. A value that changes, or is not seen once, begins from nothing.
 */
export class Stopwatch {
  #of: string | undefined
  #since = 0

  /**
   * @param of what is seen, undefined where it is not
   * @param now milliseconds of a monotonic clock, taken after what is seen was read
   */
  seen(of: string | undefined, now: number): number | undefined {
    if (of !== this.#of) [this.#of, this.#since] = [of, now]
    return of === undefined ? undefined : now - this.#since
  }
}

/** What the two waits depend on. */
export function watched(kept: Kept, bundles: readonly Bundle[]): Record<keyof Seen, string | undefined> {
  const next = kept.next?.ca
  const isTrusted = next !== undefined && bundles.every((bundle) => bundle.includes(next))
  return { trusted: isTrusted ? next : undefined, served: kept.current?.ca }
}
