import type { Fault } from './fault.ts'
import { untilBalanced } from './fault.ts'

/** SIGTERM of one of two, and a new start, as in a rollout. No call is lost. */
export const terminate: Fault = {
  name: 'SIGTERM',
  takesReplica: true,
  async play(world) {
    await world.other.terminate()
    await world.other.start()
    await untilBalanced(world)
  }
}
