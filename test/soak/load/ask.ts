import { type RequestOptions, request } from 'node:https'
import { setTimeout as sleep } from 'node:timers/promises'
import type { HostileRequest } from './reviews.ts'

export interface Said {
  readonly status: number
  readonly text: string
  readonly retryAfter: boolean
  /** The client's own port, by which the balancer knows where the connection went. */
  readonly localPort: number
}

/** An exchange without an answer. */
export class Unanswered extends Error {
  readonly localPort: number

  constructor(message: string, localPort: number) {
    super(message)
    this.localPort = localPort
  }
}

/** Sends one request to 127.0.0.1, in pieces if need be, and resolves with the whole answer, whatever it says. */
export function ask(options: RequestOptions, pieces: readonly string[], pauseMs = 0): Promise<Said> {
  return new Promise((resolve, reject) => {
    let localPort = 0
    const fail = (error: Error): void => reject(new Unanswered(error.message, localPort))
    const headers = { 'content-type': 'application/json', ...options.headers }
    const outgoing = request({ host: '127.0.0.1', method: 'POST', ...options, headers }, (response) => {
      let text = ''
      response.setEncoding('utf8')
      response.on('data', (chunk) => {
        text += chunk
      })
      response.on('error', fail)
      response.on('end', () => {
        const { statusCode: status = 0, headers } = response
        resolve({ status, text, retryAfter: headers['retry-after'] !== undefined, localPort })
      })
    })
    outgoing.on('socket', (socket) => {
      localPort = socket.localPort ?? 0
      if (localPort === 0) socket.once('connect', () => (localPort = socket.localPort ?? 0))
    })
    outgoing.on('error', fail)
    void write(outgoing, pieces, pauseMs)
  })
}

async function write(outgoing: ReturnType<typeof request>, pieces: readonly string[], pauseMs: number): Promise<void> {
  for (const piece of pieces.slice(0, -1)) {
    if (outgoing.destroyed) return
    outgoing.write(piece)
    await sleep(pauseMs)
  }
  if (!outgoing.destroyed) outgoing.end(pieces.at(-1))
}

export function askHostile(port: number, ca: string, hostile: HostileRequest, signal: AbortSignal): Promise<Said> {
  const { method = 'POST', path = '/mutate', pieces, pauseMs = 0 } = hostile
  const length = String(pieces.reduce((sum, piece) => sum + Buffer.byteLength(piece), 0))
  const isChunked = hostile.headers?.['transfer-encoding'] !== undefined
  const headers = { ...(!isChunked && { 'content-length': length }), ...hostile.headers }
  return ask({ port, ca, path, method, headers, signal, agent: false }, pieces, pauseMs)
}
