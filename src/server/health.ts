import type { Registry } from '@prometheus-io/client'
import { type FastifyInstance, fastify } from 'fastify'
import type { Connections } from './connections.ts'

/** One condition of being ready: undefined where it holds, or a sentence that says why it does not. */
export interface ReadinessCheck {
  readonly name: string
  readonly run: () => Promise<string | undefined>
}

/**
 * The plain HTTP application for kubelet and Prometheus: `/livez`, `/readyz` and `/metrics`.
 *
 * @param changed called when what keeps the server from being ready is not what it was; with undefined when nothing does
 */
export function buildHealth(
  checks: readonly ReadinessCheck[],
  registry: Registry,
  connections: Connections,
  changed: (problem: string | undefined) => void
): FastifyInstance {
  let last: string | undefined
  // One request for each connection: what is sent in advance on one would make as many answers at once. Node.js alone
  // announces the end, and leaves it to the client.
  const app = fastify({ forceCloseConnections: true, maxRequestsPerSocket: 1 })
  connections.follow(app.server)
  app.addHook('onRequest', ({ raw }, reply, done) => {
    connections.begin(connections.asked(raw.socket))
    reply.header('connection', 'close')
    done()
  })
  app.addHook('onResponse', ({ raw }, _reply, done) => {
    connections.end(connections.of(raw.socket))
    done()
  })
  app.get('/livez', () => 'ok')
  app.get('/readyz', async (_request, reply) => {
    const results = await Promise.all(checks.map(async ({ name, run }) => ({ name, problem: await run() })))
    const failed = results.flatMap(({ name, problem }) => (problem === undefined ? [] : [`${name}: ${problem}`]))
    const ready = failed.length === 0
    const now = ready ? undefined : failed.join('; ')
    if (now !== last) changed(now)
    last = now
    const lines = results.map(({ name, problem }) => (problem ? `[-]${name} failed: ${problem}` : `[+]${name} ok`))
    return reply.code(ready ? 200 : 503).send(`${lines.join('\n')}\n`)
  })
  app.get('/metrics', async (_request, reply) => reply.type(registry.contentType).send(await registry.metrics()))
  return app
}
