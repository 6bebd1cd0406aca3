import { ApiError } from '../../kubernetes/api-error.ts'
import type { Tools } from './job.ts'

/** It went no further, and why: a sentence without its full stop. */
export class Stopped extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'Stopped'
  }
}

const FIRST_WAIT_MS = 200
const LONGEST_WAIT_MS = 2000

/**
 * Asks until there is an answer. Whatever a probe changes, it looks first whether that is done already: an answer may get
 * lost, somebody else may have been faster, and the process may end at any moment and be started again.
 *
 * @param what completes the sentence "waited in vain for WHAT"
 * @param probe answers with undefined where there is nothing yet
 * @throws Stopped when the time is over; ApiError where the API server says no
 */
export async function eventually<Found>(
  { now, sleep, show, timeoutMs }: Tools,
  what: string,
  probe: () => Promise<Found | undefined>
): Promise<Found> {
  const begun = now()
  let last: ApiError | undefined
  for (let wait = FIRST_WAIT_MS; ; wait = Math.min(wait * 2, LONGEST_WAIT_MS)) {
    try {
      const found = await probe()
      if (found !== undefined) return found
      last = undefined
    } catch (error) {
      if (!(error instanceof ApiError) || !isWorthWaiting(error)) throw error
      last = error
    }
    const waitedMs = now() - begun
    if (waitedMs >= timeoutMs) {
      const why = last === undefined ? '' : `: ${last.message}`
      throw new Stopped(`waited in vain for ${what}, ${Math.round(timeoutMs / 1000)} s long${why}`, { cause: last })
    }
    show(`waiting for ${what}, ${Math.round(waitedMs / 1000)} s`)
    await sleep(wait)
  }
}

/** Of what was looked at and has changed or gone meanwhile, perhaps by a request of ours whose answer got lost. */
const OUTDATED = [404, 409]

export function isWorthWaiting(error: ApiError): boolean {
  const { failure, status, isPassing } = error
  return isPassing || failure === 'Timeout' || failure === 'Malformed' || OUTDATED.includes(status)
}
