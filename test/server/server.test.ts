import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { connect as connectTls, type TLSSocket } from 'node:tls'
import { pino } from 'pino'
import t from 'tap'
import { keyPairOf } from '../../src/certificates/key-pair.ts'
import { POLICIES } from '../../src/policies/index.ts'
import { Bodies } from '../../src/server/bodies.ts'
import { Connections } from '../../src/server/connections.ts'
import { createMetrics, type Metrics } from '../../src/server/metrics.ts'
import { selfRequest } from '../../src/server/self-request.ts'
import { startServer } from '../../src/server/server.ts'
import { buildWebhook } from '../../src/server/webhook.ts'
import { pod } from '../fixtures/objects.ts'
import { podCreation } from '../fixtures/reviews.ts'
import { temporaryDirectory, testCertificates, writePair } from '../helpers/certificates.ts'
import { post } from '../helpers/post.ts'
import { serverOptions, testServer } from '../helpers/server.ts'

t.test('ready only when a request over TLS succeeds', async (t) => {
  const server = await testServer()
  t.strictSame(await server.get('/livez'), { status: 200, body: 'ok' })
  t.strictSame(await server.get('/readyz'), { status: 200, body: '[+]serving ok\n[+]certificate ok\n[+]tls ok\n' })
  await server.drain(0)
})

t.test('what keeps it from being ready', async (t) => {
  const { keyPair } = await testCertificates(-1)
  const server = await startServer(serverOptions({ keyPair, clientCa: undefined }))
  const response = await fetch(`http://127.0.0.1:${server.healthPort}/readyz`)
  t.equal(response.status, 503)
  t.match(await response.text(), /\[-\]certificate failed: it has expired/)
  await server.drain(0)
})

t.test('what a request to ourselves can find', async (t) => {
  const server = await testServer()
  t.match(await selfRequest('127.0.0.1', server.port, 'AA:BB'), /another certificate/)
  t.match(await selfRequest('127.0.0.1', server.healthPort, 'AA:BB'), /^the HTTPS port: /)
  await server.drain(0)
  t.match(await selfRequest('127.0.0.1', server.port, 'AA:BB'), /ECONNREFUSED/)
})

t.test('a port that is taken', async (t) => {
  const server = await testServer()
  const { keyPair } = await testCertificates()
  const taken = (parts: object): Promise<unknown> => startServer(serverOptions({ keyPair, clientCa: undefined }, parts))
  const table: readonly (readonly [parts: object, message: string])[] = [
    [
      { healthPort: server.healthPort },
      `Cannot listen on port ${server.healthPort} of --health-port: another process listens on it (EADDRINUSE).`
    ],
    [
      { port: server.port },
      `Cannot listen on port ${server.port} of --port: another process listens on it (EADDRINUSE).`
    ],
    [{ bindAddress: '192.0.2.1' }, '--bind-address=192.0.2.1 is not an address of this machine (EADDRNOTAVAIL).']
  ]
  for (const [parts, message] of table) {
    // Nothing stays open, or the test would not end.
    const error = await taken(parts).then(
      () => undefined,
      (reason) => reason
    )
    t.match(error, { code: 'PORT_UNAVAILABLE', message }, message)
  }
  await server.drain(0)
})

t.test('TLS 1.2 at the least, and HTTP/1.1 only', async (t) => {
  const server = await testServer()
  t.teardown(() => server.drain(0))
  const handshake = (options: object): Promise<string> =>
    new Promise((resolve) => {
      const socket = connectTls({ host: '127.0.0.1', port: server.port, rejectUnauthorized: false, ...options }, () => {
        resolve(`${socket.getProtocol()} ${socket.alpnProtocol}`)
        socket.destroy()
      })
      socket.on('error', (error) => resolve(error.message))
    })
  t.equal(await handshake({ ALPNProtocols: ['h2', 'http/1.1'] }), 'TLSv1.3 http/1.1')
  t.equal(await handshake({ maxVersion: 'TLSv1.2' }), 'TLSv1.2 false')
  t.match(
    await handshake({ minVersion: 'TLSv1.1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' }),
    /alert|version/i
  )
})

t.test('draining: not ready, answering with Connection: close, then gone', async (t) => {
  const server = await testServer()
  const kept = await server.post('/mutate', podCreation(pod()), { connection: 'keep-alive' })
  t.not(kept.headers.connection, 'close')
  const drained = server.drain(300)
  t.equal((await server.get('/readyz')).status, 503)
  t.match((await server.get('/readyz')).body, /\[-\]serving failed: the server is draining/)
  const last = await server.post('/mutate', podCreation(pod()), { connection: 'keep-alive' })
  t.match(last.headers, { connection: 'close' })
  t.equal(last.json.response.allowed, true, 'served all the same')
  t.equal((await server.post('/nowhere', {}, { connection: 'keep-alive' })).headers.connection, 'close', 'errors too')
  await drained
  await t.rejects(server.post('/mutate', podCreation(pod())), { code: 'ECONNREFUSED' })
})

