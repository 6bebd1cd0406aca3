import type { Option } from 'commander'
import { flag } from './flag.ts'

/** How every command that asks an API server finds it: as kubectl does. */
export interface ConnectionFlags {
  readonly kubeconfig?: string
  readonly context?: string
}

export const CONNECTION_FLAGS: readonly Option[] = [
  flag('--kubeconfig <file>', 'kubeconfig to use; without it, the one of kubectl, or the service account of the Pod'),
  flag('--context <name>', 'context of the kubeconfig; without it, the current one')
]
