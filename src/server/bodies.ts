import type { IncomingMessage } from 'node:http'
import { HoldfastError } from '../errors.ts'
import type { ClientConnection, Connections } from './connections.ts'
import { holdsMoreThan } from './json-values.ts'
import {
  BODY_MS,
  type BodyBounds,
  LARGEST_BODY,
  MOST_VALUES,
  SHARE_OF_A_REVIEW,
  SLOWEST_BODY,
  STALLED_MS
} from './limits.ts'

type Done = (error: Error | null, text?: string) => void

/**
 * Reads the bodies of reviews, and bounds how many there are at once and how much memory they take together. What a
 * body announces is counted before its first byte, and what it does not announce as it comes, until it is answered. One
 * that finds no room is refused with OVERLOADED. Half of the room is for proven connections.
 */
export class Bodies {
  readonly #connections: Connections
  readonly #bounds: BodyBounds
  /**
   * In the order in which they began. No Set: V8 gives a Set that shrinks new tables, and chains the old ones to them, so
   * that garbage of the young generation becomes garbage of the old one.
   */
  readonly #pending: PendingBody[] = []
  #held = 0

  constructor(connections: Connections, bounds: BodyBounds) {
    this.#connections = connections
    this.#bounds = bounds
  }

  /** Reads one body and calls `done` once, which answers. What the body takes is given back when `done` returns. */
  read(request: IncomingMessage, done: Done): void {
    let body: PendingBody
    try {
      body = this.#admit(request)
    } catch (error) {
      done(error as HoldfastError)
      return
    }
    const finish = (error: Error | null, text?: string): void => {
      request.off('data', onData).off('end', onEnd).off('error', onError)
      try {
        done(error, text)
      } finally {
        this.#leave(body)
      }
    }
    const onData = (chunk: Buffer): void => {
      try {
        this.#hold(body, body.capacityWith(chunk.length))
        body.add(chunk)
      } catch (error) {
        finish(error as HoldfastError)
      }
    }
    const onEnd = (): void => {
      let text: string
      try {
        text = body.takeText()
      } catch (error) {
        finish(error as HoldfastError)
        return
      }
      finish(null, text)
    }
    const onError = (cause: Error): void =>
      finish(new HoldfastError('REVIEW_INCOMPLETE', 'The connection ended', { cause }))
    body.giveUp = finish
    request.on('data', onData).on('end', onEnd).on('error', onError)
  }

  /** Gives up on bodies that nobody can be waiting for any more. */
  sweep(now: number): void {
    for (const body of [...this.#pending]) {
      if (now - body.since <= BODY_MS) return
      body.giveUp(new HoldfastError('REVIEW_INCOMPLETE', `The body was not complete after ${BODY_MS / 1000} s`))
    }
  }

  #admit(request: IncomingMessage): PendingBody {
    const announced = announcedLength(request)
    if (announced !== undefined) assertNotTooLarge(announced)
    const body = new PendingBody(this.#connections.of(request.socket), announced, performance.now())
    const held = beyondShare(announced ?? 0)
    this.#makeRoom(body, held, 1, body.since)
    body.held = held
    this.#held += held
    this.#pending.push(body)
    this.#connections.begin(body.connection)
    return body
  }

  #leave(body: PendingBody): void {
    const at = this.#pending.indexOf(body)
    if (at >= 0) this.#pending.splice(at, 1)
    this.#held -= body.held
    this.#connections.end(body.connection)
  }

