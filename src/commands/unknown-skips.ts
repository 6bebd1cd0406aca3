import type { ConfiguredPolicy } from '../core/policy.ts'
import { unknownSkipsIn, unknownSkipsInWords } from '../core/skip.ts'
import type { Subject } from '../core/subject.ts'
import { count } from '../core/values/text.ts'
import { nameOfReported } from '../report/sentences.ts'

/** How many objects a note names. */
const NAMED_OBJECTS = 3

/** Annotations that name policies of which there are none: said once, however many objects carry one. */
export class UnknownSkips {
  /** Names of objects by what their annotation is about. */
  readonly #objects = new Map<string, Set<string>>()

  /** @param named the object that the reader knows it by, where that is another */
  add(subject: Subject, policies: readonly ConfiguredPolicy[], named: Subject = subject): void {
    const ids = unknownSkipsIn(subject.object, policies)
    if (ids.length === 0) return
    const words = unknownSkipsInWords(ids)
    const objects = this.#objects.get(words) ?? new Set()
    this.#objects.set(words, objects.add(nameOfReported(named)))
  }

  notes(): string[] {
    return [...this.#objects].map(([words, objects]) => {
      const named = [...objects].slice(0, NAMED_OBJECTS).join(', ')
      const more = objects.size > NAMED_OBJECTS ? ` and ${count(objects.size - NAMED_OBJECTS, 'more object')}` : ''
      return `${named}${more}: ${words}`
    })
  }
}
