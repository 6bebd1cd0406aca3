import { type JsonObject, listOf, objectOf, textOf } from '../values/json.ts'
import { metadataOf, nameOfObject, specOf } from './metadata.ts'
/**
 * What a namespace of a cluster has of storage and of defaults, where a manifest only says what is asked for. What was not
 * read is absent: nothing follows from it.
 */
export interface Provision {
  /** By name. */
  readonly claims?: ReadonlyMap<string, Claim>
  /** Of the whole cluster, by name. */
  readonly classes?: ReadonlyMap<string, StorageClass>
  /** What LimitRanges give to a container that does not say: it has `requests` and `limits`. */
  readonly containerDefaults?: JsonObject
}

/** A PersistentVolumeClaim, as far as policies ask. */
export interface Claim {
  readonly name: string
  /** `Pending`, `Bound` or `Lost`. */
  readonly phase: string | undefined
  /** What its volume holds, as a quantity; before it has one, what it asks for. */
  readonly size: string | undefined
  readonly className: string | undefined
  /** Somebody deleted it: it stays for as long as a Pod uses it. */
  readonly isTerminating: boolean
}

export interface StorageClass {
  readonly name: string
  readonly isExpandable: boolean
  /** What becomes of a volume whose claim is deleted: `Delete` or `Retain`. */
  readonly reclaimPolicy: string
}

export function claimOf(object: JsonObject): Claim {
  const { resources, storageClassName } = specOf(object)
  const { phase, capacity } = objectOf(object.status)
  return {
    name: nameOfObject(object),
    phase: textOf(phase),
    size: textOf(objectOf(capacity).storage) ?? textOf(objectOf(objectOf(resources).requests).storage),
    className: textOf(storageClassName),
    isTerminating: metadataOf(object).deletionTimestamp !== undefined
  }
}

export function storageClassOf(object: JsonObject): StorageClass {
  const { allowVolumeExpansion, reclaimPolicy } = object
  return {
    name: nameOfObject(object),
    isExpandable: allowVolumeExpansion === true,
    // The API server's own default.
    reclaimPolicy: textOf(reclaimPolicy) ?? 'Delete'
  }
}

/** Of several LimitRanges, each adds what those before it leave open (plugin/pkg/admission/limitranger of the API server). */
export function containerDefaultsOf(limitRanges: readonly JsonObject[]): JsonObject {
  const items = limitRanges.flatMap((range) => listOf(specOf(range).limits).map(objectOf))
  const ofContainers = items.filter(({ type }) => type === 'Container').reverse()
  return {
    requests: Object.assign({}, ...ofContainers.map(({ defaultRequest }) => objectOf(defaultRequest))),
    limits: Object.assign({}, ...ofContainers.map((item) => objectOf(item.default)))
  }
}
