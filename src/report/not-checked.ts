import { cut } from '../core/values/text.ts'

/** Objects that were read and that no policy looks at, by kind. */
export interface NotChecked {
  readonly objects: number
  /** The most frequent first. */
  readonly kinds: readonly KindCount[]
}

export interface KindCount {
  readonly group: string
  readonly kind: string
  readonly objects: number
}

/** Kinds that are listed. A cluster has two hundred. */
const MOST_KINDS = 500
/** Of a group, which is a DNS name. */
const LONGEST = 253

/** Counts objects by kind; those of kinds beyond what a report lists count without a name. */
export class NotCheckedCount {
  #objects = 0
  readonly #kinds = new Map<string, { group: string; kind: string; objects: number }>()

  add(group: string, kind: string): void {
    this.#objects++
    const named = { group: cut(group, LONGEST), kind: cut(kind, LONGEST), objects: 1 }
    const key = `${named.group}/${named.kind}`
    const known = this.#kinds.get(key)
    if (known !== undefined) known.objects++
    else if (this.#kinds.size < MOST_KINDS) this.#kinds.set(key, named)
  }

  /** For a report; nothing where everything was checked. */
  get report(): { readonly notChecked?: NotChecked } {
    if (this.#objects === 0) return {}
    const kinds = [...this.#kinds.values()]
    kinds.sort((one, other) => other.objects - one.objects || (one.kind < other.kind ? -1 : 1))
    return { notChecked: { objects: this.#objects, kinds } }
  }
}

/** Kinds that a line names. */
const NAMED = 8
const LONGEST_NAMED = 63

/** "12 Secrets, 1 Ingress and 4 objects of other kinds". */
export function notCheckedInWords({ objects, kinds }: NotChecked): string {
  const named = kinds.slice(0, NAMED)
  const rest = named.reduce((left, kind) => left - kind.objects, objects)
  const words = named.map((one) => `${one.objects} ${plural(cut(one.kind, LONGEST_NAMED), one.objects)}`).join(', ')
  return rest === 0 ? words : `${words} and ${rest} ${plural('object', rest)} of other kinds`
}

/** As Kubernetes names the collections of a kind: NetworkPolicies, Ingresses, Endpoints. */
function plural(kind: string, number: number): string {
  if (number === 1 || kind.endsWith('Endpoints')) return kind
  if (/[^aeiou]y$/.test(kind)) return `${kind.slice(0, -1)}ies`
  return kind.endsWith('s') ? `${kind}es` : `${kind}s`
}
