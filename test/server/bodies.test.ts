import type { IncomingMessage } from 'node:http'
import { Socket } from 'node:net'
import { PassThrough } from 'node:stream'
import { setImmediate as turn } from 'node:timers/promises'
import t from 'tap'
import { Bodies } from '../../src/server/bodies.ts'
import { Connections } from '../../src/server/connections.ts'
import { LARGEST_BODY, SHARE_OF_A_REVIEW } from '../../src/server/limits.ts'

const MIB = 1024 * 1024

interface Sent {
  readonly request: PassThrough
  /** What it ended with: its text, or the code of an error. undefined while it is under way. */
  outcome: string | undefined
}

/** Bodies with room for 4 reviews and 8 MiB, of which an unproven connection gets half. */
function room(): { bodies: Bodies; send(length: number | 'chunked', proven?: boolean): Sent } {
  const connections = new Connections({ unproven: 100, proven: 100 }, { closed() {} })
  const bodies = new Bodies(connections, { reviews: 4, room: 8 * MIB })
  return {
    bodies,
    send(length, proven = false) {
      const socket = new Socket()
      if (proven) connections.prove(connections.of(socket))
      const headers = length === 'chunked' ? { 'transfer-encoding': length } : { 'content-length': String(length) }
      const request = Object.assign(new PassThrough(), { headers, socket })
      // As a request does: an error that nobody listens to is none.
      request.on('error', () => {})
      const sent: Sent = { request, outcome: undefined }
      bodies.read(request as unknown as IncomingMessage, (error, text) => {
        sent.outcome = error === null ? text : (error as { code?: string }).code
      })
      return sent
    }
  }
}

t.test('a body arrives as it was sent, in whatever pieces', async (t) => {
  const { send } = room()
  const text = `${'{"a":"ß😀\u0000"}'.repeat(3000)}`
  const bytes = Buffer.from(text)
  for (const [name, size] of [
    ['in one piece', bytes.length],
    ['in two', 20_000],
    ['in pieces that cut characters', 7],
    ['byte by byte', 1]
  ] as const) {
    for (const length of [bytes.length, 'chunked'] as const) {
      const sent = send(length)
      for (let at = 0; at < bytes.length; at += size) sent.request.write(bytes.subarray(at, at + size))
      sent.request.end()
      while (sent.outcome === undefined) await turn()
      t.ok(sent.outcome === text, `${name}, ${length === 'chunked' ? 'chunked' : 'announced'}`)
    }
  }
  const empty = send(0)
  empty.request.end()
  while (empty.outcome === undefined) await turn()
  t.equal(empty.outcome, '')
})

t.test('who finds room', async (t) => {
  const { send } = room()
  const held = [send(3 * MIB)]
  t.equal(send(2 * MIB).outcome, 'OVERLOADED', 'two do not fit together, though nothing of them is here yet')
  held.push(send(SHARE_OF_A_REVIEW))
  t.equal(held[1]?.outcome, undefined, 'a small one has its share')
  t.equal(send(1000).outcome, 'OVERLOADED', 'a third review at once is one too many')
  held.push(send(2 * MIB, true))
  t.equal(held[2]?.outcome, undefined, 'unless its connection is proven')
  t.equal(send(4 * MIB, true).outcome, 'OVERLOADED', 'for which there is a bound too')
  held.push(send(100, true))
  t.equal(send(100, true).outcome, 'OVERLOADED', 'as for their number')

  held[0]?.request.destroy(new Error('gone'))
  await turn()
  t.equal(held[0]?.outcome, 'REVIEW_INCOMPLETE')
  held[1]?.request.end('x')
  await turn()
  const after = send(4 * MIB, true)
  t.equal(after.outcome, undefined, 'the room of one that went away, and of one that was answered, is free again')
})

