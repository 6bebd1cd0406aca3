import type { IncomingMessage, ServerResponse } from 'node:http'
import { LINGER_BYTES, LINGER_MS } from './limits.ts'

/**
 * Answers a request whose body is still on its way, and closes the connection. What is left of the body is read and
 * dropped before, up to a bound: a connection that is closed with unread bytes is reset, and a client that is still
 * writing sees the reset instead of the answer.
 */
export function answerAndLinger(
  request: IncomingMessage,
  response: ServerResponse,
  answer: { readonly status: number; readonly text: string; readonly headers: Readonly<Record<string, string>> }
): void {
  const { status, text, headers } = answer
  response.writeHead(status, { ...headers, 'content-length': Buffer.byteLength(text), connection: 'close' })
  response.write(text)

  let dropped = 0
  // The whole answer is on its way. To end it is what closes the connection.
  const close = (): void => {
    clearTimeout(timer)
    response.end()
  }
  const timer = setTimeout(close, LINGER_MS)
  request.on('data', (chunk: Buffer) => {
    dropped += chunk.length
    if (dropped > LINGER_BYTES) close()
  })
  request.once('close', close)
}
