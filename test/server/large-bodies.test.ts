import { EventEmitter } from 'node:events'
import t from 'tap'
import { largeBodies } from '../../src/server/large-bodies.ts'

const MIB = 1024 * 1024

t.test('large reviews wait for room, small ones never', async (t) => {
  const check = largeBodies(4 * MIB)
  const enter = (length: number | undefined): EventEmitter & { retryAfter?: string } => {
    const response = Object.assign(new EventEmitter(), {
      setHeader(_name: string, value: string) {
        response.retryAfter = value
      }
    }) as EventEmitter & { retryAfter?: string }
    const headers = length === undefined ? {} : { 'content-length': String(length) }
    check({ headers } as never, response as never)
    return response
  }
  const first = enter(3 * MIB)
  t.throws(() => enter(2 * MIB), { code: 'OVERLOADED', statusCode: 503 })
  enter(MIB - 1)
  t.pass('a small one finds its way')
  const unknown = enter(undefined)
  t.throws(() => enter(MIB), { code: 'OVERLOADED' }, 'a body of unknown length counts')
  unknown.emit('close')
  first.emit('close')
  const alone = enter(9 * MIB)
  t.pass('one that is too large for the room goes alone: the limit for one is elsewhere')
  t.throws(() => enter(MIB), { code: 'OVERLOADED' })
  alone.emit('close')
  enter(4 * MIB)
})

t.test('a refused one is told to come again', async (t) => {
  const check = largeBodies(MIB)
  const headers = new Map<string, string>()
  const response = Object.assign(new EventEmitter(), {
    setHeader: (name: string, value: string) => headers.set(name, value)
  })
  check({ headers: { 'content-length': String(MIB) } } as never, response as never)
  t.throws(() => check({ headers: { 'content-length': String(MIB) } } as never, response as never))
  t.equal(headers.get('retry-after'), '1')
})