  #hold(body: PendingBody, capacity: number): void {
    const more = beyondShare(capacity) - body.held
    if (more <= 0) return
    this.#makeRoom(body, more, 0, performance.now())
    body.held += more
    this.#held += more
  }

  /** Sees that there is room for so many bytes and reviews more, if need be where bodies that stall give way. */
  #makeRoom(newcomer: PendingBody, bytes: number, reviews: number, now: number): void {
    const part = newcomer.connection.proven ? 1 : 0.5
    // Who asks for none of either is not refused because others have a lot of it.
    const fits = (): boolean =>
      (bytes === 0 || this.#held + bytes <= part * this.#bounds.room) &&
      (reviews === 0 || this.#pending.length + reviews <= part * this.#bounds.reviews)
    if (fits()) return
    for (const body of [...this.#pending]) {
      if (body === newcomer || !body.stalls(now)) continue
      body.giveUp(new HoldfastError('OVERLOADED', 'The body stalled, and others needed its room'))
      if (fits()) return
    }
    throw new HoldfastError('OVERLOADED', `${this.#pending.length} reviews are under way, with ${this.#held} bytes`)
  }
}

/** The body of one review, from its announcement until it is answered. */
class PendingBody {
  readonly connection: ClientConnection
  /** When it began, as `performance.now` tells. */
  readonly since: number
  /** Bytes that it was given beyond its share. */
  held = 0
  giveUp: (error: HoldfastError) => void = () => {}

  readonly #announced: number | undefined
  #bytes: Buffer | undefined
  #size = 0
  #progressed: number

  constructor(connection: ClientConnection, announced: number | undefined, since: number) {
    this.connection = connection
    this.#announced = announced
    this.since = since
    this.#progressed = since
  }

  /** Whether it does not come as the body of a client that has it. */
  stalls(now: number): boolean {
    const seconds = (now - this.since - STALLED_MS) / 1000
    return now - this.#progressed > STALLED_MS || this.#size < seconds * SLOWEST_BODY
  }

  /**
   * The memory that it takes with so many bytes more.
   *
   * @throws HoldfastError REVIEW_TOO_LARGE
   */
  capacityWith(more: number): number {
    const size = this.#size + more
    assertNotTooLarge(size)
    if (this.#announced !== undefined) return this.#announced
    // Twice as much each time, so that a body of unknown length is not copied for each of its pieces.
    return Math.min(LARGEST_BODY, Math.max(SHARE_OF_A_REVIEW, 2 ** Math.ceil(Math.log2(size))))
  }

  /** Copies a piece: kept as it came, each of the smallest ones would take a hundred times its length. */
  add(piece: Buffer): void {
    // Nearly every body comes in one.
    if (piece.length === this.#announced) {
      this.#bytes = piece
    } else {
      this.#bytes = this.#withRoomFor(piece.length)
      piece.copy(this.#bytes, this.#size)
      this.#progressed = performance.now()
    }
    this.#size += piece.length
  }

  /**
   * Its text; the bytes are let go before that is parsed.
   *
   * @throws HoldfastError REVIEW_TOO_LARGE
   */
  takeText(): string {
    const bytes = this.#bytes?.subarray(0, this.#size)
    this.#bytes = undefined
    if (bytes === undefined) return ''
    if (!holdsMoreThan(MOST_VALUES, bytes)) return bytes.toString('utf8')
    throw new HoldfastError('REVIEW_TOO_LARGE', `The body holds more than ${MOST_VALUES} objects, lists and members`)
  }

  #withRoomFor(more: number): Buffer {
    if (this.#bytes !== undefined && this.#size + more <= this.#bytes.length) return this.#bytes
    const larger = Buffer.allocUnsafeSlow(this.capacityWith(more))
    this.#bytes?.copy(larger, 0, 0, this.#size)
    return larger
  }
}

/** Bytes, or undefined for a body that comes in chunks. */
function announcedLength({ headers }: IncomingMessage): number | undefined {
  const length = headers['content-length']
  if (length !== undefined) return Number(length)
  return headers['transfer-encoding'] === undefined ? 0 : undefined
}

function beyondShare(bytes: number): number {
  return Math.max(0, bytes - SHARE_OF_A_REVIEW)
}

function assertNotTooLarge(bytes: number): void {
  if (bytes <= LARGEST_BODY) return
  throw new HoldfastError('REVIEW_TOO_LARGE', `The body has more than ${LARGEST_BODY} bytes`)
}
