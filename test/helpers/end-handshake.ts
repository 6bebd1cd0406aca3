import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'

/** Sends what is left of a handshake after a client's first flight, and waits until the server has closed. */
export type Ending = (server: Socket) => void

/** RFC 8446, section 6: a record of type 21 with a level (2 is fatal) and a description. */
export const alert = (description: number): Ending => {
  const record = Buffer.from([21, 3, 3, 0, 2, 2, description])
  return (server) => server.write(record)
}

/**
 * Begins a handshake of TLS 1.2, in which alerts are not encrypted yet when the certificate arrives, and ends it in this
 * way. Clients of Node.js verify after the handshake, and send no alert at all.
 */
export async function endHandshake(port: number, ending: Ending): Promise<void> {
  const between = createServer(async (client) => {
    const upstream = connect(port, '127.0.0.1')
    client.once('data', (hello) => upstream.write(hello))
    upstream.once('data', () => ending(upstream))
    // What the server answers to it is read and dropped, or its end would never be seen.
    upstream.on('data', () => {}).on('error', () => {})
    upstream.once('close', () => client.destroy())
  })
  await once(between.listen(0, '127.0.0.1'), 'listening')
  const { port: entrance } = between.address() as { port: number }
  const client = connectTls({ host: '127.0.0.1', port: entrance, maxVersion: 'TLSv1.2', rejectUnauthorized: false })
  client.on('error', () => {})
  await new Promise((resolve) => client.once('close', resolve))
  await new Promise((resolve) => between.close(resolve))
}
