import type { Resource } from './objects/kinds.ts'
import { type JsonObject, objectOf, textOf } from './values/json.ts'

/** The two moments at which kube-apiserver asks a webhook. Built-in validation stands between them. */
export type Phase = 'mutate' | 'validate'

export type Operation = 'CREATE' | 'UPDATE'

/**
 * What is under review, whichever door it came through. The door has settled everything that a policy would otherwise
 * have to ask: the namespace and the name come from the request where the object does not have them yet, and an UPDATE
 * always has an old object.
 */
export interface Subject {
  /** A live review stands in one phase; a file or a listed object is judged for both. */
  readonly phases: readonly Phase[]
  readonly operation: Operation
  readonly group: string
  readonly kind: string
  readonly namespace: string
  /** Ends in `*` where the API server has yet to generate the name. */
  readonly name: string
  readonly object: JsonObject
  /** Empty on CREATE. */
  readonly oldObject: JsonObject
}

/** One combination that a policy wants to see. Manifests and the webhook's rules are checked against these. */
export interface Watch {
  readonly phase: Phase
  readonly operation: Operation
  readonly resource: Resource
}

export function isWatched(watches: readonly Watch[], subject: Subject): boolean {
  return watches.some(
    ({ phase, operation, resource }) =>
      operation === subject.operation &&
      resource.kind === subject.kind &&
      resource.group === subject.group &&
      subject.phases.includes(phase)
  )
}

export function metadataOf(object: JsonObject): JsonObject {
  return objectOf(object.metadata)
}

export function labelsOf(object: JsonObject): JsonObject {
  return objectOf(metadataOf(object).labels)
}

export function annotationsOf(object: JsonObject): JsonObject {
  return objectOf(metadataOf(object).annotations)
}

export function specOf(object: JsonObject): JsonObject {
  return objectOf(object.spec)
}

/** Ends in `*` where the API server has yet to generate it. */
export function nameOf(object: JsonObject): string {
  const { name, generateName } = metadataOf(object)
  return textOf(name) || (typeof generateName === 'string' ? `${generateName}*` : '')
}

/** What an object, or a reference to one, says that it is. */
export function kindOf(object: JsonObject): { readonly group: string; readonly kind: string } {
  const [group = '', version] = (textOf(object.apiVersion) ?? '').split('/')
  return { group: version === undefined ? '' : group, kind: textOf(object.kind) ?? '' }
}

/** The owner that controls the object, such as the ReplicaSet of a Pod. */
export function controllerOf(object: JsonObject): { readonly group: string; readonly kind: string } | undefined {
  const references = metadataOf(object).ownerReferences
  if (!Array.isArray(references)) return undefined
  const owner = kindOf(objectOf(references.find((reference) => objectOf(reference).controller === true)))
  return owner.kind === '' ? undefined : owner
}
