import type { IncomingMessage, ServerResponse } from 'node:http'
import { HoldfastError } from '../errors.ts'

/** Smaller bodies are not counted: the API server itself bounds how many requests are under way at once. */
const LARGE = 1024 * 1024

/** A body takes about four times its size until it is evaluated, and the container has 256 MiB. */
const MOST_AT_ONCE = 32 * 1024 * 1024

/**
 * Bounds the memory that large reviews take together. One that finds no room is answered with 503 and `Retry-After`,
 * which the API server takes as "again in a second", perhaps from another replica.
 */
export function largeBodies(
  limit: number = MOST_AT_ONCE
): (request: IncomingMessage, response: ServerResponse) => void {
  let underWay = 0
  return (request, response) => {
    const size = Number(request.headers['content-length'] ?? LARGE)
    if (!(size >= LARGE)) return
    if (underWay > 0 && underWay + size > limit) {
      response.setHeader('retry-after', '1')
      throw new HoldfastError('OVERLOADED', `${underWay} bytes of large reviews are being evaluated already`)
    }
    underWay += size
    response.once('close', () => {
      underWay -= size
    })
  }
}
