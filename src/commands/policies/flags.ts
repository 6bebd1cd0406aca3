import { flag } from '../flags/flag.ts'

export interface PoliciesFlags {
  readonly config?: string
  readonly namespace: string
}

export const POLICIES_FLAGS = [
  flag('--config <file>', 'HoldfastConfiguration to show the settings of'),
  flag('-n, --namespace <name>', 'namespace to show the settings for').default('default')
]
