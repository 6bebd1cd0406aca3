import { setTimeout as sleep } from 'node:timers/promises'
import { count, excuseFor, type World } from '../world.ts'
import { askHostile } from './ask.ts'
import { type HostileRequest, pickHostile } from './reviews.ts'

const PATIENCE_MS = 15_000

/** Sends what no API server sends, past the balancer, as any Pod of a cluster can. */
export async function hostileClient(world: World, pauseMs: number): Promise<void> {
  while (world.isRunning()) {
    await send(world, pickHostile(world.random.next()))
    await sleep(pauseMs * (0.5 + world.random.next()))
  }
}

async function send(world: World, hostile: HostileRequest): Promise<void> {
  const instance = world.random.pick(world.instances)
  const generation = instance.current
  const expected = world.expectations.hostile.get(hostile.name)
  if (!generation?.serving || expected === undefined) return
  const began = performance.now()
  const uncertain = ['REVIEW_INCOMPLETE', 'OVERLOADED', ...(expected.code === undefined ? [] : [expected.code])]
  const known = generation.tally.begin(...uncertain)
  try {
    const signal = AbortSignal.timeout(PATIENCE_MS)
    const { status, retryAfter } = await askHostile(instance.port, world.certificates.ca, hostile, signal)
    count(world, 'hostile')
    known()
    if (status === 503 && retryAfter) generation.tally.see('OVERLOADED')
    else if (status !== expected.status)
      world.violations.add(`"${hostile.name}" is answered ${status}, not ${expected.status}`)
    else if (expected.code !== undefined) generation.tally.see(expected.code)
  } catch (error) {
    if (!generation.serving || excuseFor(instance, began) !== undefined) return
    // Whoever was not answered was closed, and that is counted too.
    if (/ECONNRESET|hang up|EPIPE|disconnected/.test(String(error))) generation.tally.see('closed')
    else world.violations.add(`"${hostile.name}" gets no answer: ${String(error)}`)
  }
}
