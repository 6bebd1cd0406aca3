import { Agent } from 'node:https'
import { setTimeout as sleep } from 'node:timers/promises'
import type { ConfigurationName } from '../configurations.ts'
import { count, excuseFor, type World } from '../world.ts'
import { ask, Unanswered } from './ask.ts'
import { type GoodReview, pickGood } from './reviews.ts'

/** `timeoutSeconds` of our webhooks. */
const PATIENCE_MS = 5000

let uids = 0

/** Asks through the balancer as an API server does, one review after the other, on a connection that it keeps for a while. */
export async function goodClient(world: World, isKeeping: boolean, pauseMs: number): Promise<void> {
  let agent: Agent | undefined
  let left = 0
  while (world.isRunning()) {
    if (isKeeping && left-- <= 0) {
      agent?.destroy()
      agent = new Agent({ keepAlive: true, maxSockets: 1 })
      left = 20 + world.random.below(150)
    }
    await review(world, pickGood(world.random.next()), agent ?? false)
    await sleep(pauseMs * (0.5 + world.random.next()))
  }
  agent?.destroy()
}

async function review(world: World, review: GoodReview, agent: Agent | false): Promise<void> {
  const began = performance.now()
  const uid = `soak-${uids++}`
  const before = [...world.inForce]
  const signal = AbortSignal.timeout(PATIENCE_MS)
  try {
    for (;;) {
      const options = { port: world.port, ca: world.certificates.ca, path: review.path, agent, signal }
      const { status, text, retryAfter, localPort } = await ask(options, [review.text(uid)])
      if (status === 200) {
        accept(world, review, uid, text, [...before, ...world.inForce])
        return
      }
      if (!retryAfter) throw new Unanswered(`status ${status}`, localPort)
      world.balancer.routeOf(localPort)?.generation?.tally.see('OVERLOADED')
      count(world, 'told to come again')
      await sleep(1000, undefined, { signal })
    }
  } catch (error) {
    lose(world, review, began, error)
  }
}

function accept(
  world: World,
  review: GoodReview,
  uid: string,
  text: string,
  configurations: readonly ConfigurationName[]
): void {
  count(world, 'answered')
  if (configurations.some((name) => world.expectations.isRight(review, uid, text, name))) return
  world.violations.add(`the answer to "${review.name}" is not that of a quiet server: ${text.slice(0, 300)}`)
}

function lose(world: World, review: GoodReview, began: number, error: unknown): void {
  const route = error instanceof Unanswered ? world.balancer.routeOf(error.localPort) : undefined
  const reason = excuseFor(route?.instance, began)
  if (reason === undefined) {
    world.violations.add(`a review (${review.name}) to ${route?.instance.name} is lost: ${String(error)}`)
    return
  }
  route?.generation?.tally.begin('REVIEW_INCOMPLETE', 'OVERLOADED')
  count(world, `lost, ${reason}`)
}