t.test('one bound does not act for the other', async (t) => {
  const { send } = room()
  send(6 * MIB, true)
  t.equal(send(1000).outcome, undefined, 'a small review needs no room, however little is left')
  const growing = send('chunked', true)
  send(1000, true)
  growing.request.write(Buffer.alloc(MIB))
  await turn()
  t.equal(growing.outcome, undefined, 'a body that grows is no further review, however many there are')
})

t.test('all that is given comes back', async (t) => {
  const { bodies, send } = room()
  for (let round = 0; round < 3; round++) {
    const [aborted, answered, endless] = [send(MIB), send('chunked'), send(MIB, true)]
    aborted.request.write('x')
    aborted.request.destroy(new Error('gone'))
    answered.request.end(Buffer.alloc(1_000_000, 'x'))
    t.equal(send(LARGEST_BODY + 1).outcome, 'REVIEW_TOO_LARGE')
    while (answered.outcome === undefined) await turn()
    t.equal(answered.outcome.length, 1_000_000)
    bodies.sweep(performance.now() + 29_000)
    t.equal(endless.outcome, undefined, 'somebody may still wait for it')
    bodies.sweep(performance.now() + 31_000)
    t.equal(endless.outcome, 'REVIEW_INCOMPLETE')
  }
  const all = [send(4 * MIB + SHARE_OF_A_REVIEW), send(0), send(4 * MIB + SHARE_OF_A_REVIEW, true), send(0, true)]
  t.strictSame(
    all.map(({ outcome }) => outcome),
    [undefined, undefined, undefined, undefined],
    'not a byte of the room and no place is missing'
  )
})

t.test('what a body does not announce counts as it comes', async (t) => {
  const { send } = room()
  const first = send('chunked')
  first.request.write(Buffer.alloc(3 * MIB))
  await turn()
  const second = send('chunked')
  second.request.write(Buffer.alloc(10_000))
  await turn()
  t.equal(second.outcome, undefined, 'its share is free')
  second.request.write(Buffer.alloc(MIB))
  await turn()
  t.equal(second.outcome, 'OVERLOADED', 'it is the one that came later that has to go')
  t.equal(first.outcome, undefined)

  const endless = send('chunked', true)
  for (let sent = 0; endless.outcome === undefined && sent < 20; sent++) {
    endless.request.write(Buffer.alloc(MIB))
    await turn()
  }
  t.match(endless.outcome, /OVERLOADED|REVIEW_TOO_LARGE/)
})

t.test('a body that stalls gives way, and only where room is needed', async (t) => {
  let clock = performance.now()
  t.intercept(performance, 'now', { value: () => clock })
  const { send } = room()
  const [stalled, other] = [send(3 * MIB), send(1000)]
  clock += 800
  t.equal(send(1000).outcome, 'OVERLOADED', 'after 0.8 s it may still be coming')
  stalled.request.write(Buffer.alloc(MIB))
  await turn()
  clock += 800
  t.equal(send(2 * MIB).outcome, 'OVERLOADED', 'and so it does')
  t.strictSame([stalled.outcome, other.outcome], [undefined, 'OVERLOADED'], 'of the other, nothing came in 1.6 s')
  clock += 300
  t.equal(send(2 * MIB).outcome, undefined)
  t.equal(stalled.outcome, 'OVERLOADED', 'nor of the first in the last 1.1 s; it may be sent again')
})

t.test('a body that comes in drops stalls as well', async (t) => {
  let clock = performance.now()
  t.intercept(performance, 'now', { value: () => clock })
  const { send } = room()
  const [drops, steady] = [send(2 * MIB), send(2 * MIB)]
  for (let second = 0; second < 10; second++) {
    clock += 900
    drops.request.write('x')
    steady.request.write(Buffer.alloc(100_000))
    await turn()
  }
  t.equal(send(2 * MIB, true).outcome, undefined)
  t.equal(send(4 * MIB, true).outcome, undefined)
  t.strictSame([drops.outcome, steady.outcome], ['OVERLOADED', undefined])
})
