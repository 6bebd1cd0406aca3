import type { Action } from './action.ts'

/** A piece of a plan under a heading of its own, whatever it is written as in the end. */
export interface Section {
  /** A few words without a full stop. */
  readonly title: string
  /** How somebody does it who has kubectl. */
  readonly parts: readonly Part[]
  /** The same, for `holdfast recreate`. */
  readonly action?: Action
}

export type Part =
  /** Sentences. */
  | { readonly say: string }
  /** Sentences, one below the other. */
  | { readonly list: readonly string[] }
  /** Command lines, ready to paste. */
  | { readonly run: readonly string[] }
  /** YAML, ready to paste. */
  | { readonly yaml: string }
