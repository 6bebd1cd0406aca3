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
  new Option('-f, --filename <path>', 'new manifests: file, directory or -; may be given several times')
    .argParser((path: string, before: readonly string[] = []) => [...before, path])
    .makeOptionMandatory(),
  flag('-n, --namespace <name>', 'namespace of objects that name none; without it, the one of the context').argParser(
    namespace
  ),
  flag('--kubeconfig <file>', 'kubeconfig to use; without it, the one of kubectl, or the service account of the Pod'),
  flag('--context <name>', 'context of the kubeconfig; without it, the current one'),
  new Option('--dry-run', 'print the plan and change nothing'),
  new Option('-y, --yes', 'do not ask for confirmation'),
  new Option('--gitops-paused', 'also replace StatefulSets that Argo CD or Flux applies; pause it first'),
  new Option('--relabel-claims', 'give existing PVCs the labels of new ones'),
  flag('--save-dir <dir>', 'directory for the old objects and the progress').default('holdfast-recreate'),
  flag('--timeout <duration>', 'how long to wait in each step').argParser(duration).default(300_000, '5m'),
  new Option('-o, --output <format>', 'text for a terminal, json for pipelines')
    .choices(['text', 'json'])
    .default('text')
]
