import { once } from 'node:events'
import { createServer as createHttpsServer, type Server as HttpsServer } from 'node:https'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { connect as connectTls } from 'node:tls'
import t, { type Test } from 'tap'
import { type ClientConnection, type CloseReason, Connections } from '../../src/server/connections.ts'
import { testCertificates } from '../helpers/certificates.ts'

const BOUNDS = { unproven: 3, proven: 2 }

/** What happens, one step after the other: `open a`, `leave a`, `work a` (a review begins), `use a` (and ends), `prove a`. */
type Step = `${'open' | 'leave' | 'work' | 'use' | 'prove'} ${string}`

t.test('which connection makes room', async (t) => {
  const table: readonly (readonly [string, readonly Step[], readonly string[]])[] = [
    ['none while there is room', ['open a', 'open b', 'open c'], []],
    ['the oldest of those that were never used', ['open a', 'open b', 'open c', 'open d'], ['a displaced']],
    ['and then the next', ['open a', 'open b', 'open c', 'open d', 'open e'], ['a displaced', 'b displaced']],
    ['not one that was used since', ['open a', 'open b', 'open c', 'use a', 'open d'], ['b displaced']],
    ['not one at work', ['open a', 'open b', 'open c', 'work a', 'work b', 'open d'], ['c displaced']],
    [
      'the newcomer, where all others are at work',
      ['open a', 'open b', 'open c', 'work a', 'work b', 'work c', 'open d'],
      ['d refused']
    ],
    ['one that leaves by itself makes room too', ['open a', 'open b', 'open c', 'leave b', 'open d'], []],
    [
      'no number of newcomers closes a proven one',
      ['open a', 'prove a', 'open b', 'open c', 'open d', 'open e', 'open f'],
      ['b displaced', 'c displaced']
    ],
    [
      'a proven one makes room for another proven one',
      ['open a', 'prove a', 'open b', 'prove b', 'use a', 'open c', 'prove c'],
      ['b displaced']
    ],
    [
      'while all proven ones are at work, one more stays among the others',
      ['open a', 'open b', 'prove a', 'prove b', 'work a', 'work b', 'open c', 'prove c', 'open d', 'open e', 'open f'],
      ['c displaced']
    ],
    ['to prove oneself twice takes one place', ['open a', 'prove a', 'prove a', 'open b', 'prove b'], []]
  ]
  for (const [name, steps, expected] of table) t.strictSame(await play(steps), expected, name)
})

/** Plays the steps on a server of its own, and answers with who was closed and why. */
async function play(steps: readonly Step[]): Promise<string[]> {
  const closed: string[] = []
  const reasons: CloseReason[] = []
  const connections = new Connections(BOUNDS, { closed: (reason) => reasons.push(reason) })
  const server = createServer()
  connections.follow(server)
  const port = await listening(server)
  const [clients, served] = [new Map<string, Socket>(), new Map<string, ClientConnection>()]
  for (const step of steps) {
    const [verb, name = ''] = step.split(' ')
    const connection = served.get(name) as ClientConnection
    if (verb === 'open') {
      const [[raw], client] = await Promise.all([once(server, 'connection'), opened(port)])
      clients.set(name, client)
      served.set(name, connections.of(raw))
      raw.once('close', () => closed.push(name))
    } else if (verb === 'leave') {
      clients.get(name)?.destroy()
      await once(connection.raw, 'close')
      closed.splice(closed.indexOf(name), 1)
    } else if (verb === 'prove') connections.prove(connection)
    else {
      connections.begin(connection)
      if (verb === 'use') connections.end(connection)
    }
  }
  await sleep(10)
  const { unproven, proven } = connections.counts
  if (unproven > BOUNDS.unproven || proven > BOUNDS.proven) throw new Error(`${unproven} and ${proven} are left`)
  const result = closed.map((name, index) => `${name} ${reasons[index]}`)
  connections.destroy()
  for (const client of clients.values()) client.destroy()
  server.close()
  return result
}

