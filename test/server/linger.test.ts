import { once } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { PassThrough } from 'node:stream'
import { mock } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { connect, type TLSSocket } from 'node:tls'
import t, { type Test } from 'tap'
import { LINGER_BYTES, LINGER_MS } from '../../src/server/limits.ts'
import { answerAndLinger } from '../../src/server/linger.ts'
import { testServer } from '../helpers/server.ts'

const MIB = 1024 * 1024

t.test('an answer that comes before the end of the body is read by who sends all of it first', async (t) => {
  const server = await testServer()
  t.teardown(() => server.drain(0))
  const json = 'application/json'
  const table: readonly (readonly [string, string, string, number, number, string])[] = [
    ['too large', '/mutate', json, 11 * MIB, 413, 'REVIEW_TOO_LARGE'],
    ['another path', '/elsewhere', json, 6 * MIB, 404, 'PATH_UNKNOWN'],
    ['a path that nobody can read', '/%zz', json, 6 * MIB, 404, 'PATH_UNKNOWN'],
    ['another type', '/mutate', 'application/yaml', 6 * MIB, 415, 'REVIEW_WRONG_TYPE']
  ]
  for (const [name, path, type, length, status, code] of table) {
    const { head, text } = await sendAll(t, server.port, path, type, length)
    t.match(head, `HTTP/1.1 ${status} `, name)
    t.match(head, /connection: close/i)
    t.match(text, `[${code}]`)
  }
  // It announces all that there is for unproven connections, and sends nothing of it.
  const holder = await open(t, server.port)
  holder.write(`POST /mutate HTTP/1.1\r\nHost: x\r\nContent-Type: ${json}\r\nContent-Length: ${10 * MIB}\r\n\r\n`)
  const { head, text } = await sendAll(t, server.port, '/mutate', json, 6 * MIB)
  t.match(head, 'HTTP/1.1 503 ', 'no room')
  t.match(head, /retry-after: 1\r\n/i)
  t.match(text, '[OVERLOADED]')
})

async function open(t: Test, port: number): Promise<TLSSocket> {
  const socket = connect({ host: '127.0.0.1', port, rejectUnauthorized: false })
  t.teardown(() => socket.destroy())
  await once(socket, 'secureConnect')
  return socket
}

/** Sends all of a body, and reads what was answered only then. */
async function sendAll(
  t: Test,
  port: number,
  path: string,
  type: string,
  length: number
): Promise<{ head: string; text: string }> {
  const socket = await open(t, port)
  const head = `POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Type: ${type}\r\nContent-Length: ${length}\r\n\r\n`
  let received = ''
  socket.on('error', (error) => {
    received ||= `${error.message}\r\n\r\n`
  })
  const closed = once(socket, 'close')
  await new Promise((resolve) => socket.write(head + ' '.repeat(length), resolve))
  socket.setEncoding('utf8').on('data', (chunk) => {
    received += chunk
  })
  await closed
  const [answer = '', text = ''] = received.split('\r\n\r\n')
  return { head: `${answer}\r\n`, text }
}

t.test('nobody is waited for without an end', async (t) => {
  mock.timers.enable({ apis: ['setTimeout'] })
  t.teardown(() => mock.timers.reset())
  const table: readonly (readonly [string, (request: PassThrough) => Promise<unknown> | undefined, boolean])[] = [
    ['the body has more to come', async (request) => request.write('x'), false],
    ['it is complete', async (request) => request.end('x'), true],
    ['its client has gone', async (request) => request.destroy(), true],
    ['it has more than it may', (request) => flood(request, LINGER_BYTES + 1), true],
    ['it has as much as it may', (request) => flood(request, LINGER_BYTES), false],
    ['nothing comes any more', async () => mock.timers.tick(LINGER_MS), true]
  ]
  for (const [name, happen, closed] of table) {
    const [request, response] = [new PassThrough(), new PassThrough()]
    const answer = { status: 503, text: 'no', headers: {} }
    Object.assign(response, { writeHead: () => {} })
    answerAndLinger(request as unknown as IncomingMessage, response as unknown as ServerResponse, answer)
    t.equal(String(response.read()), 'no', `${name}: it is answered at once`)
    await happen(request)
    await turn()
    t.equal(response.writableEnded, closed, name)
    request.destroy()
  }
})

async function flood(request: PassThrough, bytes: number): Promise<void> {
  for (let sent = 0; sent < bytes; sent += MIB) {
    request.write(Buffer.alloc(Math.min(MIB, bytes - sent)))
    await turn()
  }
}
