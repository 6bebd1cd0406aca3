import { setTimeout as sleep } from 'node:timers/promises'
import { intrude, type Manner } from '../load/connections.ts'
import type { Fault } from './fault.ts'

/** More than one replica takes without a proof, a few at a time. */
const CONNECTIONS = 450
const AT_ONCE = 15
const PAUSE_MS = 60
const STAY_MS = 6000

export const flood: Fault = {
  name: 'flood of connections',
  takesReplica: false,
  async play(world) {
    const instance = world.random.pick(world.instances)
    const manner: Manner = world.random.pick(['silent', 'half a handshake'])
    const open: Promise<void>[] = []
    for (let opened = 0; opened < CONNECTIONS && world.isRunning(); opened += AT_ONCE) {
      for (let one = 0; one < AT_ONCE; one++) open.push(intrude(world, instance, manner, STAY_MS))
      await sleep(PAUSE_MS)
    }
    await Promise.all(open)
  }
}
