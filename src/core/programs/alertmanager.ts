import { parseImage } from '../objects/image.ts'
import { type Container, imageOf, wordsOf } from '../objects/pod.ts'
import { resolve } from '../objects/volumes.ts'
import { textOf } from '../values/json.ts'
import { flagValue, isExpanded, isStartedByShell } from './arguments.ts'
import { type Program, runsImageOf, startsCommandOf } from './program.ts'
import { EVICTED, type Role } from './role.ts'

/** The directory that the image starts in, and the one its own command names for the data. */
const WORKING_DIRECTORY = '/alertmanager'

/** `alertmanager-snmp-notifier` is another program. */
export const ALERTMANAGER: Program = {
  name: 'Alertmanager',
  images: ['alertmanager', 'prometheus-alertmanager'],
  sharesImageNames: true,
  commands: ['alertmanager']
}

/** Whether a container runs Alertmanager itself. The image carries amtool too. */
export function isAlertmanager(container: Container): boolean {
  return runsImageOf(ALERTMANAGER, container, 'alertmanager') || startsCommandOf(ALERTMANAGER, container)
}

export const ALERTMANAGER_SERVER: Role = {
  name: 'Alertmanager',
  keeps: 'notifications',
  isReplicated: true,
  without: {
    cpuRequest: 'on a busy node its notifications come late',
    memoryRequest: EVICTED,
    memoryLimit: 'a flood of alerts can exhaust the memory of the node'
  },
  chart: {
    name: 'the alertmanager chart',
    storage: 'persistence.enabled: true',
    resources: 'resources',
    antiAffinity: 'podAntiAffinity: soft'
  },
  dataPathIn
}

/** What Alertmanager does in a container that runs it; undefined for any other container. */
export function alertmanagerIn(container: Container): Role | undefined {
  return isAlertmanager(container) ? ALERTMANAGER_SERVER : undefined
}

/** `--storage.path`; without it what the image's own command says, or `data/` where that command was replaced. */
function dataPathIn(container: Container): string | undefined {
  if (isStartedByShell(container)) return undefined
  const directory = textOf(container.object.workingDir) ?? WORKING_DIRECTORY
  const path = flagValue(container, 'storage.path')
  if (path !== undefined) return isExpanded(path) ? undefined : resolve(directory, path)
  // Bitnami's image has directories of its own.
  if (/(^|\/)bitnami/.test(parseImage(imageOf(container)).repository)) return undefined
  return wordsOf(container).length === 0 ? WORKING_DIRECTORY : resolve(directory, 'data')
}
