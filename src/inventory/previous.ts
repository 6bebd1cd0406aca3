import type { JsonObject } from '../core/json.ts'
import { textOf } from '../core/json.ts'
import { metadataOf } from '../core/subject.ts'
import { kindOf, nameOf } from './subjects.ts'

/**
 * Objects as they are before an upgrade, found again by group, kind, namespace and name. `helm template` leaves the
 * namespace out and `kubectl get` does not; where one side has none, the name alone has to be enough, and is when there is
 * only one of it.
 */
export class Previous {
  readonly #byName = new Map<string, Entry[]>()

  /** @param namespace the one that objects without a namespace are in; undefined where nobody said */
  add(object: JsonObject, namespace: string | undefined): void {
    const key = keyOf(object)
    const entry = { object, namespace: namespaceOf(object) ?? namespace, met: false }
    this.#byName.set(key, [...(this.#byName.get(key) ?? []), entry])
  }

  /** What an object was; undefined for one that is new. */
  find(object: JsonObject, namespace: string | undefined): JsonObject | undefined {
    const entries = this.#byName.get(keyOf(object)) ?? []
    const wanted = namespaceOf(object) ?? namespace
    const exact = entries.findLast((entry) => entry.namespace === wanted)
    const [first, ...more] = entries
    const isOnlyOne = more.length === 0 && (wanted === undefined || first?.namespace === undefined)
    const found = exact ?? (isOnlyOne ? first : undefined)
    if (found === undefined) return undefined
    found.met = true
    return found.object
  }

  /** Objects that nobody asked for: they are gone after the upgrade. */
  gone(): JsonObject[] {
    return [...this.#byName.values()].flat().flatMap(({ object, met }) => (met ? [] : [object]))
  }
}

interface Entry {
  readonly object: JsonObject
  readonly namespace: string | undefined
  met: boolean
}

export function namespaceOf(object: JsonObject): string | undefined {
  return textOf(metadataOf(object).namespace) || undefined
}

/**
 * The namespace that an object is judged in: its own, the one that was said, or that of what runs. `''` where nobody knows.
 */
export function namespaceFor(object: JsonObject, said: string | undefined, previous: JsonObject | undefined): string {
  return namespaceOf(object) ?? said ?? (previous && namespaceOf(previous)) ?? ''
}

/** A name has no slash in it, and a group none either. */
function keyOf(object: JsonObject): string {
  const { group, kind } = kindOf(object)
  return `${group}/${kind}/${nameOf(object)}`
}
