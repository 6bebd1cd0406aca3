import { parseImage } from '../objects/image.ts'
import { isOwnedByPrometheusOperator } from '../objects/operator.ts'
import { type Container, containersOf, imageOf, wordsOf } from '../objects/pod.ts'
import { resolve } from '../objects/volumes.ts'
import { type Workload, workloadOf } from '../objects/workload.ts'
import type { Subject } from '../subject.ts'
import { textOf } from '../values/json.ts'
import type { Path } from '../values/path.ts'
import { flagValue, flagValues, hasSwitch, isExpanded, isStartedByShell, programOf } from './arguments.ts'
import { hasFlagOf, hasImageOf, type Program } from './program.ts'

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
  if (hasFlagOf(PROMETHEUS, container)) return true
  if (!hasImageOf(PROMETHEUS, container)) return false
  const program = programOf(container)
  return program === undefined || program === 'prometheus' || isStartedByShell(container)
}

/** A Prometheus that keeps a TSDB, in the workload that runs it. */
export interface PrometheusServer {
  readonly workload: Workload
  readonly container: Container
  /** Of the container, for findings. */
  readonly path: Path
  /** Where the TSDB lies in the container, absolute; undefined where that cannot be known. */
  readonly tsdbPath: string | undefined
}

/**
 * The Prometheus servers of a workload. Those of prometheus-operator are left out: what would be found there is set in
 * its own objects, and it undoes what others change. An agent keeps a log of what it has yet to send and no TSDB.
 */
export function serversIn(subject: Subject): readonly PrometheusServer[] {
  const workload = workloadOf(subject)
  if (workload === undefined || isOwnedByPrometheusOperator(subject.object)) return []
  return containersOf(workload.template)
    .filter((container) => isPrometheus(container) && !isAgent(container))
    .map((container) => ({
      workload,
      container,
      path: ['spec', 'template', 'spec', 'containers', container.index],
      tsdbPath: tsdbPathOf(container)
    }))
}

function isAgent(container: Container): boolean {
  if (hasSwitch(container, 'agent')) return true
  return flagValues(container, 'enable-feature').some((features) => features.split(',').includes('agent'))
}

/** `--storage.tsdb.path`; without it what the image's own command says, or `data/` where that command was replaced. */
function tsdbPathOf(container: Container): string | undefined {
  if (isStartedByShell(container)) return undefined
  const directory = textOf(container.object.workingDir) ?? WORKING_DIRECTORY
  const path = flagValue(container, 'storage.tsdb.path')
  if (path !== undefined) return isExpanded(path) ? undefined : resolve(directory, path)
  // Bitnami's image has directories of its own.
  if (/(^|\/)bitnami/.test(parseImage(imageOf(container)).repository)) return undefined
  return wordsOf(container).length === 0 ? WORKING_DIRECTORY : resolve(directory, 'data')
}
