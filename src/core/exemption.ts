import type { Subject } from './subject.ts'
import { matchesGlob } from './values/glob.ts'

/** Objects that a policy is to leave alone, for a reason and for a time. */
export interface Exemption {
  /** Patterns of namespaces and of names; an empty list is any. */
  readonly namespaces: readonly string[]
  readonly names: readonly string[]
  /** Milliseconds since 1970 from which it no longer counts; undefined for one without an end. */
  readonly expires: number | undefined
}

export function isExempt(exemptions: readonly Exemption[], { namespace, name }: Subject, now: number): boolean {
  return exemptions.some(
    ({ namespaces, names, expires }) =>
      (expires === undefined || now < expires) && fits(namespaces, namespace) && fits(names, name)
  )
}

function fits(patterns: readonly string[], name: string): boolean {
  return patterns.length === 0 || patterns.some((pattern) => matchesGlob(pattern, name))
}
