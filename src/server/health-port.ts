import type { Registry } from '@prometheus-io/client'
import { Connections } from './connections.ts'
import { buildHealth, type ReadinessCheck } from './health.ts'
import { HEALTH_CONNECTIONS, SWEEP_MS } from './limits.ts'
import { listen } from './listen.ts'
import { whileNeeded } from './while-needed.ts'

export interface HealthPortOptions {
  readonly bindAddress: string
  /** 0 takes any free port. */
  readonly healthPort: number
  readonly checks: readonly ReadinessCheck[]
  readonly registry: Registry
  /** As of `buildHealth`. */
  changed(problem: string | undefined): void
}

/**
 * The health port of a process that serves no reviews, with the same bounds.
 *
 * @throws HoldfastError PORT_UNAVAILABLE
 */
export async function startHealthPort(
  options: HealthPortOptions
): Promise<{ readonly healthPort: number; close(): Promise<void> }> {
  const connections = new Connections(HEALTH_CONNECTIONS, { closed: () => {} })
  const app = buildHealth(options.checks, options.registry, connections, options.changed)
  const { port } = await listen(app, options.bindAddress, options.healthPort, '--health-port')
  const sweep = whileNeeded(SWEEP_MS, () => {
    connections.sweep(performance.now())
    return connections.isAny
  })
  app.server.on('connection', sweep.start)
  return {
    healthPort: port,
    async close() {
      sweep.stop()
      await app.close()
    }
  }
}
