import { isObject, type JsonObject } from './json.ts'
import type { Path } from './path.ts'

/** One value that is not what it was. `undefined` stands for "not there". */
export interface FieldChange {
  readonly path: Path
  readonly before: unknown
  readonly after: unknown
}

/** Changes in document order, the first ones of them; `total` counts them all. */
export interface Differences {
  readonly changes: readonly FieldChange[]
  readonly total: number
}

export interface Comparison {
  /** How many changes are kept; the rest are counted. */
  readonly keep: number
  /** Values that look different and mean the same, such as two spellings of a quantity. */
  isSame(path: Path, before: unknown, after: unknown): boolean
}

/** A step on the way down. Linked, so that a path costs nothing until someone asks for it. */
interface Place {
  readonly parent: Place | undefined
  readonly key: string | number
  readonly depth: number
  /** The deepest field above a place that is deeper than any. Kept, because to climb there costs as much as it is deep. */
  readonly field: Place | undefined
}

/** Deeper than any field of the Kubernetes API: below it nothing has a second spelling. */
const DEEPEST_FIELD = 32

/**
 * What changed between two values. Lists are compared by position, and nothing, null, an empty list and an empty map
 * count as the same, as in the API server's own `Semantic.DeepEqual`. Works in bounded stack: a hostile object may be
 * ten thousand levels deep.
 */
export function differencesBetween(before: unknown, after: unknown, comparison: Comparison): Differences {
  const changes: FieldChange[] = []
  let total = 0
  walk(before, after, (place, one, other) => {
    const depth = place?.depth ?? 0
    if (depth <= DEEPEST_FIELD && comparison.isSame(pathOf(place), one, other)) return
    total++
    if (changes.length < comparison.keep) changes.push({ path: pathOf(place), before: one, after: other })
  })
  return { changes, total }
}

/**
 * Tells of every change between two values, in document order, in one pass: for what sorts them into more than one list.
 *
 * @param visit is given the path as far as fields go: that of a change which is deeper ends above it
 */
export function visitDifferences(before: unknown, after: unknown, visit: (change: FieldChange) => void): void {
  walk(before, after, (place, one, other) => visit({ path: pathOf(place?.field ?? place), before: one, after: other }))
}

function walk(
  before: unknown,
  after: unknown,
  found: (place: Place | undefined, before: unknown, after: unknown) => void
): void {
  const waiting: { place: Place | undefined; before: unknown; after: unknown }[] = [{ place: undefined, before, after }]
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const { place, before: one, after: other } = next
    if (one === other || (isNothing(one) && isNothing(other))) continue
    const keys = commonKeys(one, other)
    if (keys === undefined) {
      found(place, one, other)
      continue
    }
    // Last in, first out: pushed backwards so that changes come in document order.
    const depth = (place?.depth ?? 0) + 1
    const field = depth > DEEPEST_FIELD ? (place?.field ?? place) : undefined
    for (const key of keys.reverse()) {
      const child = { parent: place, key, depth, field }
      waiting.push({ place: child, before: valueAt(one, key), after: valueAt(other, key) })
    }
  }
}

/** The keys to go on with, or undefined where the values cannot be compared part by part. */
function commonKeys(before: unknown, after: unknown): (string | number)[] | undefined {
  const one = isNothing(before) ? emptyLike(after) : before
  const other = isNothing(after) ? emptyLike(before) : after
  if (Array.isArray(one) && Array.isArray(other)) {
    return Array.from({ length: Math.max(one.length, other.length) }, (_, index) => index)
  }
  if (isObject(one) && isObject(other)) return [...new Set([...Object.keys(one), ...Object.keys(other)])]
  return undefined
}

function emptyLike(value: unknown): unknown {
  return Array.isArray(value) ? [] : isObject(value) ? {} : undefined
}

/** What the API server takes for the same as nothing: null, an empty list and an empty map. */
export function isNothing(value: unknown): boolean {
  if (value === undefined || value === null) return true
  if (Array.isArray(value)) return value.length === 0
  if (!isObject(value)) return false
  for (const _ in value) return false
  return true
}

function valueAt(container: unknown, key: string | number): unknown {
  if (Array.isArray(container)) return container[key as number]
  return isObject(container) && Object.hasOwn(container, key) ? (container as JsonObject)[key] : undefined
}

function pathOf(place: Place | undefined): Path {
  const steps: (string | number)[] = []
  for (let at = place; at !== undefined; at = at.parent) steps.push(at.key)
  return steps.reverse()
}
