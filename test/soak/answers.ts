import { ERRORS } from '../../src/errors.ts'
import { sumOf } from '../e2e/harness/metrics.ts'
import { CONFIG_FILE, CONFIGURATIONS, type ConfigurationName } from './configurations.ts'
import type { Volume } from './files.ts'
import type { Instance } from './instance.ts'
import { ask, askHostile } from './load/ask.ts'
import { GOOD, type GoodReview, HOSTILE } from './load/reviews.ts'

const UID = 'quiet'
const TIMEOUT_MS = 20_000

export interface HostileAnswer {
  readonly status: number
  /** The error code that was counted; undefined for a request that was evaluated. */
  readonly code: string | undefined
}

/** What a server answers that nobody disturbs. */
export interface Expectations {
  readonly hostile: ReadonlyMap<string, HostileAnswer>
  /** Whether it is the answer to this review under this configuration, byte for byte. */
  isRight(review: GoodReview, uid: string, text: string, configuration: ConfigurationName): boolean
}

/** Codes that answer a request. */
export const CODES = Object.entries(ERRORS).flatMap(([code, error]) => ('status' in error ? [code] : []))

/** Asks a server of its own for all of it. */
export async function expectationsFrom(quiet: Instance, configuration: Volume, ca: string): Promise<Expectations> {
  const answers = new Map<string, string>()
  let hostile: Map<string, HostileAnswer> | undefined
  for (const name of Object.keys(CONFIGURATIONS) as ConfigurationName[]) {
    configuration.publish({ [CONFIG_FILE]: CONFIGURATIONS[name] })
    await quiet.start()
    for (const review of GOOD) {
      const options = {
        port: quiet.port,
        ca,
        path: review.path,
        agent: false,
        signal: AbortSignal.timeout(TIMEOUT_MS)
      } as const
      const { status, text } = await ask(options, [review.text(UID)])
      if (status !== 200) throw new Error(`the quiet server answers ${status} to ${review.name}`)
      answers.set(`${name} ${review.name}`, text)
    }
    // No configuration decides about these.
    hostile ??= await hostileAnswers(quiet, ca)
    await quiet.kill()
  }
  return {
    hostile: hostile ?? new Map(),
    isRight: (review, uid, text, name) =>
      text === answers.get(`${name} ${review.name}`)?.replace(JSON.stringify(UID), JSON.stringify(uid))
  }
}

async function hostileAnswers(quiet: Instance, ca: string): Promise<Map<string, HostileAnswer>> {
  const found = new Map<string, HostileAnswer>()
  for (const request of HOSTILE) {
    const before = await quiet.health('/metrics')
    const { status } = await askHostile(quiet.port, ca, request, AbortSignal.timeout(TIMEOUT_MS))
    const after = await quiet.health('/metrics')
    const counted = (text: string, code: string): number => sumOf(text, 'holdfast_review_errors_total', { code })
    const code = CODES.find((code) => counted(after, code) > counted(before, code))
    if ((status === 200) !== (code === undefined)) throw new Error(`${request.name}: ${status}, counted as ${code}`)
    found.set(request.name, { status, code })
  }
  return found
}
