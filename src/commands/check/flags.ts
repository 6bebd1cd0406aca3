import { Option } from 'commander'
import { EVALUATION_FLAGS, type EvaluationFlags } from '../flags/evaluation.ts'
import { flag, previousFlag } from '../flags/flag.ts'
import { OUTPUT_FLAGS, type OutputFlags } from '../flags/output.ts'
import { namespace } from '../flags/values.ts'

export interface CheckFlags extends EvaluationFlags, OutputFlags {
  readonly previous?: readonly string[]
  readonly namespace?: string
  readonly fix?: true
  readonly diff?: true
}

export const CHECK_FLAGS = [
  previousFlag(),
  flag('-n, --namespace <name>', 'namespace of objects that name none').argParser(namespace),
  ...EVALUATION_FLAGS,
  ...OUTPUT_FLAGS,
  new Option(
    '--fix',
    'write the YAML to standard output as the webhook would admit it, and the report to standard error'
  ),
  new Option('--diff', 'with --fix: write a unified diff instead')
]
