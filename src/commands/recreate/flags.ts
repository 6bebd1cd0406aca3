import { Option } from 'commander'
import { flag } from '../flags/flag.ts'
import { duration, namespace } from '../flags/values.ts'

export interface RecreateFlags {
  readonly filename: readonly string[]
  readonly namespace?: string
  readonly kubeconfig?: string
  readonly context?: string
  readonly dryRun?: true
  readonly yes?: true
  readonly gitopsPaused?: true
  readonly relabelClaims?: true
  readonly saveDir: string
  readonly timeout: number
  readonly output: 'text' | 'json'
}

export const RECREATE_FLAGS = [
  new Option('-f, --filename <path>', 'what is to run: file, directory or -; may be given several times')
    .argParser((path: string, before: readonly string[] = []) => [...before, path])
    .makeOptionMandatory(),
  flag('-n, --namespace <name>', 'namespace of objects that name none; without it that of the context').argParser(
    namespace
  ),
  flag('--kubeconfig <file>', 'kubeconfig to use; without it the one of kubectl, or the service account of the Pod'),
  flag('--context <name>', 'context of the kubeconfig; without it the current one'),
  new Option('--dry-run', 'stop after the plan'),
  new Option('-y, --yes', 'do not ask'),
  new Option('--gitops-paused', 'replace what Argo CD or Flux applies, too: it does not act meanwhile'),
  new Option('--relabel-claims', 'give claims that are there the labels that new ones would have'),
  flag('--save-dir <dir>', 'where the old objects are kept, and what is under way').default('holdfast-recreate'),
  flag('--timeout <duration>', 'how long to wait for each thing that takes time')
    .argParser(duration)
    .default(300_000, '5m'),
  new Option('-o, --output <format>', 'text for people, json for pipelines').choices(['text', 'json']).default('text')
]
