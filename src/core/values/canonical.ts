import { createHash } from 'node:crypto'
import { isObject, type JsonObject } from './json.ts'

/** JSON with sorted keys: neither the API server nor people who write files keep their order. */
export function canonical(value: unknown): string {
  return JSON.stringify(value, (_, part) => (isObject(part) ? Object.fromEntries(sorted(part)) : part))
}

/** A hash of a value, whatever the order of its keys: SHA-256, 64 hexadecimal digits. */
export function digestOf(value: unknown): string {
  return sha256(canonical(value))
}

/**
 * A short hash of a map of labels, whatever their order: sixteen hexadecimal digits. It stands on objects in clusters, so
 * that the same labels have to have the same hash in every version of Holdfast.
 */
export function hashOf(labels: JsonObject): string {
  return sha256(JSON.stringify(sorted(labels))).slice(0, 16)
}

function sorted(map: JsonObject): [key: string, value: unknown][] {
  return Object.entries(map).sort(([one], [other]) => (one < other ? -1 : 1))
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}