t.test('connections on which nothing was asked, or only half, do not hold up the end', async (t) => {
  const server = await testServer()
  const half = 'POST /mutate HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{'
  const sockets: Socket[] = await Promise.all(['', half].map((text) => opened(server.port, text)))
  const silent = connect({ host: '127.0.0.1', port: server.port })
  await once(silent, 'connect')
  sockets.push(silent)
  const start = performance.now()
  await server.drain(0)
  t.ok(performance.now() - start < 8000, 'within the time that an answer may take')
  for (const socket of sockets) socket.destroy()
})

t.test('an answer that was given stands, whatever fails after it', async (t) => {
  const failed: unknown[] = []
  const lines: string[] = []
  const metrics: Metrics = {
    ...createMetrics(POLICIES),
    reviewed() {
      throw new Error('no counter')
    },
    failed: (code) => failed.push(code)
  }
  const logger = pino({ level: 'info' }, { write: (line: string) => lines.push(line) })
  const { keyPair } = await testCertificates()
  const server = await startServer(serverOptions({ keyPair, clientCa: undefined }, { metrics, logger }))
  t.teardown(() => server.drain(0))
  const asked = { port: server.port, path: '/mutate', rejectUnauthorized: false }
  const { response } = await post(asked, JSON.stringify(podCreation(pod())))
  t.equal(response.statusCode, 200)
  t.strictSame(failed, [], 'it was evaluated')
  t.match(lines.join(''), /no counter.*answered, but not counted or logged/)
})

t.test('the API server may keep a connection for 90 s, used or not', async (t) => {
  const connections = new Connections({ unproven: 1, proven: 1 }, { closed() {} })
  const context = {
    connections,
    bodies: new Bodies(connections, { reviews: 1, room: 0 }),
    policiesFor: () => [],
    cluster: () => ({ version: undefined }),
    isDraining: () => false,
    reviewed() {},
    failed() {}
  }
  const { keyPair } = await testCertificates()
  const app = buildWebhook(context, { cert: keyPair.certificate, key: keyPair.privateKey }, undefined)
  const { keepAliveTimeout, requestTimeout, headersTimeout } = app.server
  for (const timeout of [keepAliveTimeout, requestTimeout, headersTimeout]) t.ok(timeout > 90_000, String(timeout))
  await app.close()
})

function opened(port: number, text: string): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    const socket = connectTls({ host: '127.0.0.1', port, rejectUnauthorized: false }, () => {
      socket.write(text, () => resolve(socket))
      if (text === '') resolve(socket)
    })
    socket.on('error', reject)
  })
}

t.test('a renewed certificate is served to new connections; a broken one is not', async (t) => {
  const directory = temporaryDirectory()
  const first = await testCertificates()
  const second = await testCertificates()
  const files = writePair(directory, first)
  const lines: string[] = []
  const logger = pino({ level: 'info' }, { write: (line: string) => lines.push(line) })
  const serving = { keyPair: first.keyPair, clientCa: undefined }
  const server = await startServer(
    serverOptions(serving, { files: { ...files, clientCa: undefined }, pollMs: 20, logger })
  )
  t.teardown(() => server.drain(0))
  const served = (fingerprint: string): Promise<string | undefined> =>
    selfRequest('127.0.0.1', server.port, fingerprint)
  const eventually = async (what: string, condition: () => boolean | Promise<boolean>): Promise<void> => {
    for (let attempt = 0; attempt < 250; attempt++) {
      if (await condition()) {
        t.pass(what)
        return
      }
      await sleep(20)
    }
    t.fail(what)
  }
  const logged = (text: string): boolean => lines.some((line) => line.includes(text))
  const metrics = async (): Promise<string> => (await fetch(`http://127.0.0.1:${server.healthPort}/metrics`)).text()

  t.equal(await served(first.keyPair.fingerprint), undefined)
  writeFileSync(files.certificate, second.certificate)
  await eventually('a certificate without its key is refused', () => logged('issued for another private key'))
  t.equal(await served(first.keyPair.fingerprint), undefined, 'the last good pair serves on')
  t.match(await metrics(), /holdfast_certificate_reload_failures_total [1-9]/)

  writeFileSync(files.privateKey, second.privateKey)
  await eventually('the new pair serves', async () => (await served(second.keyPair.fingerprint)) === undefined)
  t.ok(logged('certificate reloaded'))
  t.equal((await fetch(`http://127.0.0.1:${server.healthPort}/readyz`)).status, 200)

  writeFileSync(files.certificate, 'nonsense')
  await eventually('garbage is refused', () => logged('tls.crt holds no certificate in PEM'))
  t.equal(await served(second.keyPair.fingerprint), undefined)
})

t.test('pairs that are none', async (t) => {
  const one = await testCertificates()
  const other = await testCertificates()
  const pair = (certificate: string, key: string) => () => keyPairOf(Buffer.from(certificate), Buffer.from(key))
  t.throws(pair(one.certificate, other.privateKey), { code: 'CERTIFICATE_INVALID', message: /another private key/ })
  t.throws(pair('x', one.privateKey), { message: /^The certificate holds no certificate in PEM/ })
  t.throws(pair(one.certificate, 'x'), { message: /^The private key holds no private key in PEM/ })
})
