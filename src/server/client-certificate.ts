import type { Socket } from 'node:net'
import type { PeerCertificate, TLSSocket } from 'node:tls'
import { HoldfastError } from '../errors.ts'

/**
 * Whether the client may ask. Checked before the body is read, and not in the handshake, because the readiness probe
 * comes over TLS without a certificate.
 *
 * @param names common names that may ask; an empty list is anyone with a certificate of the authority
 * @throws HoldfastError CLIENT_UNKNOWN or CLIENT_NOT_ALLOWED
 */
export function checkClient(socket: Socket, names: readonly string[]): void {
  const known = answers.get(socket)
  const problem = known === undefined ? problemWith(socket as TLSSocket, names) : known
  answers.set(socket, problem)
  if (problem !== null) throw problem
}

/** Looked up once for each connection: the API server sends thousands of requests on one. */
const answers = new WeakMap<Socket, HoldfastError | null>()

function problemWith(socket: TLSSocket, names: readonly string[]): HoldfastError | null {
  // Asked for itself: many releases of Node.js, 22.23 and 24.18 among them, call a resumed TLS 1.3 connection authorized
  // that never showed a certificate (nodejs/node#35317). Where the connection is gone there is null, whatever the types say.
  const certificate: PeerCertificate | null = socket.getPeerCertificate()
  if (certificate?.raw === undefined) return new HoldfastError('CLIENT_UNKNOWN', 'The client presented no certificate')
  if (!socket.authorized) {
    return new HoldfastError(
      'CLIENT_UNKNOWN',
      `The client's certificate is not accepted (${socket.authorizationError})`
    )
  }
  if (names.length === 0) return null
  const name = certificate.subject?.CN
  if (typeof name === 'string' && names.includes(name)) return null
  return new HoldfastError('CLIENT_NOT_ALLOWED', 'The common name of the client certificate is not among those allowed')
}
