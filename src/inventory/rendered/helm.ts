import type { KubernetesVersion } from '../../core/cluster.ts'
import { HoldfastError } from '../../errors.ts'
import { namedCommand, ProgramFailure, runProgram } from './run-program.ts'

/** What a chart is rendered with, as `helm template` takes it. */
export interface ChartOptions {
  /** Files of values, of which later ones win. */
  readonly values: readonly string[]
  /** `key=value`. */
  readonly set: readonly string[]
  readonly release: string
  readonly namespace: string | undefined
  /** The version that the chart asks for in `.Capabilities`; undefined for the one that Helm has built in. */
  readonly kubernetesVersion: KubernetesVersion | undefined
}

/** A chart in a repository: `pgw/prometheus-pushgateway` or `oci://…`, in one version. */
export interface ReleasedChart {
  readonly reference: string
  readonly version: string
}

/**
 * What `helm template` prints.
 *
 * @param chart a directory, or a chart in a repository
 * @throws HoldfastError RENDER_PROGRAM_MISSING, RENDER_FAILED
 */
export async function helmTemplate(chart: string | ReleasedChart, options: ChartOptions): Promise<readonly Buffer[]> {
  const args = helmArguments(chart, options)
  try {
    return (await runProgram('helm', args)).stdout
  } catch (error) {
    throw renderFailure('helm', args, error)
  }
}

function helmArguments(chart: string | ReleasedChart, options: ChartOptions): string[] {
  const { values, set, release, namespace, kubernetesVersion: kubernetes } = options
  const [path, ...version] = typeof chart === 'string' ? [chart] : [chart.reference, `--version=${chart.version}`]
  return [
    'template',
    release,
    // What begins with a hyphen would be a flag.
    path?.startsWith('-') ? `./${path}` : (path as string),
    ...version,
    ...(namespace === undefined ? [] : [`--namespace=${namespace}`]),
    ...values.map((file) => `--values=${file}`),
    ...set.map((setting) => `--set=${setting}`),
    ...(kubernetes === undefined ? [] : [`--kube-version=${kubernetes.major}.${kubernetes.minor}`])
  ]
}

/** What to tell of a program that did not render anything. */
export function renderFailure(program: string, args: readonly string[], error: unknown): unknown {
  if (!(error instanceof ProgramFailure)) return error
  if (error.isMissing) {
    return new HoldfastError(
      'RENDER_PROGRAM_MISSING',
      `It has to be rendered, and ${program} ${error.message}. Where it is, run ${namedCommand(program, args)}`,
      { cause: error }
    )
  }
  return new HoldfastError('RENDER_FAILED', `${namedCommand(program, args)} ${error.message}`, { cause: error })
}
