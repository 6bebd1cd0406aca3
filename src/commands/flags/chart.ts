import { InvalidArgumentError, Option } from 'commander'
import type { KubernetesVersion } from '../../core/cluster.ts'
import { HoldfastError } from '../../errors.ts'
import type { ChartOptions } from '../../inventory/rendered/helm.ts'

/** What a chart is rendered with. */
export interface ChartFlags {
  readonly values?: readonly string[]
  readonly set?: readonly string[]
  readonly release?: string
}

/** As Helm spells them. */
export const CHART_FLAGS: readonly Option[] = [
  new Option('-f, --values <file>', 'values of a chart, as for helm template; may be given several times').argParser(
    collected
  ),
  new Option('--set <key=value>', 'a value of a chart, as for helm template; may be given several times').argParser(
    collected
  ),
  new Option('--release <name>', 'release that a chart is rendered for; release-name without it').argParser(release)
]

function collected(text: string, before: readonly string[] = []): readonly string[] {
  if (text === '-') throw new InvalidArgumentError('Values are read from files.')
  return [...before, text]
}

/** As Helm has them: a DNS name of at most 53 characters. */
const RELEASE = /^(?=.{1,53}$)[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/

function release(text: string): string {
  if (RELEASE.test(text)) return text
  throw new InvalidArgumentError('It has to be the name of a release: lower case, at most 53 characters.')
}

interface Rendered extends ChartFlags {
  readonly namespace?: string | undefined
  readonly kubernetesVersion?: KubernetesVersion | undefined
}

export function chartOptions({ values = [], set = [], release, namespace, kubernetesVersion }: Rendered): ChartOptions {
  return { values, set, release: release ?? 'release-name', namespace, kubernetesVersion }
}

/** @throws HoldfastError FLAG_INVALID where no chart is there for them */
export function refuseWithoutChart({ values, set, release }: ChartFlags, hasChart: boolean): void {
  if (hasChart || (values ?? set ?? release) === undefined) return
  throw new HoldfastError(
    'FLAG_INVALID',
    '--values, --set and --release are for charts, and no path holds a Chart.yaml'
  )
}