t.test('who is known by a certificate counts as proven from the handshake on', async (t) => {
  const closed: CloseReason[] = []
  const { server, port, ca } = await tlsServer(t)
  const connections = new Connections(BOUNDS, {
    closed: (reason) => closed.push(reason),
    isKnown: ({ servername }) => servername === 'localhost'
  })
  connections.follow(server)
  const known = connectTls({ port, host: '127.0.0.1', ca, servername: 'localhost' })
  t.teardown(() => known.destroy())
  await Promise.all([once(known, 'secureConnect'), once(server, 'secureConnection')])
  t.strictSame(connections.counts, { unproven: 0, proven: 1 })
  for (let index = 0; index < 5; index++) {
    const stranger = connectTls({ port, host: '127.0.0.1', ca })
    t.teardown(() => stranger.destroy())
    await Promise.all([once(stranger, 'secureConnect'), once(server, 'secureConnection')])
  }
  t.strictSame(connections.counts, { unproven: 3, proven: 1 })
  t.strictSame(closed, ['displaced', 'displaced'])
  t.notOk(known.destroyed)
})

t.test('what takes too long is closed, and nothing that an API server does', async (t) => {
  const closed: CloseReason[] = []
  const { server, port, ca } = await tlsServer(t)
  const connections = new Connections({ unproven: 10, proven: 10 }, { closed: (reason) => closed.push(reason) })
  connections.follow(server)
  server.on('request', (request, response) => {
    connections.asked(request.socket)
    response.end('ok')
  })
  const secure = (): Promise<Socket> =>
    new Promise((resolve, reject) => {
      const socket = connectTls({ port, host: '127.0.0.1', ca }, () => resolve(socket))
      socket.on('error', reject)
      t.teardown(() => socket.destroy())
    })
  const silent = await opened(port)
  t.teardown(() => silent.destroy())
  const [unused, used, half, halfAgain] = await Promise.all([secure(), secure(), secure(), secure()])
  const ask = async (socket: Socket): Promise<void> => {
    socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n')
    await once(socket, 'data')
  }
  await ask(used)
  await ask(halfAgain)
  const start = performance.now()
  connections.sweep(start)
  half.write('POST /mut')
  halfAgain.write('POST /mutate HTTP/1.1\r\n')
  await sleep(50)

  const table: readonly (readonly [number, readonly CloseReason[]])[] = [
    [1_000, []],
    [9_000, []],
    [12_000, ['headers', 'headers']],
    [16_000, ['headers', 'headers', 'handshake']],
    [90_000, ['headers', 'headers', 'handshake']]
  ]
  for (const [after, reasons] of table) {
    connections.sweep(start + after)
    t.strictSame(closed, reasons, `after ${after / 1000} s`)
  }
  await Promise.all([silent, half, halfAgain].map((socket) => socket.destroyed || once(socket, 'close')))
  await Promise.all([ask(used), ask(unused)])
  t.pass('a connection that was not used for 90 s is there, asked before or not')
})

t.test('an answer that nobody reads is given up', async (t) => {
  const closed: CloseReason[] = []
  const connections = new Connections(BOUNDS, { closed: (reason) => closed.push(reason) })
  const server = createServer((socket) => socket.on('error', () => {}).write(Buffer.alloc(64 * 1024 * 1024)))
  connections.follow(server)
  const client = connect({ port: await listening(server), host: '127.0.0.1' }).pause()
  t.teardown(() => {
    client.destroy()
    server.close()
  })
  await once(server, 'connection')
  const start = performance.now()
  for (const [after, reasons] of [
    [0, []],
    [29_000, []],
    [31_000, ['unread']]
  ] as const) {
    connections.sweep(start + after)
    t.strictSame(closed, reasons, `after ${after / 1000} s`)
  }
})

async function tlsServer(t: Test): Promise<{ server: HttpsServer; port: number; ca: string }> {
  const { keyPair, ca } = await testCertificates()
  const server = createHttpsServer({ cert: keyPair.certificate, key: keyPair.privateKey })
  t.teardown(() => server.close())
  return { server, port: await listening(server), ca }
}

async function listening(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

async function opened(port: number): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1' })
  socket.on('error', () => {})
  await once(socket, 'connect')
  return socket
}
