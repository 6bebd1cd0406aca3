import type { Option } from 'commander'
import type { KubernetesVersion } from '../../core/cluster.ts'
import { MODES, type Mode } from '../../core/mode.ts'
import { flag } from './flag.ts'
import { kubernetesVersion, list } from './values.ts'

/** What every command that checks by itself has to be told. */
export interface EvaluationFlags {
  readonly config?: string
  readonly mode: Mode
  readonly kubernetesVersion?: KubernetesVersion
  readonly only?: readonly string[]
  readonly exclude?: readonly string[]
}

export const CONFIG_FLAG: Option = flag(
  '--config <file>',
  'HoldfastConfiguration to use; without it, every field has its default'
)

/** For commands that are run in a checkout. */
export const DISCOVERED_CONFIG_FLAG: Option = flag(
  '--config <file>',
  'HoldfastConfiguration to use; without it, .holdfast.yaml in the working directory or above it'
)

/** All of them but the one of the configuration file. */
export const EVALUATION_FLAGS: readonly Option[] = [
  flag('--mode <mode>', 'ceiling for all policies').choices(MODES).default('enforce'),
  flag(
    '--kubernetes-version <version>',
    'version of the API server, such as 1.36; without it, scan and check --live ask the API server'
  ).argParser(kubernetesVersion),
  flag('--only <policies>', 'policies to evaluate, such as a,b; without it, all').argParser(list),
  flag('--exclude <policies>', 'policies to leave out, such as a,b').argParser(list)
]
