import { setTimeout as sleep } from 'node:timers/promises'
import type { Fault } from './fault.ts'

const HELD_MS = 15_000

/** Nobody reads the pipe of the log for a while, so that it fills up. */
export const unreadLog: Fault = {
  name: 'log that is not read',
  takesReplica: false,
  async play(world) {
    const instance = world.random.pick(world.instances)
    instance.stall()
    await sleep(HELD_MS)
    instance.resume()
  }
}
