import type { Server, Socket } from 'node:net'
import { type TLSSocket, Server as TlsServer } from 'node:tls'
import { type ConnectionBounds, HANDSHAKE_MS, HEADERS_MS, UNREAD_MS } from './limits.ts'

/**
 * Why we closed a connection: `refused`, because all others were at work; `displaced`, to make room for a new one; or
 * because a handshake, the headers of a request or the reading of an answer took too long.
 */
export const CLOSE_REASONS = ['refused', 'displaced', 'handshake', 'headers', 'unread'] as const
export type CloseReason = (typeof CLOSE_REASONS)[number]

export const PORTS = ['https', 'health'] as const
export type PortName = (typeof PORTS)[number]

export interface ConnectionCounts {
  readonly unproven: number
  readonly proven: number
}

/** One TCP connection, as the bounds see it. */
export class ClientConnection {
  /** The TCP connection itself, with which everything on it ends. */
  readonly raw: Socket
  readonly opened: number
  /** What HTTP is spoken on. undefined until the handshake is through. */
  socket: Socket | undefined
  /** Whether a review was answered on it, or its client is known by its certificate. */
  proven = false
  /** Reviews on it that are not answered yet. With one, it is never closed to make room. */
  inWork = 0
  /** Requests that came on it. */
  requests = 0
  /** Counts up over all connections: the lowest was used the longest time ago. */
  used = 0
  /** The rest of a refused body is on its way. */
  lingering = false

  #requestsSeen = 0
  #bytesSeen = 0
  #headersSince: number | undefined
  #unreadSince: number | undefined

  constructor(raw: Socket, opened: number) {
    this.raw = raw
    this.opened = opened
  }

  /** What has taken too long on it, if anything. Called about once a second. */
  overdue(now: number): CloseReason | undefined {
    const { socket } = this
    if (socket === undefined) return now - this.opened > HANDSHAKE_MS ? 'handshake' : undefined
    this.#unreadSince = socket.writableLength === 0 ? undefined : (this.#unreadSince ?? now)
    if (this.#unreadSince !== undefined && now - this.#unreadSince > UNREAD_MS) return 'unread'
    this.#headersSince = this.#hasHalfOfSomething(socket) ? (this.#headersSince ?? now) : undefined
    return this.#headersSince !== undefined && now - this.#headersSince > HEADERS_MS ? 'headers' : undefined
  }

  /** Whether bytes have come that are no request yet. Asked for from outside: to listen would slow the HTTP parser. */
  #hasHalfOfSomething(socket: Socket): boolean {
    const { bytesRead } = socket
    if (this.inWork > 0 || this.lingering || this.requests !== this.#requestsSeen) {
      this.#requestsSeen = this.requests
      this.#bytesSeen = bytesRead
    }
    return bytesRead > this.#bytesSeen
  }
}

export interface ConnectionEvents {
  /** Called for each connection that we close before its time. */
  closed(reason: CloseReason): void
  /** Whether the client of a new connection is known by its certificate. */
  isKnown?(socket: TLSSocket): boolean
}

/**
 * The connections of one server, which are bounded: each takes memory and a file descriptor. A newcomer always gets in
 * while there is one on which nobody waits for an answer: the one that was used the longest time ago is closed.
 *
 * Those that have proven to come from an API server are counted apart, so that no number of others closes them.
 */
export class Connections {
  readonly #bounds: ConnectionBounds
  readonly #events: ConnectionEvents
  readonly #unproven = new Set<ClientConnection>()
  readonly #proven = new Set<ClientConnection>()
  readonly #bySocket = new WeakMap<Socket, ClientConnection>()
  readonly #byPeer = new Map<string, ClientConnection>()
  #uses = 0

  constructor(bounds: ConnectionBounds, events: ConnectionEvents) {
    this.#bounds = bounds
    this.#events = events
  }

