import { setTimeout as sleep } from 'node:timers/promises'
import { mayLose, mayNotLose } from '../world.ts'
import { expectSoon, type Fault, untilBalanced } from './fault.ts'

/** kill -9 of one of two. What was under way there is lost, and nothing else. */
export const kill: Fault = {
  name: 'kill -9',
  takesReplica: true,
  async play(world) {
    mayLose(world.other, 'kill -9')
    await world.other.kill()
    await expectSoon(world, 'the balancer does not notice', async () => !world.balancer.isReady(world.other))
    mayNotLose(world.other)
    await sleep(1000 * world.random.next())
    await world.other.start()
    await untilBalanced(world)
  }
}
