import type { IncomingMessage } from 'node:http'
import { type RequestOptions, request } from 'node:https'
import type { TLSSocket } from 'node:tls'

export interface Posted {
  readonly response: IncomingMessage
  readonly text: string
  /** SHA-256 of the certificate that the answer came under. */
  readonly fingerprint: string
  /** Whether the handshake was that of an earlier connection, taken up again. */
  readonly isResumed: boolean
}

/** Posts JSON text to 127.0.0.1 and resolves with the response and its whole body. */
export function post(options: RequestOptions, body: string): Promise<Posted> {
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json', ...options.headers }
    const outgoing = request({ host: '127.0.0.1', method: 'POST', ...options, headers }, (response) => {
      // Asked for now: the socket may be gone when the body is.
      const socket = response.socket as TLSSocket
      const { fingerprint256: fingerprint } = socket.getPeerCertificate()
      const isResumed = socket.isSessionReused()
      let text = ''
      response.setEncoding('utf8')
      response.on('data', (chunk) => {
        text += chunk
      })
      response.on('error', reject)
      response.on('end', () => resolve({ response, text, fingerprint, isResumed }))
    })
    outgoing.on('error', reject)
    outgoing.end(body)
  })
}
