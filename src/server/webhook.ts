import { createServer, type ServerOptions } from 'node:https'
import type { SecureContextOptions } from 'node:tls'
import { type FastifyError, type FastifyInstance, fastify } from 'fastify'
import { HoldfastError, messageOf } from '../errors.ts'
import { checkClient } from './client-certificate.ts'
import { KEEP_ALIVE_MS } from './limits.ts'
import { type ReviewContext, refuse, reviewHandler } from './reviews.ts'

/**
 * The HTTPS application: reviews, which have a handler of their own, and around them the rest: a path that is none, the
 * question of the readiness probe, what is no HTTP, and the end of the server. It does not listen, so that whoever starts
 * it chooses where.
 *
 * @param clientNames whom to answer, where `tls.ca` vouches for clients; undefined answers anyone
 */
export function buildWebhook(
  context: ReviewContext,
  tls: SecureContextOptions,
  clientNames: readonly string[] | undefined
): FastifyInstance {
  const isReview = reviewHandler(context, clientNames)
  const options: ServerOptions = {
    ...tls,
    requestCert: clientNames !== undefined,
    rejectUnauthorized: false,
    minVersion: 'TLSv1.2',
    ALPNProtocols: ['http/1.1'],
    // A connection that nothing was sent on yet is one that the API server keeps in reserve.
    headersTimeout: KEEP_ALIVE_MS,
    requestTimeout: KEEP_ALIVE_MS,
    keepAliveTimeout: KEEP_ALIVE_MS
  }
  const app = fastify({
    serverFactory: (handle) =>
      createServer(options, (request, response) => {
        if (!isReview(request, response)) handle(request, response)
      }),
    forceCloseConnections: 'idle',
    // A request that arrives while closing is answered like any other: only the API server may give up on it.
    return503OnClosing: false,
    // What the router cannot even read.
    frameworkErrors: (_error, { raw }, reply) => {
      reply.hijack()
      refuse(context, raw, reply.raw, new HoldfastError('PATH_UNKNOWN', 'The path of the request cannot be read'))
    }
  }) as unknown as FastifyInstance

  app.addHook('onRequest', ({ is404, raw, method, url }, _reply, done) => {
    context.connections.asked(raw.socket)
    if (clientNames !== undefined && method === 'POST') checkClient(raw.socket, clientNames)
    // Before the framework looks at a type or a body: no path that is left has one.
    if (is404) throw new HoldfastError('PATH_UNKNOWN', `There is no ${method} ${url.slice(0, 100)}`)
    done()
  })
  // What the readiness probe asks for over TLS.
  app.get('/livez', () => 'ok')
  app.setErrorHandler((error: FastifyError, request, reply) => {
    reply.hijack()
    refuse(context, request.raw, reply.raw, translate(error))
  })
  return app
}

/** What the framework says of the client is that it went away, or took too long. */
function translate(error: FastifyError): unknown {
  if (error instanceof HoldfastError || (error.statusCode ?? 500) >= 500) return error
  return new HoldfastError('REVIEW_INCOMPLETE', messageOf(error), { cause: error })
}
