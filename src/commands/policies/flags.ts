import { DISCOVERED_CONFIG_FLAG } from '../flags/evaluation.ts'
import { flag } from '../flags/flag.ts'

export interface PoliciesFlags {
  readonly config?: string
  readonly namespace: string
}

export const POLICIES_FLAGS = [
  DISCOVERED_CONFIG_FLAG,
  flag('-n, --namespace <name>', 'namespace to show the settings for').default('default')
]
