import { setTimeout as sleep } from 'node:timers/promises'
import { expectSoon, type Fault } from './fault.ts'

/** A certificate of another CA, now and then in two steps of which the first cannot be used. */
export const rotate: Fault = {
  name: 'rotation with a new CA',
  takesReplica: false,
  async play(world) {
    if (world.random.chance(0.5)) {
      world.certificates.publishHalf()
      await sleep(3000 * world.random.next())
    }
    world.certificates.rotate()
    for (const instance of world.instances) {
      await expectSoon(world, `${instance.name} does not serve the new certificate`, () =>
        world.certificates.isServedAt(instance.port)
      )
    }
  }
}
