import type { Container } from '../objects/pod.ts'

/**
 * What a server of the stack does, as far as policies can tell. A program may have several: Prometheus is a server or an
 * agent, and Thanos is called with the name of one.
 */
export interface Role {
  /** As its project spells it: "3 replicas of Prometheus". */
  readonly name: string
  /**
   * What it keeps that no other server has: a TSDB that it writes, or what it has to remember of notifications. Absent
   * where a new Pod fetches or makes anew what the old one had.
   */
  readonly keeps?: 'tsdb' | 'notifications'
  /** What asks for it in an option of prometheus-resources; absent where nobody has to. */
  readonly onRequest?: string
  /** Whether each replica does what the others do, so that one of them is enough. A share is lost with its replica. */
  readonly isReplicated: boolean
  /** What comes of resources that are missing: clauses without a full stop. */
  readonly without: Readonly<Record<'cpuRequest' | 'memoryRequest' | 'memoryLimit', string>>
  /** What to set where Helm installs it; absent where no chart is known. */
  readonly chart?: Chart
  /** Where what it keeps lies in a container that runs it, absolute; undefined where that cannot be known. */
  dataPathIn(container: Container): string | undefined
}

/** Values of a chart, as a remediation names them. */
export interface Chart {
  /** "the prometheus chart" */
  readonly name: string
  /** `server.persistentVolume.enabled: true`; absent where no policy names it, as below. */
  readonly storage?: string
  /** `server.resources` */
  readonly resources: string
  /** `server.podAntiAffinity: soft` */
  readonly antiAffinity?: string
}

/** For what a Pod without a memory request meets, whatever it runs. */
export const EVICTED = 'it is among the first to be evicted from a node under memory pressure'
