import { connect, type TLSSocket } from 'node:tls'

/** Sends the same review over and over, on connections that are kept, from this machine to this machine. */
export interface Load {
  /** Sends `count` requests, spread over the connections, and waits for all answers. */
  send(count: number): Promise<void>
  close(): void
}

const HEADER_END = Buffer.from('\r\n\r\n')

/** @param body the review; one request is rendered once, so that the client costs little beside the server */
export async function openLoad(port: number, connections: number, body: string): Promise<Load> {
  const head =
    'POST /mutate?timeout=5s HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nAccept: application/json, */*\r\n' +
    `User-Agent: kube-apiserver-admission\r\nAccept-Encoding: gzip\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n`
  const request = Buffer.from(head + body)
  const sockets = await Promise.all(Array.from({ length: connections }, () => open(port)))
  return {
    async send(count) {
      const share = Math.ceil(count / connections)
      // To wake a client that sleeps is counted to the server that wakes it, and more often to the slower one.
      let isSending = true
      const stayAwake = (): unknown => isSending && setImmediate(stayAwake)
      stayAwake()
      try {
        await Promise.all(sockets.map((socket) => exchange(socket, request, share)))
      } finally {
        isSending = false
      }
    },
    close() {
      for (const socket of sockets) socket.destroy()
    }
  }
}

function open(port: number): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port, rejectUnauthorized: false }, () => resolve(socket))
    socket.once('error', reject)
  })
}

/** One request after the other on one connection, as the API server does it. */
function exchange(socket: TLSSocket, request: Buffer, count: number): Promise<void> {
  return new Promise((resolve, reject) => {
    let left = count
    let received: Buffer = Buffer.alloc(0)
    const onData = (chunk: Buffer): void => {
      received = received.length === 0 ? chunk : Buffer.concat([received, chunk])
      const end = responseEnd(received)
      if (end === undefined || received.length < end) return
      if (!received.subarray(0, 15).includes(' 200')) {
        finish(new Error(received.toString()))
        return
      }
      received = received.subarray(end)
      left--
      if (left === 0) finish()
      else socket.write(request)
    }
    const onClose = (): void => finish(new Error('the server closed the connection'))
    const finish = (error?: Error): void => {
      socket.off('data', onData).off('close', onClose)
      if (error) reject(error)
      else resolve()
    }
    socket.on('data', onData).on('close', onClose)
    socket.write(request)
  })
}

function responseEnd(received: Buffer): number | undefined {
  const headerEnd = received.indexOf(HEADER_END)
  if (headerEnd < 0) return undefined
  const head = received.toString('latin1', 0, headerEnd)
  const length = /content-length: (\d+)/i.exec(head)?.[1]
  // `\r\n0\r\n\r\n` ends a chunked answer, of which the baseline and Holdfast send none.
  return headerEnd + 4 + Number(length ?? 0)
}
