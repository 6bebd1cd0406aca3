import type { Silence } from '../core/evaluate-set.ts'
import { FirstOf } from '../core/values/first-of.ts'
import { count } from '../core/values/text.ts'

/** How many namespaces a note names, and how many reasons are told. */
const NAMED_NAMESPACES = 5
const MOST_REASONS = 50

/** Policies over Sets that could not see what they need: each reason is told once, however many policies and Sets it is about. */
export class Silences {
  readonly #reasons = new Map<string, { readonly policies: Set<string>; readonly namespaces: Set<string> }>()

  add(namespace: string, { policy, why }: Silence): void {
    const reason = this.#reasons.get(why) ?? { policies: new Set(), namespaces: new Set() }
    reason.policies.add(policy)
    reason.namespaces.add(namespace)
    this.#reasons.set(why, reason)
  }

  notes(): string[] {
    const notes = new FirstOf<string>(MOST_REASONS)
    for (const [why, { policies, namespaces }] of this.#reasons) {
      const verb = policies.size === 1 ? 'was' : 'were'
      notes.push(`${[...policies].join(', ')} ${verb} not evaluated${within([...namespaces])}: ${why}.`)
    }
    const more = notes.leftOut === 0 ? [] : [`${count(notes.leftOut, 'more reason')} why policies were not evaluated.`]
    return [...notes.items, ...more]
  }
}

function within(namespaces: readonly string[]): string {
  const named = namespaces.filter((name) => name !== '')
  if (named.length === 0) return ''
  const more = named.length > NAMED_NAMESPACES ? ` and ${named.length - NAMED_NAMESPACES} more` : ''
  return ` in the namespace${named.length === 1 ? '' : 's'} ${named.slice(0, NAMED_NAMESPACES).join(', ')}${more}`
}
