import { Option } from 'commander'
import { DISCOVERED_CONFIG_FLAG } from '../flags/evaluation.ts'
import { flag } from '../flags/flag.ts'

export interface PoliciesFlags {
  readonly config?: string
  readonly namespace: string
  readonly output: 'text' | 'json' | 'markdown'
}

export const POLICIES_FLAGS = [
  DISCOVERED_CONFIG_FLAG,
  flag('-n, --namespace <name>', 'namespace to show the settings for').default('default'),
  new Option('-o, --output <format>', 'text for a terminal, json for programs, markdown for a page')
    .choices(['text', 'json', 'markdown'])
    .default('text')
]
