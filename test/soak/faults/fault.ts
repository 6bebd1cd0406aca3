import { setTimeout as sleep } from 'node:timers/promises'
import type { World } from '../world.ts'

export interface Fault {
  readonly name: string
  /**
   * Faults that take a replica out of the balancer come one after the other, because two replicas promise no more.
   * All others come beside them.
   */
  readonly takesReplica: boolean
  play(world: World): Promise<void>
}

const LOOK_MS = 200

/** Longer than two looks of a server at its files, on a busy machine. */
const TAKEN_UP_MS = 40_000

/** Waits for it, and finds the promise broken where it takes too long. */
export async function expectSoon(world: World, what: string, probe: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + TAKEN_UP_MS
  while (performance.now() < deadline) {
    if (await probe().catch(() => false)) return
    await sleep(LOOK_MS)
  }
  world.violations.add(`${what} within ${TAKEN_UP_MS / 1000} s`)
}

/** Until new connections come to both again. */
export async function untilBalanced(world: World): Promise<void> {
  await expectSoon(world, 'both replicas are not ready again', async () =>
    world.instances.every((instance) => world.balancer.isReady(instance))
  )
}
