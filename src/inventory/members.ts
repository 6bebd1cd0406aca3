import { isAnnotatedForBackup } from '../core/objects/backup.ts'
import { CONFIG_MAP, PERSISTENT_VOLUME_CLAIM, POD, type Resource } from '../core/objects/kinds.ts'
import { kindOf, metadataOf } from '../core/objects/metadata.ts'
import { RUNNER_KINDS, runnersOf } from '../core/programs/runners.ts'
import type { Subject } from '../core/subject.ts'
import { type JsonObject, objectOf, wordOf } from '../core/values/json.ts'
import { isOfKind } from './subjects.ts'
import { InvalidDocument, valuesIn } from './yaml/parse.ts'

/**
 * Whether policies over Sets may ever look at an object: of the workloads those that run something of the stack, of the
 * ConfigMaps those that hold YAML, of Pods and PVCs those that ask for a backup. All that a Set holds is in memory at once.
 */
export function isMember(subject: Subject): boolean {
  const { object } = subject
  if (RUNNER_KINDS.some((resource) => isOfKind(resource, object))) return runnersOf(subject).length > 0
  if (isOfKind(CONFIG_MAP, object)) return Object.keys(objectOf(object.data)).some((key) => /\.ya?ml$/.test(key))
  if ([POD, PERSISTENT_VOLUME_CLAIM].some((resource) => isOfKind(resource, object))) return isAnnotatedForBackup(object)
  return true
}

/** Whether an object is of one of these kinds. */
export function isOneOf(resources: readonly Resource[], object: JsonObject): boolean {
  const { group, kind } = kindOf(object)
  return resources.some((resource) => resource.group === group && resource.kind === kind)
}

/** A member without what nobody looks at, which is most of a small object. */
export function slim(subject: Subject): Subject {
  const { status: _, ...object } = subject.object
  const { managedFields: __, ...metadata } = metadataOf(object)
  const annotations = Object.entries(objectOf(metadata.annotations)).filter(
    ([, value]) => wordOf(value).length <= LONGEST_ANNOTATION
  )
  return { ...subject, object: { ...object, metadata: { ...metadata, annotations: Object.fromEntries(annotations) } } }
}

/** In longer ones kubectl and others keep whole objects. No policy reads them. */
const LONGEST_ANNOTATION = 1000

/** What a YAML text says; undefined for what is no YAML, or several documents. */
export function yamlValue(text: string): unknown {
  try {
    const values = valuesIn(text)
    return values.length === 1 ? values[0]?.value : undefined
  } catch (error) {
    if (error instanceof InvalidDocument) return undefined
    throw error
  }
}
