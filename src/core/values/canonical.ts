import { createHash } from 'node:crypto'
import type { JsonObject } from './json.ts'

/** A short hash of a map of labels, whatever their order: sixteen hexadecimal digits of SHA-256. */
export function hashOf(labels: JsonObject): string {
  const sorted = Object.entries(labels).sort(([one], [other]) => (one < other ? -1 : 1))
  return createHash('sha256').update(JSON.stringify(sorted)).digest('hex').slice(0, 16)
}
