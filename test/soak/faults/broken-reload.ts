import { sumOf } from '../../e2e/harness/metrics.ts'
import { BROKEN, CONFIG_FILE, CONFIGURATIONS } from '../configurations.ts'
import type { World } from '../world.ts'
import { expectSoon, type Fault } from './fault.ts'

/** A configuration that cannot be used: the last good one stays in force, and the metric says so. */
export const brokenReload: Fault = {
  name: 'broken configuration',
  takesReplica: false,
  async play(world) {
    world.configuration.publish({ [CONFIG_FILE]: world.random.pick(BROKEN) })
    await expectSoon(world, 'a broken configuration is not noticed', () => isUsable(world, 0))
    const [inForce = 'rejecting'] = world.inForce
    world.configuration.publish({ [CONFIG_FILE]: CONFIGURATIONS[inForce] })
    await expectSoon(world, 'a mended configuration is not noticed', () => isUsable(world, 1))
  }
}

/** Asked of the one that is never started anew: a server does not start with a broken configuration. */
async function isUsable({ steady }: World, expected: 0 | 1): Promise<boolean> {
  return sumOf(await steady.health('/metrics'), 'holdfast_configuration_last_reload_successful') === expected
}
