import { connect, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'

/**
 * Opens many connections to a server of this machine and does one thing on each, as somebody would who means no good.
 * Is told `open`, `fire` and `leave` by its parent, and says when it is done. Ends with its parent.
 */
export type Intrusion = 'silent' | 'idle' | 'headers' | 'half' | 'chunked' | 'burst'

const [intrusion = 'idle', port = '0', count = '0', bytes = '0'] = process.argv.slice(2)

/** Handshakes at once, which is what one process of a client gets done without keeping itself waiting. */
const AT_ONCE = 100
const FIRE_MS = 3000

const sockets: Socket[] = []
const filling = Buffer.alloc(Number(bytes), ' ')

function say(socket: Socket): void {
  if (intrusion === 'headers') socket.write('POST /mutate HTTP/1.1\r\nHost')
  if (intrusion === 'half') {
    socket.write(head(`Content-Length: ${filling.length + 1}`))
    socket.write(filling)
  }
  if (intrusion === 'chunked') {
    socket.write(`${head('Transfer-Encoding: chunked')}${(filling.length + 1).toString(16)}\r\n`)
    socket.write(filling)
  }
}

function head(body: string): string {
  return `POST /mutate HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n${body}\r\n\r\n`
}

function open(): Promise<void> {
  return new Promise((resolve) => {
    const options = { host: '127.0.0.1', port: Number(port), rejectUnauthorized: false }
    const ready = (): void => {
      say(socket)
      resolve()
    }
    const socket = intrusion === 'silent' ? connect(options, ready) : connectTls(options, ready)
    socket.on('error', () => {}).on('close', () => resolve())
    socket.resume()
    sockets.push(socket)
  })
}

async function openAll(): Promise<void> {
  for (let left = Number(count); left > 0; left -= AT_ONCE) {
    await Promise.all(Array.from({ length: Math.min(left, AT_ONCE) }, open))
  }
}

process.on('message', async (message: 'open' | 'leave' | { readonly fire: string }) => {
  if (message === 'open') await openAll()
  else if (message === 'leave') for (const socket of sockets) socket.destroy()
  else {
    const review = head(`Content-Length: ${Buffer.byteLength(message.fire)}`) + message.fire
    for (const socket of sockets) if (!socket.destroyed) socket.write(review)
    await new Promise((resolve) => setTimeout(resolve, FIRE_MS))
  }
  process.send?.('done')
})
process.on('disconnect', () => process.exit())
