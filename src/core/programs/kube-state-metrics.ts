import { parseImage } from '../objects/image.ts'
import { type Container, imageOf } from '../objects/pod.ts'
import { flagValue } from './arguments.ts'
import { hasImageOf, type Program } from './program.ts'
import { EVICTED, type Role } from './role.ts'

export const KUBE_STATE_METRICS: Program = { name: 'kube-state-metrics', images: ['kube-state-metrics'] }

export function isKubeStateMetrics(container: Container): boolean {
  return hasImageOf(KUBE_STATE_METRICS, container)
}

/** Whether it is told which share of the objects is its own. */
export function isSharded(container: Container): boolean {
  return ['shard', 'total-shards', 'node'].some((flag) => flagValue(container, flag) !== undefined)
}

/** Whether a container runs kube-state-metrics that learns its shard from the StatefulSet that it is a Pod of. */
export function isAutosharded(container: Container): boolean {
  if (!isKubeStateMetrics(container)) return false
  return Boolean(flagValue(container, 'pod')) && Boolean(flagValue(container, 'pod-namespace'))
}

/**
 * Whether the version follows its StatefulSet by the labels that it had when the Pod started, and loses it when one of
 * them changes: 1.8 to 2.12. Undefined where the tag does not say, such as for a digest.
 */
export function followsByLabels(container: Container): boolean | undefined {
  const match = /^v?(\d{1,3})\.(\d{1,4})(?:\D|$)/.exec(parseImage(imageOf(container)).tag ?? '')
  if (match === null) return undefined
  const [major, minor] = [Number(match[1]), Number(match[2])]
  return (major === 1 && minor >= 8) || (major === 2 && minor < 13)
}

const EXPORTER: Role = {
  name: 'kube-state-metrics',
  onRequest: 'kube-state-metrics',
  isReplicated: false,
  without: {
    cpuRequest: 'on a busy node scrapes of it time out',
    memoryRequest: EVICTED,
    memoryLimit: 'it grows with the cluster, and can exhaust the memory of the node'
  },
  chart: { name: 'the kube-state-metrics chart', resources: 'resources' },
  dataPathIn: () => undefined
}

/** What kube-state-metrics does in a container that runs it; undefined for any other container. */
export function kubeStateMetricsIn(container: Container): Role | undefined {
  return isKubeStateMetrics(container) ? EXPORTER : undefined
}
