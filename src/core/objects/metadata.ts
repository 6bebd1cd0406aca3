import { type JsonObject, objectOf, textOf } from '../values/json.ts'

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
export function nameOfObject(object: JsonObject): string {
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
