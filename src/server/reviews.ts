import type { IncomingMessage, ServerResponse } from 'node:http'
import { withoutManagedFields } from '../admission/managed-fields.ts'
import { encodeResponse } from '../admission/response.ts'
import { decodeReview, type Review } from '../admission/review.ts'
import type { Cluster } from '../core/cluster.ts'
import { type Decision, decisionFor } from '../core/decide.ts'
import { MODES, type Mode } from '../core/mode.ts'
import type { ConfiguredPolicy } from '../core/policy.ts'
import { PHASES, type Phase } from '../core/subject.ts'
import { type ErrorCode, HoldfastError } from '../errors.ts'
import type { Bodies } from './bodies.ts'
import { checkClient } from './client-certificate.ts'
import type { Connections } from './connections.ts'
import { answerAndLinger } from './linger.ts'
import { traceIdIn } from './trace.ts'

/** What reviews are answered with. It is asked for each of them, so that policies can change under them. */
export interface ReviewContext {
  /** The connections of the server; whoever makes it lets them follow it. */
  readonly connections: Connections
  readonly bodies: Bodies
  policiesFor(namespace: string): readonly ConfiguredPolicy[]
  cluster(): Cluster
  /** Answers then carry `Connection: close`, so that the API server opens its next connection elsewhere. */
  isDraining(): boolean
  /**
   * Called for each review, with the seconds that it took and the trace that the API server counts it to. Its answer is
   * given by then, if it was evaluated, so that this must not throw.
   */
  reviewed(review: Review, decision: Decision | undefined, seconds: number, traceId: string | undefined): void
  /** Called for each request that could not be evaluated, with its trace as above. */
  failed(code: ErrorCode, error: unknown, traceId: string | undefined): void
}

interface Route {
  readonly phase: Phase
  readonly ceiling: Mode
}

/** By path: `/mutate` and `/validate`, each with an optional ceiling behind it (`/mutate/audit`). */
const ROUTES: ReadonlyMap<string, Route> = new Map(
  PHASES.flatMap((phase) => [
    [`/${phase}`, { phase, ceiling: 'enforce' }],
    ...MODES.filter((mode) => mode !== 'off').map((ceiling): [string, Route] => [
      `/${phase}/${ceiling}`,
      { phase, ceiling }
    ])
  ])
)

/**
 * Answers what nearly every request is, without a framework, which would take a tenth of the CPU of a review.
 *
 * @param clientNames whom to answer, where there is a CA of clients; undefined answers anyone
 * @returns a handler that says whether it took the request, or left it for somebody else
 */
export function reviewHandler(
  context: ReviewContext,
  clientNames: readonly string[] | undefined
): (request: IncomingMessage, response: ServerResponse) => boolean {
  return (request, response) => {
    const route = request.method === 'POST' ? ROUTES.get(pathOf(request.url ?? '')) : undefined
    if (route === undefined) return false
    context.connections.asked(request.socket)
    try {
      if (clientNames !== undefined) checkClient(request.socket, clientNames)
      checkType(request)
    } catch (error) {
      refuse(context, request, response, error)
      return true
    }
    context.bodies.read(request, (failure, text = '') => {
      try {
        if (failure !== null) throw failure
        answer(context, request, response, route, text)
      } catch (error) {
        refuse(context, request, response, error)
      }
    })
    return true
  }
}

function pathOf(url: string): string {
  const query = url.indexOf('?')
  return query < 0 ? url : url.slice(0, query)
}

/** @throws HoldfastError REVIEW_WRONG_TYPE */
function checkType({ headers }: IncomingMessage): void {
  const type = headers['content-type']
  if (type === 'application/json' || /^application\/json *(?:;|$)/i.test(type ?? '')) return
  throw new HoldfastError('REVIEW_WRONG_TYPE', 'The body of a review is application/json')
}

function answer(
  context: ReviewContext,
  request: IncomingMessage,
  response: ServerResponse,
  { phase, ceiling }: Route,
  body: string
): void {
  const start = performance.now()
  const review = decodeReview(parse(body), phase)
  const decision = decisionOn(review, context, ceiling)
  const text = encodeResponse(review, decision)
  const seconds = (performance.now() - start) / 1000
  const isEvaluated = !decision?.unevaluated
  // The API server need not wait until the review is counted and logged.
  if (isEvaluated) send(context, request, response, text)
  context.reviewed(review, decision, seconds, traceIdIn(request.headers.traceparent))
  if (!isEvaluated) throw new HoldfastError('POLICIES_CRASHED', `Review ${review.uid} was not evaluated`)
}

function send(context: ReviewContext, request: IncomingMessage, response: ServerResponse, text: string): void {
  context.connections.prove(context.connections.of(request.socket))
  response.setHeader('content-type', 'application/json; charset=utf-8')
  if (context.isDraining()) response.setHeader('connection', 'close')
  response.end(text)
}

function decisionOn({ subject }: Review, context: ReviewContext, ceiling: Mode): Decision | undefined {
  if (subject === undefined) return undefined
  const evaluation = { cluster: context.cluster(), ceiling, now: Date.now() }
  return decisionFor(subject, context.policiesFor(subject.namespace), evaluation)
}

/** @throws HoldfastError REVIEW_NOT_JSON */
function parse(body: string): unknown {
  if (body === '') throw new HoldfastError('REVIEW_NOT_JSON', 'The request has no body')
  try {
    return JSON.parse(withoutManagedFields(body))
  } catch {
    // The reason that JSON.parse gives quotes the document, which may hold secrets.
    throw new HoldfastError('REVIEW_NOT_JSON', 'The body is not JSON')
  }
}

/** The API server takes it as "again in a second", perhaps from another replica. */
const AGAIN = { 'retry-after': '1' }

/**
 * Answers a request that could not be evaluated. The API server shows the body of an error to the user only where it is
 * text. What is not one of ours is INTERNAL.
 */
export function refuse(
  context: Pick<ReviewContext, 'connections' | 'failed' | 'isDraining'>,
  request: IncomingMessage,
  response: ServerResponse,
  error: unknown
): void {
  const known =
    error instanceof HoldfastError
      ? error
      : new HoldfastError('INTERNAL', 'The review ended in an error', { cause: error })
  const { code, statusCode: status, message: text } = known
  context.failed(code, error, traceIdIn(request.headers.traceparent))
  const headers = { 'content-type': 'text/plain; charset=utf-8', ...(code === 'OVERLOADED' && AGAIN) }
  if (!request.complete) {
    context.connections.of(request.socket).lingering = true
    answerAndLinger(request, response, { status, text, headers })
    return
  }
  response.writeHead(status, {
    ...headers,
    'content-length': Buffer.byteLength(text),
    ...(context.isDraining() && { connection: 'close' })
  })
  response.end(text)
}
