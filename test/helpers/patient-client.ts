import type { Agent } from 'node:https'
import { setTimeout as sleep } from 'node:timers/promises'
import { post } from './post.ts'

/** `timeoutSeconds` of our webhooks. */
const PATIENCE_MS = 5000

export interface Patience {
  answered: number
  /** Answered, after they had been told to come again. */
  askedAgain: number
  /** Why the others were not. */
  readonly lost: string[]
}

/**
 * Asks as kube-apiserver does: for 5 s at the most, again after a second where the answer says so, and never again after
 * a connection was cut.
 *
 * @param agent one that keeps connections, or false for a connection of its own
 */
export async function askPatiently(port: number, agent: Agent | false, body: string, count: Patience): Promise<void> {
  const signal = AbortSignal.timeout(PATIENCE_MS)
  const options = { port, agent, signal, path: '/mutate?timeout=5s', rejectUnauthorized: false }
  try {
    for (let attempt = 1; ; attempt++) {
      const { response } = await post(options, body)
      if (response.statusCode === 200) {
        if (attempt === 1) count.answered++
        else count.askedAgain++
        return
      }
      if (response.headers['retry-after'] === undefined) throw new Error(`status ${response.statusCode}`)
      await sleep(1000, undefined, { signal })
    }
  } catch (error) {
    count.lost.push(signal.aborted ? 'no answer in 5 s' : String(error))
  }
}
