import type { SecureContextOptions } from 'node:tls'
import { type FastifyError, type FastifyInstance, type FastifyReply, fastify } from 'fastify'
import { encodeResponse } from '../admission/response.ts'
import { decodeReview, type Review } from '../admission/review.ts'
import type { Cluster } from '../core/cluster.ts'
import { type Decision, decisionFor } from '../core/decide.ts'
import { MODES, type Mode } from '../core/mode.ts'
import type { ConfiguredPolicy } from '../core/policy.ts'
import { PHASES, type Phase } from '../core/subject.ts'
import { type ErrorCode, HoldfastError, messageOf } from '../errors.ts'
import type { Bodies } from './bodies.ts'
import { checkClient } from './client-certificate.ts'
import type { Connections } from './connections.ts'
import { KEEP_ALIVE_MS } from './limits.ts'
import { answerAndLinger } from './linger.ts'

/** What the routes are given. They hold no state of their own, so that policies can change under them. */
export interface WebhookContext {
  /** The connections of the application; whoever makes it lets them follow its server. */
  readonly connections: Connections
  readonly bodies: Bodies
  policiesFor(namespace: string): readonly ConfiguredPolicy[]
  cluster(): Cluster
  /** Answers then carry `Connection: close`, so that the API server opens its next connection elsewhere. */
  isDraining(): boolean
  /** Called after each review, with the seconds it took. */
  reviewed(review: Review, decision: Decision | undefined, seconds: number): void
  /** Called for each request that could not be evaluated. */
  failed(code: ErrorCode, error: unknown): void
}

/**
 * The HTTPS application: `POST /mutate` and `/validate`, each with an optional ceiling behind it (`/mutate/audit`).
 * It does not listen, so that whoever starts it chooses where.
 *
 * @param clientNames whom to answer, where `tls.ca` vouches for clients; undefined answers anyone
 */
export function buildWebhook(
  context: WebhookContext,
  tls: SecureContextOptions,
  clientNames: readonly string[] | undefined
): FastifyInstance {
  const clients = { requestCert: clientNames !== undefined, rejectUnauthorized: false }
  // A connection that nothing was sent on yet is one that the API server keeps in reserve.
  const timeouts = { headersTimeout: KEEP_ALIVE_MS, requestTimeout: KEEP_ALIVE_MS }
  const app = fastify({
    https: { ...tls, ...clients, ...timeouts, minVersion: 'TLSv1.2', ALPNProtocols: ['http/1.1'] },
    keepAliveTimeout: KEEP_ALIVE_MS,
    requestTimeout: KEEP_ALIVE_MS,
    // A request that arrives while closing is answered like any other: only the API server may give up on it.
    return503OnClosing: false,
    forceCloseConnections: 'idle',
    // What the router cannot even read.
    frameworkErrors: (error, _request, reply) => {
      context.failed('PATH_UNKNOWN', error)
      refuse(
        context,
        reply as unknown as FastifyReply,
        new HoldfastError('PATH_UNKNOWN', 'The path of the request cannot be read')
      )
    }
  }) as unknown as FastifyInstance

  // The text goes to the handler as it is. Fastify's own parser refuses keys such as `__proto__`, which are legal in a
  // ConfigMap, and a schema would coerce the object under review. Nor does it bound what all bodies take together.
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('application/json', (request, _payload, done) => {
    if (request.is404) done(null)
    else context.bodies.read(request.raw, done)
  })

  app.addHook('onRequest', ({ raw }, _reply, done) => {
    context.connections.asked(raw.socket)
    if (clientNames !== undefined && raw.method === 'POST') checkClient(raw.socket, clientNames)
    done()
  })

  for (const phase of PHASES) {
    app.post(`/${phase}`, (request, reply) => answer(context, reply, phase, 'enforce', request.body))
    for (const ceiling of MODES) {
      if (ceiling === 'off') continue
      app.post(`/${phase}/${ceiling}`, (request, reply) => answer(context, reply, phase, ceiling, request.body))
    }
  }
  // What the readiness probe asks for over TLS.
  app.get('/livez', () => 'ok')
  app.setNotFoundHandler((request) => {
    throw new HoldfastError('PATH_UNKNOWN', `There is no ${request.method} ${request.url.slice(0, 100)}`)
  })
  app.setErrorHandler((error: FastifyError, _request, reply) => {
    const known = error instanceof HoldfastError ? error : translate(error)
    context.failed(known.code, error)
    refuse(context, reply, known)
  })
  return app
}

/** Answers with an error. The API server shows the body of an error to the user only where it is text. */
function refuse(context: WebhookContext, reply: FastifyReply, error: HoldfastError): void {
  const { raw } = reply.request
  const headers = { 'content-type': 'text/plain; charset=utf-8', ...(error.code === 'OVERLOADED' && AGAIN) }
  if (raw.complete) {
    send(context, reply.code(error.statusCode).headers(headers), error.message)
    return
  }
  reply.hijack()
  context.connections.of(raw.socket).lingering = true
  answerAndLinger(raw, reply.raw, { status: error.statusCode, text: error.message, headers })
}

/** The API server takes it as "again in a second", perhaps from another replica. */
const AGAIN = { 'retry-after': '1' }

function answer(
  context: WebhookContext,
  reply: FastifyReply,
  phase: Phase,
  ceiling: Mode,
  body: unknown
): FastifyReply {
  const start = performance.now()
  const review = decodeReview(parse(body), phase)
  const decision = decisionOn(review, context, ceiling)
  const text = encodeResponse(review, decision)
  context.reviewed(review, decision, (performance.now() - start) / 1000)
  if (decision?.unevaluated) throw new HoldfastError('POLICIES_CRASHED', `Review ${review.uid} was not evaluated`)
  context.connections.prove(context.connections.of(reply.request.raw.socket))
  return send(context, reply.type('application/json; charset=utf-8'), text)
}

function decisionOn({ subject }: Review, context: WebhookContext, ceiling: Mode): Decision | undefined {
  if (subject === undefined) return undefined
  const evaluation = { cluster: context.cluster(), ceiling, now: Date.now() }
  return decisionFor(subject, context.policiesFor(subject.namespace), evaluation)
}

function parse(body: unknown): unknown {
  if (typeof body !== 'string') throw new HoldfastError('REVIEW_NOT_JSON', 'The request has no body')
  try {
    return JSON.parse(body)
  } catch {
    // The reason that JSON.parse gives quotes the document, which may hold secrets.
    throw new HoldfastError('REVIEW_NOT_JSON', 'The body is not JSON')
  }
}

function send(context: WebhookContext, reply: FastifyReply, text: string): FastifyReply {
  if (context.isDraining()) reply.header('connection', 'close')
  return reply.send(text)
}

const FASTIFY_CODES: Readonly<Record<string, ErrorCode>> = {
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'REVIEW_WRONG_TYPE'
}

function translate(error: FastifyError): HoldfastError {
  const code = FASTIFY_CODES[error.code]
  if (code !== undefined) return new HoldfastError(code, messageOf(error), { cause: error })
  // What is left of the client's errors: it went away, or took too long.
  if ((error.statusCode ?? 500) < 500) return new HoldfastError('REVIEW_INCOMPLETE', messageOf(error), { cause: error })
  return new HoldfastError('INTERNAL', 'The review ended in an error', { cause: error })
}
