import type { Cascade, Resize } from '../core/objects/replacement.ts'

/** What `holdfast recreate` does for a step; a step without one is for the reader. */
export type Action =
  | { readonly do: 'save' }
  | { readonly do: 'keep-claims' }
  | { readonly do: 'resize-claims'; readonly resizes: readonly Resize[] }
  | { readonly do: 'change-class'; readonly changes: readonly ClassChange[] }
  | { readonly do: 'delete'; readonly cascade: Cascade }
  | { readonly do: 'create' }
  /** Through a change of the template where the controller then replaces all Pods, otherwise by deleting each. */
  | { readonly do: 'restart-pods'; readonly through: 'template' | 'deletion' }
  | { readonly do: 'relabel-claims' }
  | { readonly do: 'verify' }

/** Another `volumeAttributesClassName` in a claim template. */
export interface ClassChange {
  readonly template: string
  readonly to: string
}
