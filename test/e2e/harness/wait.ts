// Waiting, always with an end to it: nothing in the end-to-end suite may hang a build.

import { setTimeout as sleep } from 'node:timers/promises'

export interface UntilOptions {
  /** Milliseconds before it gives up. Default 30 000. */
  timeoutMs?: number
  /** Milliseconds between two probes. Default 50. */
  intervalMs?: number
  /** Called before each probe; throws when waiting any longer is pointless, such as for a server that has died. */
  stillHopeful?: () => void
}

/**
 * Probes until the answer is neither `undefined` nor `false`, and returns that answer.
 *
 * A probe that throws counts as "not yet", because a server that is starting refuses connections; the last such error
 * becomes the `cause` of the final one, so that it is not lost.
 *
 * @param what completes the sentence "gave up after … waiting for WHAT"
 * @throws {Error} when the time is over, or whatever `stillHopeful` throws
 */
export async function until<T>(
  what: string,
  probe: () => Promise<T | undefined | false>,
  { timeoutMs = 30_000, intervalMs = 50, stillHopeful = () => {} }: UntilOptions = {}
): Promise<T> {
  const deadline = performance.now() + timeoutMs
  let last: unknown
  do {
    stillHopeful()
    try {
      const answer = await probe()
      if (answer !== undefined && answer !== false) return answer
    } catch (error) {
      last = error
    }
    await sleep(intervalMs)
  } while (performance.now() < deadline)
  const detail = last instanceof Error ? `: ${last.message}` : ''
  throw new Error(`gave up after ${timeoutMs} ms waiting for ${what}${detail}`, { cause: last })
}

/** What the promise yields, or `undefined` when `ms` milliseconds pass first. Rejects as the promise does. */
export async function within<T>(promise: Promise<T>, ms: number): Promise<T | undefined> {
  const timer = new AbortController()
  try {
    return await Promise.race([promise, sleep(ms, undefined, { signal: timer.signal })])
  } finally {
    timer.abort()
  }
}
