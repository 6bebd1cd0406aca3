/** A piece of a recipe under a heading of its own, whatever it is written as in the end. */
export interface Section {
  /** A few words without a full stop. */
  readonly title: string
  readonly parts: readonly Part[]
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
