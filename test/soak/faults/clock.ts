import { setTimeout as sleep } from 'node:timers/promises'
import { type Fault, untilBalanced } from './fault.ts'

const HOUR = 3_600_000
const HELD_MS = 5000

/** By hours, and by so much that the certificate has expired or is not valid yet: the replica is not ready, and answers. */
const JUMPS = [2 * HOUR, -HOUR, 400 * 24 * HOUR, -30 * 24 * HOUR]

export const clock: Fault = {
  name: 'clock that jumps',
  takesReplica: true,
  async play(world) {
    const instance = world.random.pick(world.instances)
    for (const jump of [world.random.pick(JUMPS.slice(0, 2)), world.random.pick(JUMPS.slice(2))]) {
      instance.shiftClock(jump)
      await sleep(HELD_MS / 2)
    }
    instance.shiftClock(0)
    await untilBalanced(world)
  }
}
