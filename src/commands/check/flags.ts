import { Option } from 'commander'
import { CHART_FLAGS, type ChartFlags } from '../flags/chart.ts'
import { CONNECTION_FLAGS, type ConnectionFlags } from '../flags/connection.ts'
import { DISCOVERED_CONFIG_FLAG, EVALUATION_FLAGS, type EvaluationFlags } from '../flags/evaluation.ts'
import { flag, previousFlag } from '../flags/flag.ts'
import { OUTPUT_FLAGS, type OutputFlags } from '../flags/output.ts'
import { allowUncheckedFlag, type UncheckedFlags } from '../flags/unchecked.ts'
import { namespace } from '../flags/values.ts'

export interface CheckFlags extends EvaluationFlags, ConnectionFlags, OutputFlags, ChartFlags, UncheckedFlags {
  readonly previous?: readonly string[]
  readonly live?: true
  readonly namespace?: string
  readonly fix?: true
  readonly diff?: true
  readonly baseline?: string
  readonly writeBaseline?: string
}

/** What is read, and what it is evaluated with. */
export const INPUT_FLAGS: readonly Option[] = [
  previousFlag(),
  new Option('--live', 'compare with what runs: read the same objects, and no others, from the cluster'),
  ...CONNECTION_FLAGS,
  flag('-n, --namespace <name>', 'namespace of objects that name none').argParser(namespace),
  DISCOVERED_CONFIG_FLAG,
  ...CHART_FLAGS,
  ...EVALUATION_FLAGS,
  allowUncheckedFlag()
]

export const CHECK_FLAGS = [
  ...INPUT_FLAGS,
  ...OUTPUT_FLAGS,
  flag('--baseline <file>', 'known findings, which neither fail the run nor are listed'),
  new Option(
    '--write-baseline <file>',
    'write what is found as known findings; with --baseline, only what it still has'
  ),
  new Option(
    '--fix',
    'write the YAML to standard output as the webhook would admit it, and the report to standard error'
  ),
  new Option('--diff', 'with --fix: write a unified diff instead')
]
