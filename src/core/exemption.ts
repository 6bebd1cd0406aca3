import type { Subject } from './subject.ts'
import { matchesGlob } from './values/glob.ts'

/** Objects that a policy is to leave alone, for a reason and for a time. */
export interface Exemption {
  /** Its place among those of the configuration, from 0. */
  readonly index: number
  /** Patterns of namespaces and of names; an empty list is any. */
  readonly namespaces: readonly string[]
  readonly names: readonly string[]
  /** Milliseconds since 1970 from which it no longer counts; undefined for one without an end. */
  readonly expires: number | undefined
}

export function isExempt(exemptions: readonly Exemption[], subject: Subject, now: number): boolean {
  return exemptions.some((exemption) => appliesTo(exemption, subject, now))
}

export function appliesTo({ namespaces, names, expires }: Exemption, subject: Subject, now: number): boolean {
  const hasEnded = expires !== undefined && now >= expires
  return !hasEnded && fits(namespaces, subject.namespace) && fits(names, subject.name)
}

function fits(patterns: readonly string[], name: string): boolean {
  return patterns.length === 0 || patterns.some((pattern) => matchesGlob(pattern, name))
}
