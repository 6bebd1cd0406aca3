import { parseImage } from '../objects/image.ts'
import { type Container, imageOf, wordsOf } from '../objects/pod.ts'
import { resolve } from '../objects/volumes.ts'
import { textOf } from '../values/json.ts'
import { flagValue, flagValues, hasSwitch, isExpanded, isStartedByShell } from './arguments.ts'
import { hasFlagOf, type Program, runsImageOf } from './program.ts'
import { type Chart, EVICTED, type Role } from './role.ts'

/** The directory that the image starts in, and the one its own command names for the TSDB. */
const WORKING_DIRECTORY = '/prometheus'

/**
 * Not `--config.file`, which half of the ecosystem takes, and no command: what is called `prometheus` may be anything.
 * `prometheus-adapter` is another program.
 */
export const PROMETHEUS: Program = {
  name: 'Prometheus',
  images: ['prometheus'],
  sharesImageNames: true,
  flags: ['storage.tsdb.', 'storage.agent.']
}

/**
 * Whether a container runs Prometheus itself: by a flag that no other program has, or by the name of its image. The image
 * carries promtool too, so a command of another name is another program.
 */
export function isPrometheus(container: Container): boolean {
  return hasFlagOf(PROMETHEUS, container) || runsImageOf(PROMETHEUS, container, 'prometheus')
}

const WITHOUT = {
  cpuRequest: 'on a busy node its rules and scrapes come late',
  memoryRequest: EVICTED,
  memoryLimit: 'one expensive query can exhaust the memory of the node'
} as const

const CHART: Chart = {
  name: 'the prometheus chart',
  storage: 'server.persistentVolume.enabled: true',
  resources: 'server.resources',
  antiAffinity: 'server.podAntiAffinity: soft'
}

export const PROMETHEUS_SERVER: Role = {
  name: 'Prometheus',
  keeps: 'tsdb',
  isReplicated: true,
  without: WITHOUT,
  chart: CHART,
  dataPathIn: tsdbPathOf
}

/** Keeps a log of what it has yet to send, and no TSDB. Several may share their targets. */
export const PROMETHEUS_AGENT: Role = {
  name: 'Prometheus agent',
  isReplicated: false,
  without: {
    ...WITHOUT,
    cpuRequest: 'on a busy node its scrapes come late',
    memoryLimit: 'a flood of series can exhaust the memory of the node'
  },
  chart: CHART,
  dataPathIn: () => undefined
}

/** What Prometheus does in a container that runs it; undefined for any other container. */
export function prometheusIn(container: Container): Role | undefined {
  if (!isPrometheus(container)) return undefined
  return isAgent(container) ? PROMETHEUS_AGENT : PROMETHEUS_SERVER
}

export function isAgent(container: Container): boolean {
  if (hasSwitch(container, 'agent')) return true
  return flagValues(container, 'enable-feature').some((features) => features.split(',').includes('agent'))
}

/** `--storage.tsdb.path`; without it what the image's own command says, or `data/` where that command was replaced. */
export function tsdbPathOf(container: Container): string | undefined {
  if (isStartedByShell(container)) return undefined
  const directory = textOf(container.object.workingDir) ?? WORKING_DIRECTORY
  const path = flagValue(container, 'storage.tsdb.path')
  if (path !== undefined) return isExpanded(path) ? undefined : resolve(directory, path)
  // Bitnami's image has directories of its own.
  if (/(^|\/)bitnami/.test(parseImage(imageOf(container)).repository)) return undefined
  return wordsOf(container).length === 0 ? WORKING_DIRECTORY : resolve(directory, 'data')
}
