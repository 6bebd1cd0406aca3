import { setTimeout as sleep } from 'node:timers/promises'
import { type Fault, untilBalanced } from './fault.ts'

const HELD_MS = 4000

/** A replica whose log goes to a disk that is full, from its start to its end. */
export const fullDisk: Fault = {
  name: 'full disk under the log',
  takesReplica: true,
  async play(world) {
    await world.other.terminate()
    await world.other.start('full')
    await untilBalanced(world)
    await sleep(HELD_MS)
    await world.other.terminate()
    await world.other.start()
    await untilBalanced(world)
  }
}
