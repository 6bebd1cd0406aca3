import { annotationsOf, labelsOf, metadataOf, specOf } from '../core/objects/metadata.ts'
import { type JsonObject, listOf, objectOf, own, textOf } from '../core/values/json.ts'

/** Of `metadata`, what the API server writes, and what nobody may hand to it. */
const OF_THE_SERVER = new Set([
  'uid',
  'resourceVersion',
  'generation',
  'creationTimestamp',
  'deletionTimestamp',
  'deletionGracePeriodSeconds',
  'managedFields',
  'selfLink'
])

/** How somebody is told of a deletion that goes on: no part of what the object is. */
const DELETION_FINALIZERS: readonly unknown[] = ['orphan', 'foregroundDeletion']

/** An object as it can be created again. */
export function withoutServerFields({ status: _, ...object }: JsonObject): JsonObject {
  const kept = Object.entries(metadataOf(object)).filter(([key]) => !OF_THE_SERVER.has(key))
  const { finalizers, ...metadata }: Record<string, unknown> = Object.fromEntries(kept)
  const others = listOf(finalizers).filter((one) => !DELETION_FINALIZERS.includes(one))
  return { ...object, metadata: { ...metadata, ...(others.length > 0 && { finalizers: others }) } }
}

/** Who applies an object, as the API server keeps it in `metadata.managedFields`. */
export interface Applier {
  readonly manager: string
  /** Whether by server-side apply, where a field that is no longer applied goes away. */
  readonly isServerSide: boolean
  /** Keys of labels and annotations that are its own. */
  readonly labels: readonly string[]
  readonly annotations: readonly string[]
}

/** Whoever wrote the template of the Pods, server-side apply first; undefined where nobody is known. */
export function applierOf(live: JsonObject): Applier | undefined {
  const entries = listOf(metadataOf(live).managedFields).map(objectOf)
  const owners = entries.filter(({ subresource, fieldsV1 }) => {
    return !subresource && own(objectOf(own(objectOf(fieldsV1), 'f:spec')), 'f:template') !== undefined
  })
  const owner = owners.find(({ operation }) => operation === 'Apply') ?? owners[0]
  const manager = textOf(owner?.manager)
  if (owner === undefined || !manager) return undefined
  const metadata = objectOf(objectOf(owner.fieldsV1)['f:metadata'])
  const keysIn = (map: string) => Object.keys(objectOf(metadata[map])).map((key) => key.replace(/^f:/, ''))
  return {
    manager,
    isServerSide: owner.operation === 'Apply',
    labels: keysIn('f:labels'),
    annotations: keysIn('f:annotations')
  }
}

/**
 * What is created in the place of a StatefulSet: what is in the file, and all that an update would have left as it is.
 * The number of replicas is that of the one that runs, so that all of its Pods are adopted and none is added or stopped;
 * scaling is left to whoever applies the file, or to an autoscaler.
 *
 * @param old with or without the fields of the server
 */
export function successorOf(manifest: JsonObject, old: JsonObject, namespace: string, applier?: Applier): JsonObject {
  const { finalizers, ownerReferences } = metadataOf(old)
  // What its applier had there and has no longer would be removed by an update.
  const labels = { ...keptOf(labelsOf(old), applier?.isServerSide ? applier.labels : NONE), ...labelsOf(manifest) }
  const annotations = {
    ...keptOf(annotationsOf(old), applier?.isServerSide ? applier.annotations : NONE),
    ...annotationsOf(manifest)
  }
  const metadata = {
    ...metadataOf(withoutServerFields(manifest)),
    namespace,
    ...(Object.keys(labels).length > 0 && { labels }),
    ...(Object.keys(annotations).length > 0 && { annotations }),
    ...(listOf(ownerReferences).length > 0 && { ownerReferences }),
    ...(listOf(finalizers).length > 0 && { finalizers })
  }
  const { replicas } = specOf(old)
  const spec = {
    ...specOf(manifest),
    ...(replicas !== undefined && { replicas }),
    template: withRestart(objectOf(specOf(manifest).template), objectOf(specOf(old).template))
  }
  return { ...withoutServerFields(manifest), metadata, spec }
}

/**
 * What its applier applies of a StatefulSet that is there: what is in the file, and what Helm adds to that. Where the file
 * has replicas, they are those that run.
 */
export function appliedOf(manifest: JsonObject, live: JsonObject): JsonObject {
  const { name, namespace } = metadataOf(live)
  const labels = { ...helmsOf(labelsOf(live)), ...labelsOf(manifest) }
  const annotations = { ...helmsOf(annotationsOf(live)), ...annotationsOf(manifest) }
  const spec = specOf(manifest)
  return {
    apiVersion: manifest.apiVersion,
    kind: manifest.kind,
    metadata: { name, namespace, labels, annotations },
    spec: 'replicas' in spec ? { ...spec, replicas: specOf(live).replicas } : spec
  }
}

function helmsOf(map: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(map).filter(([key]) => HELM.test(key)))
}

/** What `kubectl rollout restart` leaves in a template, and what no manifest has. */
export const RESTARTED_AT = 'kubectl.kubernetes.io/restartedAt'

/** Without it the template would be another one, and all Pods would be restarted for nothing. */
function withRestart(template: JsonObject, old: JsonObject): JsonObject {
  const before = own(annotationsOf(old), RESTARTED_AT)
  if (before === undefined || own(annotationsOf(template), RESTARTED_AT) !== undefined) return template
  const annotations = { ...annotationsOf(template), [RESTARTED_AT]: before }
  return { ...template, metadata: { ...metadataOf(template), annotations } }
}

const NONE: readonly string[] = []

/** Helm looks at its own before it touches an object. */
const HELM = /^meta\.helm\.sh\/|^app\.kubernetes\.io\/managed-by$/

function keptOf(map: JsonObject, owned: readonly string[]): JsonObject {
  return Object.fromEntries(Object.entries(map).filter(([key]) => HELM.test(key) || !owned.includes(key)))
}
