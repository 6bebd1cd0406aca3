import { Option } from 'commander'
import { flag, previousFlag } from '../flags/flag.ts'
import { namespace } from '../flags/values.ts'

export interface ExplainFlags {
  readonly previous: readonly string[]
  readonly namespace?: string
  readonly output: 'text' | 'markdown'
}

export const EXPLAIN_UPGRADE_FLAGS = [
  previousFlag().makeOptionMandatory(),
  flag('-n, --namespace <name>', 'namespace of objects that name none').argParser(namespace),
  new Option('-o, --output <format>', 'text for a terminal, markdown for a comment on a pull request')
    .choices(['text', 'markdown'])
    .default('text')
]
