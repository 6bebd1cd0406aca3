import { once } from 'node:events'
import { Agent } from 'node:https'
import { connect, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { connect as connectTls } from 'node:tls'
import { pino } from 'pino'
import t, { type Test } from 'tap'
import { connectionBounds, HEALTH_CONNECTIONS, LEAST_CONNECTIONS, OWN_FILES } from '../../src/server/limits.ts'
import { startServer } from '../../src/server/server.ts'
import { pod } from '../fixtures/objects.ts'
import { podCreation } from '../fixtures/reviews.ts'
import { testCertificates } from '../helpers/certificates.ts'
import { askPatiently, type Patience } from '../helpers/patient-client.ts'
import { serverOptions } from '../helpers/server.ts'

const MIB = 1024 * 1024
const review = JSON.stringify(podCreation(pod()))

/** As few files as leave the least number of connections: 16, half of them for proven ones. */
const FEW_FILES = OWN_FILES + HEALTH_CONNECTIONS.unproven + LEAST_CONNECTIONS

interface Small {
  readonly port: number
  readonly healthPort: number
  /** The messages logged so far. */
  readonly messages: readonly string[]
  metric(name: string): Promise<number>
  health(path: string): Promise<string>
}

/** A server that takes 16 connections. */
async function smallServer(t: Test): Promise<Small> {
  const { keyPair } = await testCertificates()
  const messages: string[] = []
  const logger = pino({ level: 'warn' }, { write: (line: string) => messages.push(JSON.parse(line).msg) })
  const server = await startServer(serverOptions({ keyPair, clientCa: undefined }, { openFiles: FEW_FILES, logger }))
  t.teardown(() => server.drain(0))
  const health = async (path: string): Promise<string> =>
    (await fetch(`http://127.0.0.1:${server.healthPort}${path}`)).text()
  return {
    ...server,
    messages,
    health,
    async metric(name) {
      const text = await health('/metrics')
      return Number(
        text
          .split('\n')
          .find((line) => line.startsWith(`${name} `))
          ?.slice(name.length)
      )
    }
  }
}

/** Keeps asking until it is stopped: on connections that are kept, and on one of its own for each review. */
function goodTraffic(port: number): { count: Patience; stop(): Promise<void> } {
  const count: Patience = { answered: 0, askedAgain: 0, lost: [] }
  const agent = new Agent({ keepAlive: true, maxSockets: 2 })
  let running = true
  const keepAsking = async (via: Agent | false): Promise<void> => {
    for (let asked = 0; running && asked < 5000; asked++) {
      await askPatiently(port, via, review, count)
      await sleep(5)
    }
  }
  const clients = [keepAsking(agent), keepAsking(agent), keepAsking(false)]
  return {
    count,
    async stop() {
      running = false
      await Promise.all(clients)
      agent.destroy()
    }
  }
}

/** Opens a connection and says something on it. Resolves when it is open, or closed again. */
async function intrude(t: Test, port: number, text: string): Promise<Socket> {
  const socket = connectTls({ host: '127.0.0.1', port, rejectUnauthorized: false })
  t.teardown(() => socket.destroy())
  socket.on('error', () => {})
  await Promise.race([once(socket, 'secureConnect'), once(socket, 'close')])
  if (!socket.destroyed && text !== '') socket.write(text)
  return socket
}

function head(length: number | 'chunked', path = '/mutate'): string {
  const body = length === 'chunked' ? 'Transfer-Encoding: chunked' : `Content-Length: ${length}`
  return `POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n${body}\r\n\r\n`
}

t.test('no number of connections is too many, and no good call is lost', async (t) => {
  const table: readonly (readonly [string, string])[] = [
    ['on which nothing is asked', ''],
    ['with half of the headers', 'POST /mutate HTTP/1.1\r\nHost'],
    ['that asked for something once', 'GET /livez HTTP/1.1\r\nHost: x\r\n\r\n'],
    ['with half of a small body', `${head(100)}{`],
    ['with half of a large body', `${head(9 * MIB)}{`],
    ['with half of a body of unknown length', `${head('chunked')}100000\r\n{`]
  ]
  for (const [name, text] of table) {
    const server = await smallServer(t)
    const good = goodTraffic(server.port)
    await Promise.all(Array.from({ length: 40 }, () => intrude(t, server.port, text)))
    await sleep(1500)
    await good.stop()
    t.strictSame(good.count.lost, [], `${name}: no call of ${good.count.answered} is lost`)
    t.ok(good.count.answered > 20, 'and there were some')
    const states = await Promise.all(
      ['unproven', 'proven'].map((s) => server.metric(`holdfast_connections{state="${s}"}`))
    )
    const { unproven, proven } = connectionBounds(FEW_FILES)
    t.ok((states[0] as number) <= unproven && (states[1] as number) <= proven, `${states} connections are open`)
    t.match(await server.health('/readyz'), '[+]tls ok')
  }
})

t.test('what is closed is counted and logged, once a minute', async (t) => {
  const server = await smallServer(t)
  t.strictSame(server.messages, ['few files may be open: fewer connections are taken'])
  await Promise.all(Array.from({ length: 40 }, () => intrude(t, server.port, '')))
  t.equal(await server.metric('holdfast_connections_closed_total{port="https",reason="displaced"}'), 32)
  await sleep(2500)
  t.equal(server.messages.filter((message) => message === 'closed connections before their time').length, 1)
})

t.test('the health port answers, whoever else holds connections to it', async (t) => {
  const server = await smallServer(t)
  for (let index = 0; index < 3 * HEALTH_CONNECTIONS.unproven; index++) {
    const socket = connect({ host: '127.0.0.1', port: server.healthPort })
    t.teardown(() => socket.destroy())
    socket.on('error', () => {})
    await once(socket, 'connect')
    socket.write(index % 2 === 0 ? 'GET /rea' : '')
  }
  t.match(await server.health('/readyz'), '[+]tls ok')
  t.ok((await server.metric('holdfast_connections_closed_total{port="health",reason="displaced"}')) > 60)
})

t.test('the health port answers one request on a connection, whatever is sent in advance', async (t) => {
  const server = await smallServer(t)
  const socket = connect({ host: '127.0.0.1', port: server.healthPort })
  let received = ''
  socket.setEncoding('utf8').on('data', (chunk) => {
    received += chunk
  })
  socket.on('error', () => {})
  socket.write('GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(500))
  await once(socket, 'close')
  t.match(received, /^HTTP\/1\.1 200/)
  t.equal(received.match(/HTTP\/1\.1 /g)?.length, 1)
})
