import { type Container, wordsOf } from '../objects/pod.ts'
import { resolve } from '../objects/volumes.ts'
import { textOf } from '../values/json.ts'
import { flagValue, flagValues, isExpanded, isStartedByShell } from './arguments.ts'
import { type Program, runsImageOf, startsCommandOf } from './program.ts'
import { EVICTED, type Role } from './role.ts'

/** The image starts in the root directory. */
const WORKING_DIRECTORY = '/'

/** `thanos-receive-controller` is another program. */
export const THANOS: Program = { name: 'Thanos', images: ['thanos'], sharesImageNames: true, commands: ['thanos'] }

const QUERIES = {
  isReplicated: true,
  without: {
    cpuRequest: 'on a busy node its answers come late',
    memoryRequest: EVICTED,
    memoryLimit: 'one expensive query can exhaust the memory of the node'
  },
  dataPathIn: () => undefined
} as const

/** Evaluates rules on what queries answer, and keeps the results in a TSDB. */
export const THANOS_RULER: Role = {
  name: 'Thanos Ruler',
  keeps: 'tsdb',
  isReplicated: true,
  without: {
    cpuRequest: 'on a busy node its rules come late',
    memoryRequest: EVICTED,
    memoryLimit: 'a flood of series can exhaust the memory of the node'
  },
  dataPathIn: (container) => pathIn(container, 'data-dir')
}

/** Takes what others write, and keeps it in a TSDB until it is uploaded. */
const THANOS_RECEIVE: Role = {
  ...THANOS_RULER,
  name: 'Thanos Receive',
  without: { ...THANOS_RULER.without, cpuRequest: 'on a busy node writes come late' },
  dataPathIn: (container) => pathIn(container, 'tsdb.path')
}

/** By the word that comes after the program's name. A sidecar is what its Prometheus is, and tools end by themselves. */
const ROLES: Readonly<Record<string, Role>> = {
  rule: THANOS_RULER,
  receive: THANOS_RECEIVE,
  query: { ...QUERIES, name: 'Thanos Query' },
  'query-frontend': { ...QUERIES, name: 'Thanos Query Frontend' },
  store: { ...QUERIES, name: 'Thanos Store Gateway' },
  compact: {
    name: 'Thanos Compactor',
    // Two of them would compact the same blocks.
    isReplicated: false,
    without: {
      cpuRequest: 'on a busy node it falls behind',
      memoryRequest: EVICTED,
      memoryLimit: 'one large block can exhaust the memory of the node'
    },
    dataPathIn: () => undefined
  }
}

/** What Thanos does in a container that runs it; undefined where that is nothing of its own, and for any other container. */
export function thanosIn(container: Container): Role | undefined {
  return ROLES[thanosComponentOf(container) ?? '']
}

export function isThanos(container: Container): boolean {
  return runsImageOf(THANOS, container, 'thanos') || startsCommandOf(THANOS, container)
}

/** What `thanos` can be called with (cmd/thanos/main.go of Thanos). */
const COMPONENTS = ['sidecar', 'store', 'query', 'rule', 'compact', 'tools', 'receive', 'query-frontend']

/** `sidecar`, `query`, …; undefined for what is no Thanos. */
export function thanosComponentOf(container: Container): string | undefined {
  return isThanos(container) ? wordsOf(container).find((word) => COMPONENTS.includes(word)) : undefined
}

/** Undefined for a ruler that writes elsewhere, and for a receiver that only passes on what it takes. */
function pathIn(container: Container, flag: string): string | undefined {
  if (isStartedByShell(container) || isStateless(container)) return undefined
  const path = flagValue(container, flag) ?? 'data'
  if (isExpanded(path)) return undefined
  return resolve(textOf(container.object.workingDir) ?? WORKING_DIRECTORY, path)
}

function isStateless(container: Container): boolean {
  const has = (...flags: readonly string[]) => flags.some((flag) => flagValues(container, flag).length > 0)
  if (has('remote-write.config', 'remote-write.config-file')) return true
  return has('receive.hashrings', 'receive.hashrings-file') && !has('receive.local-endpoint')
}
