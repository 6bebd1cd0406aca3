import type { Registry } from '@prometheus-io/client'
import { type FastifyInstance, fastify } from 'fastify'

/** One condition of being ready: undefined where it holds, or a sentence that says why it does not. */
export interface ReadinessCheck {
  readonly name: string
  readonly run: () => Promise<string | undefined>
}

/** The plain HTTP application for kubelet and Prometheus: `/livez`, `/readyz` and `/metrics`. */
export function buildHealth(checks: readonly ReadinessCheck[], registry: Registry): FastifyInstance {
  const app = fastify({ forceCloseConnections: true })
  app.get('/livez', () => 'ok')
  app.get('/readyz', async (_request, reply) => {
    const results = await Promise.all(checks.map(async ({ name, run }) => ({ name, problem: await run() })))
    const ready = results.every(({ problem }) => problem === undefined)
    const lines = results.map(({ name, problem }) => (problem ? `[-]${name} failed: ${problem}` : `[+]${name} ok`))
    return reply.code(ready ? 200 : 503).send(`${lines.join('\n')}\n`)
  })
  app.get('/metrics', async (_request, reply) => reply.type(registry.contentType).send(await registry.metrics()))
  return app
}
