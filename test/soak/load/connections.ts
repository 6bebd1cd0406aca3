import { connect, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { connect as connectTls } from 'node:tls'
import type { Generation, Instance } from '../instance.ts'
import { count, excuseFor, type World } from '../world.ts'

/** What an intruder does on a connection before it waits. */
export type Manner = 'silent' | 'half a handshake' | 'idle' | 'half a head' | 'half a body' | 'reads nothing'

const MANNERS: readonly Manner[] = ['silent', 'half a handshake', 'idle', 'half a head', 'half a body', 'reads nothing']

/** The first bytes of a ClientHello, which announce more than come. */
const HALF_HELLO = Buffer.from('16030102000100', 'hex')

const HEAD = 'POST /mutate HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 5000\r\n\r\n'
const REQUESTS = 'POST /mutate HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}'
const PIPELINED = 50

/** Opens connections and leaves them half-way. Each stays up to 40 s, longer than the server has patience for it. */
export async function intruder(world: World, pauseMs: number): Promise<void> {
  while (world.isRunning()) {
    const instance = world.random.pick(world.instances)
    const stay = world.random.chance(0.3) ? 40_000 : 20_000 * world.random.next()
    void intrude(world, instance, world.random.pick(MANNERS), stay)
    await sleep(pauseMs * (0.5 + world.random.next()))
  }
}

/** Resolves when the connection is closed, whoever closed it. */
export function intrude(world: World, instance: Instance, manner: Manner, stayMs: number): Promise<void> {
  const generation = instance.current
  if (!generation?.serving) return Promise.resolve()
  count(world, 'intruders')
  return new Promise((resolve) => {
    const began = performance.now()
    const isPlain = manner === 'silent' || manner === 'half a handshake'
    const options = { host: '127.0.0.1', port: instance.port, ca: world.certificates.ca }
    const socket: Socket = isPlain
      ? connect(options, () => act(socket, manner))
      : connectTls(options, () => act(socket, manner))
    const conduct = { left: false, refused: false }
    if (manner !== 'reads nothing') socket.on('data', (text) => note(generation, String(text), manner, conduct))
    socket.on('error', () => {})
    const leave = (): void => {
      conduct.left = true
      socket.destroy()
    }
    const timer = setTimeout(leave, stayMs)
    const stop = setInterval(() => world.isRunning() || leave(), 500)
    socket.once('close', () => {
      clearTimeout(timer)
      clearInterval(stop)
      finish(generation, manner, conduct, excuseFor(instance, began))
      resolve()
    })
  })
}

interface Conduct {
  left: boolean
  refused: boolean
}

function act(socket: Socket, manner: Manner): void {
  if (manner === 'half a handshake') socket.write(HALF_HELLO)
  if (manner === 'half a head') socket.write(HEAD.slice(0, 40))
  if (manner === 'half a body') socket.write(`${HEAD}{"kind":`)
  if (manner === 'reads nothing') {
    socket.pause()
    socket.write(REQUESTS.repeat(PIPELINED))
  }
}

function note({ tally }: Generation, text: string, manner: Manner, conduct: Conduct): void {
  const status = /^HTTP\/1\.1 (\d+)/.exec(text)?.[1]
  if (status === undefined || manner !== 'half a body' || conduct.refused) return
  conduct.refused = true
  tally.see(status === '503' ? 'OVERLOADED' : 'REVIEW_INCOMPLETE')
}

function finish(generation: Generation, manner: Manner, conduct: Conduct, excuse: string | undefined): void {
  const { tally } = generation
  if (manner === 'half a body' && !conduct.refused) tally.begin('REVIEW_INCOMPLETE')
  if (manner === 'reads nothing') for (let request = 0; request < PIPELINED; request++) tally.begin('REVIEW_MALFORMED')
  const isUncounted = conduct.left || conduct.refused || !generation.serving || excuse !== undefined
  if (!isUncounted) tally.see('closed')
}
