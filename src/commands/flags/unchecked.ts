import { Option } from 'commander'

export interface UncheckedFlags {
  readonly allowUnchecked?: true
}

/** For commands that read manifests and say that all is well. */
export function allowUncheckedFlag(): Option {
  return new Option(
    '--allow-unchecked',
    'accept paths without Kubernetes objects, and charts and kustomizations below a path that were not rendered'
  )
}
