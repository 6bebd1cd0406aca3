import type { Provision } from './objects/provision.ts'
/** What is known about the cluster that the object lives in. Given to policies read-only; nothing here is looked up. */
export interface Cluster {
  readonly version: KubernetesVersion | undefined
  /** What the object's namespace has of storage and defaults. Only `scan` reads it. */
  readonly provision?: Provision
}

export interface KubernetesVersion {
  readonly major: number
  readonly minor: number
}

/** Nothing known: every policy then takes the choice that is right on all supported clusters. */
export const UNKNOWN_CLUSTER: Cluster = { version: undefined }

const VERSION = /^v?(\d{1,3})\.(\d{1,4})(?:[^\d].*)?$/

/** Reads `1.36`, `v1.36.2`, `v1.31.4-gke.100` or `1.30+`; undefined for anything else. */
export function parseVersion(text: string): KubernetesVersion | undefined {
  const match = VERSION.exec(text.trim())
  return match === null ? undefined : { major: Number(match[1]), minor: Number(match[2]) }
}

export function isAtLeast(version: KubernetesVersion, major: number, minor: number): boolean {
  return version.major > major || (version.major === major && version.minor >= minor)
}
