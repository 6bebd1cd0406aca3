import { CONFIG_FILE, CONFIGURATIONS, type ConfigurationName } from '../configurations.ts'
import { ask } from '../load/ask.ts'
import { PROBE } from '../load/reviews.ts'
import { expectSoon, type Fault } from './fault.ts'

/** Another configuration. Until both replicas have taken it up, either answer is right. */
export const reload: Fault = {
  name: 'configuration reload',
  takesReplica: false,
  async play(world) {
    const [before] = world.inForce
    const next: ConfigurationName = before === 'rejecting' ? 'restoring' : 'rejecting'
    world.inForce.add(next)
    world.configuration.publish({ [CONFIG_FILE]: CONFIGURATIONS[next] })
    for (const { name, port } of world.instances) {
      await expectSoon(world, `${name} does not take up the configuration`, async () => {
        const signal = AbortSignal.timeout(2000)
        const { ca } = world.certificates
        const { text } = await ask({ port, ca, path: PROBE.path, agent: false, signal }, [PROBE.text('probe')])
        return world.expectations.isRight(PROBE, 'probe', text, next)
      })
    }
    if (before !== undefined) world.inForce.delete(before)
  }
}
