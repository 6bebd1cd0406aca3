import { POD, type Resource } from '../core/objects/kinds.ts'
import { kindOf, metadataOf, nameOfObject, specOf } from '../core/objects/metadata.ts'
import { WORKLOADS } from '../core/objects/workload.ts'
import { PHASES, type Subject } from '../core/subject.ts'
import { type JsonObject, objectOf } from '../core/values/json.ts'
import type { Path } from '../core/values/path.ts'
import { withDefaults } from './defaults.ts'

/** An object in a file is checked for both phases at once. */

/** Something to check in an object of a file. */
export interface FiledSubject {
  readonly subject: Subject
  /** From the object to what is checked: empty, or the template of the Pods that it makes. */
  readonly within: Path
}

const TEMPLATE: Path = ['spec', 'template']

/**
 * What the webhook would be asked about when an object of a file is applied: the object itself, created or updated, and
 * a Pod as its controller creates it.
 *
 * @param previous what is there already; undefined for an object that is new
 * @param namespace the one that the object is in, `''` where nobody said
 */
export function subjectsOf(
  object: JsonObject,
  previous: JsonObject | undefined,
  namespace: string
): readonly [own: FiledSubject, ...made: FiledSubject[]] {
  const own = subjectOf(object, previous, namespace)
  const pod = podOf(own)
  return [{ subject: own, within: [] }, ...(pod === undefined ? [] : [{ subject: pod, within: TEMPLATE }])]
}

/** An object of a file as the webhook would be asked about it: with the defaults that the API server fills in. */
export function subjectOf(object: JsonObject, previous: JsonObject | undefined, namespace: string): Subject {
  return subjectOfStored(withDefaults(object), previous && withDefaults(previous), namespace)
}

/** The same for objects that have their defaults, such as those that the API server lists. */
export function subjectOfStored(object: JsonObject, previous: JsonObject | undefined, namespace: string): Subject {
  const { group, kind } = kindOf(object)
  return {
    phases: PHASES,
    operation: previous === undefined ? 'CREATE' : 'UPDATE',
    group,
    kind,
    namespace,
    name: nameOfObject(object),
    object,
    oldObject: previous ?? {}
  }
}

export function isOfKind({ group, kind }: Resource, object: JsonObject): boolean {
  const own = kindOf(object)
  return own.kind === kind && own.group === group
}

/** The Pod that a workload's controller will create, of which the webhook is asked by itself. */
function podOf({ object, kind, namespace, name }: Subject): Subject | undefined {
  if (!WORKLOADS.some((resource) => isOfKind(resource, object))) return undefined
  const template = objectOf(specOf(object).template)
  const { labels, annotations } = metadataOf(template)
  const owner = { apiVersion: object.apiVersion, kind, name, controller: true }
  const metadata = { labels, annotations, ownerReferences: [owner], generateName: `${name}-`, namespace }
  const pod = { apiVersion: POD.version, kind: POD.kind, metadata, spec: template.spec }
  return subjectOfStored(pod, undefined, namespace)
}
