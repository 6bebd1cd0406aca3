import { flag } from '../flags/flag.ts'

export interface PoliciesFlags {
  readonly config?: string
  readonly namespace: string
}

export const POLICIES_FLAGS = [
  flag('--config <file>', 'HoldfastConfiguration whose settings are shown'),
  flag('-n, --namespace <name>', 'namespace for which they are shown').default('default')
]
