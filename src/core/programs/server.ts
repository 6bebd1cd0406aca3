import type { Container } from '../objects/pod.ts'
import { type Mount, mountCovering, type Volume, volumeNamed } from '../objects/volumes.ts'
import type { Workload } from '../objects/workload.ts'
import type { Path } from '../values/path.ts'
import type { Chart, Role } from './role.ts'
/**
 * A server of the stack, whoever describes it: a container of a workload, or an object of prometheus-operator. A policy is
 * written once over this, and speaks of the object's own fields.
 */
export interface Server {
  readonly role: Role
  /** In a sentence: `container "prometheus"`, `the Prometheus`. */
  readonly title: string
  /** Of an object of prometheus-operator: its spec in the place of a Pod's, which has the same fields. */
  readonly workload: Workload
  /** The name of the StatefulSet that runs it, or its first shard; undefined where none does. */
  readonly statefulSet: string | undefined
  /** How many StatefulSets prometheus-operator makes of it. */
  readonly shards: number
  /** Of an object of prometheus-operator: what it adds to the container that the operator makes. */
  readonly container: Container
  /** How many Pods do the same, so that one of them is enough; of a sharded server, those of one shard. */
  readonly copies: number
  /** Where its data lie in the container, absolute; undefined where there are none, or where that cannot be known. */
  readonly dataPath: string | undefined
  /** The volume of its data where no mount says which. */
  readonly dataVolume: Volume | undefined
  /** What the operator fills in, as `memoryRequest`. */
  readonly filledIn: readonly (keyof Role['without'])[]
  readonly settings: Settings
  readonly fields: Fields
  readonly chart: Chart | undefined
  /** Whether prometheus-operator makes the Pods of it. */
  readonly isOperated: boolean
}

/** Settings of Prometheus, and what they are called where they are set. */
export interface Settings {
  readonly retentionSize: string | undefined
  /** `--storage.tsdb.retention.size=80GB` */
  readonly retentionInWords: string
  /** Whether the TSDB has no lock. */
  readonly isUnlocked: boolean
}

/** Where the object says something, for findings. */
export interface Fields {
  /** Of the Pod: has `affinity` and `volumes`. */
  readonly pod: Path
  readonly storage: Path
  /** Has `requests` and `limits`. */
  readonly resources: Path
  readonly retentionSize: Path
  readonly arguments: Path
}

/** Where the data of a server are. */
export interface Storage {
  readonly mount: Mount | undefined
  /** Undefined where they are in the container's own file system. */
  readonly volume: Volume | undefined
}

/** Undefined for a server that keeps nothing, and where it cannot be known where that lies. */
export function storageOf({ workload, container, dataPath, dataVolume }: Server): Storage | undefined {
  if (dataPath === undefined) return undefined
  const mount = mountCovering(container, dataPath)
  return { mount, volume: mount === undefined ? dataVolume : volumeNamed(workload, mount.name) }
}

/** What to set, with the value of a chart where one is known: `TEXT (VALUE in CHART)`. */
export function withChartValue(text: string, { chart }: Server, value: keyof Omit<Chart, 'name'>): string {
  return chart?.[value] === undefined ? text : `${text} (${chart[value]} in ${chart.name})`
}
