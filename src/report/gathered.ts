import { count } from '../core/values/text.ts'
import { type Counts, MOST_FINDINGS, NO_FINDINGS, type ReportedObject, sumOf, totalOf } from './report.ts'

/**
 * Characters of findings that a report has room for: those of fifty thousand, with what they say on an ordinary day. Few
 * lines of YAML can name many objects of which there is much to say.
 */
const MOST_CHARACTERS = 32 * 1024 * 1024

/** What a run through files finds, as far as a report has room for it. The rest is counted. */
export class Gathered {
  readonly objects: ReportedObject[] = []
  readonly #most: number
  #characters = 0
  #leftOut: Counts = NO_FINDINGS
  #objectsLeftOut = 0

  constructor(most = MOST_CHARACTERS) {
    this.#most = most
  }

  add(object: ReportedObject): void {
    this.#characters += lengthOf(object)
    // A policy that crashed checked nothing, which has to be said whatever else is.
    if (this.#characters <= this.#most || object.findings.some(({ outcome }) => outcome === 'crashed')) {
      this.objects.push(object)
      return
    }
    this.#objectsLeftOut++
    this.#leftOut = sumOf(this.#leftOut, findingsOf(object))
  }

  /** What a report says of objects that it does not list; nothing where it lists all. */
  get leftOut(): { readonly leftOut?: Counts & { readonly objects: number } } {
    return this.#objectsLeftOut === 0 ? {} : { leftOut: { ...this.#leftOut, objects: this.#objectsLeftOut } }
  }

  /** How much is not listed, in sentences. */
  notes(): string[] {
    const notes = notesOnParts(this.objects)
    if (this.#objectsLeftOut > 0) {
      const more = `${count(totalOf(this.#leftOut), 'finding')} of ${count(this.#objectsLeftOut, 'object')}`
      notes.push(`${more} not listed: the report is full. Check fewer files at once.`)
    }
    return notes
  }
}

/** How many findings of objects that are listed are not, in a sentence. */
export function notesOnParts(objects: readonly ReportedObject[]): string[] {
  const parts = objects.flatMap(({ leftOut }) => (leftOut === undefined ? [] : [totalOf(leftOut)]))
  if (parts.length === 0) return []
  const more = parts.reduce((sum, part) => sum + part)
  const what = `${count(more, 'finding')} of ${count(parts.length, 'object')} not listed`
  return [`${what}: of an object, and of its Pods, a report lists ${MOST_FINDINGS}.`]
}

function lengthOf({ name, namespace, findings }: ReportedObject): number {
  return findings.reduce((sum, finding) => {
    const { field, identity, message, caution = '', remediation = '', changes = [], involved = [], frame } = finding
    const own = field.length + identity.length + message.length + caution.length + remediation.length
    for (const { length } of frame?.lines ?? []) sum += length
    sum += involved.reduce((all, { namespace, name }) => all + namespace.length + name.length, 0)
    return changes.reduce(
      (all, { key, before = '', after = '' }) => all + key.length + before.length + after.length,
      sum + own
    )
  }, name.length + namespace.length)
}

function findingsOf({ findings, leftOut = NO_FINDINGS }: ReportedObject): Counts {
  const counts = { ...leftOut }
  for (const { level } of findings) counts[level]++
  return counts
}