  get counts(): ConnectionCounts {
    return { unproven: this.#unproven.size, proven: this.#proven.size }
  }

  get isAny(): boolean {
    return this.#unproven.size + this.#proven.size > 0
  }

  /** Bounds the connections of a server that is not listening yet. */
  follow(server: Server): void {
    const isTls = server instanceof TlsServer
    server.on('connection', (raw: Socket) => this.#enter(raw, isTls))
    server.on('secureConnection', (socket: TLSSocket) => this.#secured(socket))
  }

  /** The connection that HTTP is spoken on here. */
  of(socket: Socket): ClientConnection {
    return this.#bySocket.get(socket) ?? this.#enter(socket, false)
  }

  /** A request came, of which the headers are complete. */
  asked(socket: Socket): ClientConnection {
    const connection = this.of(socket)
    connection.requests++
    return connection
  }

  /** A review begins on the connection. Until it ends, the connection stays. */
  begin(connection: ClientConnection): void {
    connection.inWork++
  }

  end(connection: ClientConnection): void {
    connection.inWork--
    connection.used = ++this.#uses
  }

  /** A review was answered on the connection: it counts as one of the API server. */
  prove(connection: ClientConnection): void {
    if (connection.proven || !this.#unproven.has(connection)) return
    if (this.#proven.size >= this.#bounds.proven) {
      const other = longestUnused(this.#proven)
      // Everybody is at work: it stays among the others, and may prove itself again with its next review.
      if (other === undefined) return
      this.#close(other, 'displaced')
    }
    this.#unproven.delete(connection)
    this.#proven.add(connection)
    connection.proven = true
  }

  /** Closes what has taken too long. */
  sweep(now: number): void {
    for (const connections of [this.#unproven, this.#proven]) {
      for (const connection of connections) {
        const reason = connection.overdue(now)
        if (reason !== undefined) this.#close(connection, reason)
      }
    }
  }

  /** Closes all of them, whatever is under way. */
  destroy(): void {
    for (const connections of [this.#unproven, this.#proven]) {
      for (const { raw } of connections) raw.destroy()
    }
  }

  #enter(raw: Socket, isTls: boolean): ClientConnection {
    const connection = new ClientConnection(raw, performance.now())
    connection.used = ++this.#uses
    this.#unproven.add(connection)
    if (isTls) this.#byPeer.set(peerOf(raw), connection)
    else this.#talk(connection, raw)
    const peer = isTls ? peerOf(raw) : undefined
    raw.once('close', () => {
      this.#forget(connection)
      if (peer !== undefined && this.#byPeer.get(peer) === connection) this.#byPeer.delete(peer)
    })
    if (this.#unproven.size > this.#bounds.unproven) {
      const other = longestUnused(this.#unproven, connection)
      if (other === undefined) this.#close(connection, 'refused')
      else this.#close(other, 'displaced')
    }
    return connection
  }

  /** TLS makes a socket of its own for each connection, and says nothing of the one below. */
  #secured(socket: TLSSocket): void {
    const connection = this.#byPeer.get(peerOf(socket))
    // The one below is gone already.
    if (connection === undefined) {
      socket.destroy()
      return
    }
    connection.used = ++this.#uses
    this.#talk(connection, socket)
    if (this.#events.isKnown?.(socket)) this.prove(connection)
  }

  #talk(connection: ClientConnection, socket: Socket): void {
    connection.socket = socket
    this.#bySocket.set(socket, connection)
  }

  #close(connection: ClientConnection, reason: CloseReason): void {
    // Counted out now: the event comes later, and the next newcomer may come before.
    this.#forget(connection)
    connection.raw.destroy()
    this.#events.closed(reason)
  }

  #forget(connection: ClientConnection): void {
    this.#unproven.delete(connection)
    this.#proven.delete(connection)
  }
}

function longestUnused(
  connections: ReadonlySet<ClientConnection>,
  except?: ClientConnection
): ClientConnection | undefined {
  let found: ClientConnection | undefined
  for (const connection of connections) {
    if (connection.inWork > 0 || connection === except) continue
    if (found === undefined || connection.used < found.used) found = connection
  }
  return found
}

function peerOf({ remoteAddress, remotePort, localAddress }: Socket): string {
  return `${remoteAddress} ${remotePort} ${localAddress}`
}
