import type { IncomingHttpHeaders } from 'node:http'
import type { RequestOptions } from 'node:https'
import { Writable } from 'node:stream'
import { pino } from 'pino'
import type { TlsMaterial } from '../../src/certificates/tls-files.ts'
import type { ConfiguredPolicy } from '../../src/core/policy.ts'
import { POLICIES } from '../../src/policies/index.ts'
import { createMetrics } from '../../src/server/metrics.ts'
import { type RunningServer, type ServerOptions, startServer } from '../../src/server/server.ts'
import { testCertificates } from './certificates.ts'
import { defaultPolicies } from './configured.ts'
import { post } from './post.ts'

export interface TestServer extends RunningServer {
  readonly ca: string
  /** The lines logged so far, parsed. */
  readonly lines: readonly Record<string, unknown>[]
  post(path: string, body: unknown, headers?: Record<string, string>): Promise<Answer>
  get(path: string): Promise<{ status: number; body: string }>
  metrics(): Promise<string>
}

/** What a test looks at in an answer. */
export interface ReviewResponse {
  readonly allowed: boolean
  readonly patch?: string
  readonly warnings?: readonly string[]
}

export interface Answer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: string
  /** The parsed body where it is JSON. */
  readonly json: { readonly response: ReviewResponse }
}

/** What every server in a test has in common. */
export function serverOptions(tls: TlsMaterial, parts: Partial<ServerOptions> = {}): ServerOptions {
  return {
    bindAddress: '127.0.0.1',
    port: 0,
    healthPort: 0,
    tls,
    files: undefined,
    pollMs: 10_000,
    clientNames: [],
    openFiles: undefined,
    policiesFor: () => [],
    cluster: () => ({ version: { major: 1, minor: 36 } }),
    logger: pino({ level: 'silent' }),
    metrics: createMetrics(POLICIES),
    ...parts
  }
}

/** A server on free ports of 127.0.0.1, over real TLS. */
export async function testServer({
  policies = defaultPolicies()
}: {
  policies?: readonly ConfiguredPolicy[]
} = {}): Promise<TestServer> {
  const { keyPair, ca } = await testCertificates()
  const lines: Record<string, unknown>[] = []
  const sink = new Writable({
    write(chunk, _encoding, done) {
      lines.push(JSON.parse(String(chunk)))
      done()
    }
  })
  const logger = pino({ level: 'debug' }, sink)
  const server = await startServer(
    serverOptions({ keyPair, clientCa: undefined }, { policiesFor: () => policies, logger })
  )
  const get = async (path: string): Promise<{ status: number; body: string }> => {
    const response = await fetch(`http://127.0.0.1:${server.healthPort}${path}`)
    return { status: response.status, body: await response.text() }
  }
  return {
    ...server,
    ca,
    lines,
    get,
    metrics: async () => (await get('/metrics')).body,
    post: (path, body, headers = {}) =>
      answerOf({ port: server.port, ca, path, headers }, typeof body === 'string' ? body : JSON.stringify(body))
  }
}

async function answerOf(options: RequestOptions, body: string): Promise<Answer> {
  const { response, text } = await post({ agent: false, ...options }, body)
  const json = response.headers['content-type']?.startsWith('application/json') ? JSON.parse(text) : undefined
  return { status: response.statusCode ?? 0, headers: response.headers, body: text, json }
}
