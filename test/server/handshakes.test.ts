// Clients that do not trust the serving certificate, and others that end a handshake.
import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import t from 'tap'
import { type TestServer, testServer } from '../helpers/server.ts'

/** Sends what is left of a handshake after a client's first flight, and waits until the server has closed. */
type Ending = (server: Socket) => void

/** RFC 8446, section 6: a record of type 21 with a level (2 is fatal) and a description. */
const alert = (description: number): Ending => {
  const record = Buffer.from([21, 3, 3, 0, 2, 2, description])
  return (server) => server.write(record)
}

const CASES: readonly [what: string, ending: Ending, rejections: 0 | 1][] = [
  ['bad certificate, as kube-apiserver says it', alert(42), 1],
  ['unsupported certificate', alert(43), 1],
  ['certificate revoked', alert(44), 1],
  ['certificate expired', alert(45), 1],
  ['certificate unknown', alert(46), 1],
  ['unknown CA', alert(48), 1],
  ['handshake failure', alert(40), 0],
  ['no supported version', alert(70), 0],
  ['internal error', alert(80), 0],
  ['the connection alone', (server) => server.end(), 0],
  ['a reset', (server) => server.resetAndDestroy(), 0],
  ['no TLS', (server) => server.write('GET / HTTP/1.1\r\n\r\n'), 0]
]

t.test('the server counts who does not trust its certificate', async (t) => {
  const server = await testServer()
  t.teardown(() => server.drain(0))
  t.equal(await rejections(server), 0, 'there from the start, for alerts that look at the increase')
  let expected = 0
  for (const [what, ending, counted] of CASES) {
    await endHandshake(server.port, ending)
    expected += counted
    t.equal(await rejections(server), expected, what)
  }
  t.equal((await server.get('/readyz')).status, 200, 'it is ready all the same: others may trust it')
  t.equal(await rejections(server), expected, 'and the probe is nobody who does not')
  const warnings = server.lines.filter(({ level }) => level === 40)
  t.match(warnings, [{ code: /BAD_CERTIFICATE/, msg: /does not trust the serving certificate: the caBundle/ }])
  t.equal(warnings.length, 1, 'a line for many')
})

async function rejections(server: TestServer): Promise<number> {
  return Number(/^holdfast_certificate_rejections_total (\d+)$/m.exec(await server.metrics())?.[1])
}

/**
 * Begins a handshake of TLS 1.2, in which alerts are not encrypted yet when the certificate arrives, and ends it in this
 * way. Clients of Node.js verify after the handshake, and send no alert at all.
 */
async function endHandshake(port: number, ending: Ending): Promise<void> {
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
