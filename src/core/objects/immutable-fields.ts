import { type Cluster, isAtLeast } from '../cluster.ts'
import type { Path } from '../values/path.ts'

/**
 * Which API servers refuse an update of a field. What a feature gate is to open, as KEP-4650 plans it for claim templates,
 * is a refusal that asks the Cluster for the gate: where the gate is on, nothing is refused and nothing restored.
 */
export interface Refusal {
  /** Undefined where it depends on something that is not known of the cluster. */
  by(cluster: Cluster): boolean | undefined
  /** The same as a clause about "it". */
  readonly inWords: string
}

/** A field of a StatefulSet that some API server lets no update change. */
export interface ImmutableField {
  /** `*` is any item of a list. */
  readonly path: Path
  readonly refused: Refusal
  /** What is put back, in words, where nothing is lost by putting the old value back. */
  readonly restorable?: string
}

const ALWAYS: Refusal = { by: () => true, inWords: 'no update may change it' }

/** @param minor the first version of Kubernetes 1 that lets an update change the field */
function before(minor: number): Refusal {
  return {
    by: ({ version }) => version && !isAtLeast(version, 1, minor),
    inWords: `no update may change it before Kubernetes 1.${minor}`
  }
}

const CLAIM_METADATA = 'labels or annotations of claim templates'

/**
 * All of them, in the order in which changes are named. A field is the first that its path begins with, and one that is
 * not here may change: `replicas`, `template`, `updateStrategy`, and those that an API server either lets change or does
 * not know at all (`minReadySeconds`, `persistentVolumeClaimRetentionPolicy`, `ordinals`).
 *
 * From ValidateStatefulSetUpdate in pkg/apis/apps/validation/validation.go of Kubernetes 1.25.16, 1.26.15, 1.31.0, 1.32.2,
 * 1.33.0, 1.33.13, 1.34.4, 1.35.4 and 1.36.3.
 */
export const IMMUTABLE_FIELDS: readonly ImmutableField[] = [
  {
    path: ['spec', 'volumeClaimTemplates', '*', 'metadata', 'labels'],
    refused: ALWAYS,
    restorable: CLAIM_METADATA
  },
  {
    path: ['spec', 'volumeClaimTemplates', '*', 'metadata', 'annotations'],
    refused: ALWAYS,
    restorable: CLAIM_METADATA
  },
  { path: ['spec', 'volumeClaimTemplates'], refused: ALWAYS },
  { path: ['spec', 'serviceName'], refused: ALWAYS },
  { path: ['spec', 'podManagementPolicy'], refused: ALWAYS },
  { path: ['spec', 'selector'], refused: ALWAYS },
  { path: ['spec', 'revisionHistoryLimit'], refused: before(33), restorable: 'revisionHistoryLimit' }
]

/** @param path to one of the fields, or into it */
export function immutableFieldAt(path: Path): ImmutableField {
  const isAt = (field: ImmutableField) => field.path.every((step, index) => step === '*' || step === path[index])
  return IMMUTABLE_FIELDS.find(isAt) as ImmutableField
}
