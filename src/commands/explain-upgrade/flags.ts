import { Option } from 'commander'
import type { KubernetesVersion } from '../../core/cluster.ts'
import { CHART_FLAGS, type ChartFlags } from '../flags/chart.ts'
import { flag, previousFlag } from '../flags/flag.ts'
import { allowUncheckedFlag, type UncheckedFlags } from '../flags/unchecked.ts'
import { kubernetesVersion, namespace } from '../flags/values.ts'

export interface ExplainFlags extends ChartFlags, UncheckedFlags {
  readonly previous: readonly string[]
  readonly namespace?: string
  readonly kubernetesVersion?: KubernetesVersion
  readonly output: 'text' | 'markdown'
}

export const EXPLAIN_UPGRADE_FLAGS = [
  previousFlag().makeOptionMandatory(),
  flag('-n, --namespace <name>', 'namespace of objects that name none').argParser(namespace),
  ...CHART_FLAGS,
  flag(
    '--kubernetes-version <version>',
    'version of the API server, such as 1.36, which decides what no update may change'
  ).argParser(kubernetesVersion),
  new Option('-o, --output <format>', 'text for a terminal, markdown for a comment on a pull request')
    .choices(['text', 'markdown'])
    .default('text'),
  allowUncheckedFlag()
]
