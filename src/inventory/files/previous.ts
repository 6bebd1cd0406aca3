import { kindOf, metadataOf, nameOfObject } from '../../core/objects/metadata.ts'
import { digestOf } from '../../core/values/canonical.ts'
import { FirstOf } from '../../core/values/first-of.ts'
import { type JsonObject, textOf } from '../../core/values/json.ts'

/** What an object was before an upgrade. */
export type Before =
  | { readonly kind: 'new' }
  | { readonly kind: 'known'; readonly object: JsonObject }
  /** Several could be meant: to take one of them would be a guess, and to take none as well. */
  | { readonly kind: 'ambiguous'; readonly places: readonly string[]; readonly more: number }

export const NEW: Before = { kind: 'new' }

/**
 * Objects as they are before an upgrade, found again by group, kind, namespace and name. `helm template` leaves the
 * namespace out and `kubectl get` does not; where one side has none, the name alone has to be enough, and is when there is
 * only one of it.
 */
export class Previous {
  readonly #byName = new Map<string, Entry[]>()

  /**
   * @param namespace the one that objects without a namespace are in; undefined where nobody said
   * @param place the file and the line, to be told of
   */
  add(object: JsonObject, namespace: string | undefined, place: string): void {
    const key = keyOfObject(object)
    const entries = this.#byName.get(key) ?? []
    if (entries.length === 0) this.#byName.set(key, entries)
    const own = namespaceOf(object) ?? namespace
    const same = entries.find((entry) => entry.namespace === own)
    if (same === undefined)
      entries.push({ object, namespace: own, places: placesFrom(place), isOne: true, isSeen: false, met: undefined })
    else {
      same.places.push(place)
      same.isOne &&= digestOf(same.object) === digestOf(object)
    }
  }

  /** @param place of the object that is asked about: of two that want the same, one is too many */
  find(object: JsonObject, namespace: string | undefined, place: string): Before {
    const entries = this.#byName.get(keyOfObject(object)) ?? []
    const wanted = namespaceOf(object) ?? namespace
    const exact = entries.find((entry) => entry.namespace === wanted)
    const near = entries.filter((entry) => wanted === undefined || entry.namespace === undefined)
    const found = exact === undefined ? near : [exact]
    const met = { place, digest: digestOf(object) }
    for (const entry of found) entry.isSeen = true
    const [only, ...more] = found
    if (only === undefined) return NEW
    if (more.length > 0 || !only.isOne) return ambiguous(found)
    only.met ??= met
    // The same object once more is one too many only where it is another one.
    if (only.met.digest !== met.digest) return { kind: 'ambiguous', places: [only.met.place, place], more: 0 }
    return { kind: 'known', object: only.object }
  }

  /** Objects that nobody asked for: they are gone after the upgrade. */
  gone(): JsonObject[] {
    return [...this.#byName.values()].flat().flatMap(({ object, isSeen }) => (isSeen ? [] : [object]))
  }
}

/** Places that are named. Who has two objects of one name in a hundred files has to look for them anyway. */
const NAMED_PLACES = 5

function placesFrom(place: string): FirstOf<string> {
  const places = new FirstOf<string>(NAMED_PLACES)
  places.push(place)
  return places
}

function ambiguous(found: readonly Entry[]): Before {
  const [all, leftOut] = [new FirstOf<string>(NAMED_PLACES), found.reduce((sum, { places }) => sum + places.leftOut, 0)]
  for (const { places } of found) for (const place of places.items) all.push(place)
  return { kind: 'ambiguous', places: all.items, more: all.leftOut + leftOut }
}

interface Entry {
  readonly object: JsonObject
  readonly namespace: string | undefined
  readonly places: FirstOf<string>
  /** Whether all that stand for it are the same. */
  isOne: boolean
  /** Whether it could be what an object was, be it among others. */
  isSeen: boolean
  /** The object that it is compared with. */
  met: { readonly place: string; readonly digest: string } | undefined
}

export function namespaceOf(object: JsonObject): string | undefined {
  return textOf(metadataOf(object).namespace) || undefined
}

/**
 * The namespace that an object is checked in: its own, the one that was said, or that of what runs. `''` where nobody knows.
 */
export function namespaceFor(object: JsonObject, said: string | undefined, previous: JsonObject | undefined): string {
  return namespaceOf(object) ?? said ?? (previous && namespaceOf(previous)) ?? ''
}

/** A name has no slash in it, and a group none either. */
function keyOfObject(object: JsonObject): string {
  const { group, kind } = kindOf(object)
  return `${group}/${kind}/${nameOfObject(object)}`
}
