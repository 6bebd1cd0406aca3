import type { KubernetesVersion } from '../core/cluster.ts'
import { oneLine } from '../core/values/text.ts'
import type { ReportedSettings } from '../report/report.ts'
import type { EvaluationFlags } from './flags/evaluation.ts'

/** @param version of the API server, from a flag, a file or itself */
export function reportedSettings(flags: EvaluationFlags, version: KubernetesVersion | undefined): ReportedSettings {
  const { config, mode } = flags
  return {
    ...(config !== undefined && { configuration: oneLine(config) }),
    ceiling: mode,
    ...(version !== undefined && { kubernetesVersion: `${version.major}.${version.minor}` })
  }
}
