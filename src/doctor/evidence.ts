import type { Mode } from '../core/mode.ts'
import type { JsonObject } from '../core/values/json.ts'
import { pageAt } from '../documentation.ts'
import type { DoctorFinding } from './finding.ts'
import type { InstalledEntry } from './installed-entry.ts'

/** What was asked of the cluster: its answer, or why there is none. */
export type Known<Value> = { readonly value: Value } | { readonly unknown: string }

export function knownValue<Value>(known: Known<Value>): Value | undefined {
  return 'value' in known ? known.value : undefined
}

/** The least that all checks need. */
export const EXAMPLE_ROLES = pageAt('manifests/examples/doctor/cluster-role.yaml')

/** The finding of a check that could not read what it needs; nothing where it could. */
export function notRead(what: string, right: string, ...all: readonly Known<unknown>[]): DoctorFinding[] {
  const whys = new Set(all.flatMap((known) => ('unknown' in known ? [known.unknown] : [])))
  const [why] = whys
  if (why === undefined) return []
  return [
    {
      code: 'NOT_READ',
      message: `${what} could not be read: ${why.replace(/[.\s]+$/, '')}`,
      fix: `grant ${right}, as ${EXAMPLE_ROLES} does, and run holdfast doctor again`
    }
  ]
}

/** The two webhook configurations of an installation, and what else there is of the kind. */
export interface Configurations {
  /** Names of those that were chosen; undefined where there is none. */
  readonly mutating: string | undefined
  readonly validating: string | undefined
  readonly entries: readonly InstalledEntry[]
  /** Annotations of both. */
  readonly annotations: readonly JsonObject[]
  /** Others that call this Service, or that have entries of Holdfast: "MutatingWebhookConfiguration old". */
  readonly others: Known<readonly OtherConfiguration[]>
}

export interface OtherConfiguration {
  readonly kind: string
  readonly name: string
  /** Whether it calls the Service of this installation. */
  readonly isSameService: boolean
}

/** Counters of one replica, read before and after. Names of series are those of docs/metrics.md. */
export interface Replica {
  readonly pod: string
  readonly metrics: Known<string>
}

/** The counters that a dry run may change: those of the replicas, and those of the API server. */
export interface Counters {
  readonly replicas: Known<readonly Replica[]>
  readonly apiServer: Known<string>
}

export type DryRunAnswer =
  | { readonly kind: 'created'; readonly object: JsonObject; readonly warnings: readonly string[]; readonly ms: number }
  | { readonly kind: 'refused'; readonly status: number; readonly message: string; readonly ms: number }

/** Dry runs for one entry, in one namespace. */
export interface DryRun {
  readonly entry: string
  readonly namespace: string
  readonly answers: readonly DryRunAnswer[]
  readonly before: Counters
  readonly after: Counters
}

/** Everything that was read of an installation, before anybody has looked at it. */
export interface Evidence {
  /** Of this program. */
  readonly version: string
  /** Milliseconds since 1970. */
  readonly now: number
  readonly namespace: string
  readonly configurations: Known<Configurations>
  readonly service: Known<JsonObject | undefined>
  /** Those whose Pods the Service selects, as are Pods and budgets. */
  readonly deployments: Known<readonly JsonObject[]>
  readonly pods: Known<readonly JsonObject[]>
  readonly endpointSlices: Known<readonly JsonObject[]>
  readonly budgets: Known<readonly JsonObject[]>
  /** Of the whole cluster. */
  readonly namespaces: Known<readonly JsonObject[]>
  /** PEM of what is served; `source` says where it was found. */
  readonly served: Known<ServedCertificate>
  readonly certManager: Known<CertManager>
  /** What an entry, the flags and the configuration let the policy of the dry run do in a namespace. */
  modeIn(namespace: string, entry: string): Known<Mode>
  readonly dryRuns: readonly DryRun[]
  /** Read before the first dry run and behind the last one. */
  readonly counters: { readonly before: Counters; readonly after: Counters }
  /** What the API server's own proxy to the Service says; undefined where nobody asked. */
  readonly proxied: Known<string> | undefined
}

export interface ServedCertificate {
  readonly source: string
  readonly pem: string
}

/** Undefined where the cluster does not know the kind. */
export interface CertManager {
  readonly certificates: readonly JsonObject[] | undefined
  readonly issuers: readonly JsonObject[] | undefined
}
