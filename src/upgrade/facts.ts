import { claimTemplatesOf, templateNameOf } from '../core/objects/claim-templates.ts'
import { metadataOf, nameOfObject } from '../core/objects/metadata.ts'
import type { Subject } from '../core/subject.ts'
import { type JsonObject, listOf, objectOf, textOf } from '../core/values/json.ts'

/** What is in the cluster around a StatefulSet, before anything is changed. */
export interface ClusterFacts {
  /** The Pods that have a name of the StatefulSet's, whoever they belong to. */
  readonly pods: readonly JsonObject[]
  /** The claims that have a name of the StatefulSet's templates. */
  readonly claims: readonly JsonObject[]
  /** HorizontalPodAutoscalers that scale it. */
  readonly autoscalers: readonly JsonObject[]
  /** All storage classes; empty where nothing has to be known of them. */
  readonly classes: readonly JsonObject[]
}

/** Whether a name is `PREFIX-0`, `PREFIX-1` and so on: how a StatefulSet calls what it makes. */
function isNumbered(name: string, prefix: string): boolean {
  return name.startsWith(`${prefix}-`) && /^(0|[1-9]\d{0,8})$/.test(name.slice(prefix.length + 1))
}

export function podsNamedAfter(set: string, pods: readonly JsonObject[]): JsonObject[] {
  return pods.filter((pod) => isNumbered(nameOfObject(pod), set))
}

export function claimsNamedAfter({ object, oldObject, name }: Subject, claims: readonly JsonObject[]): JsonObject[] {
  const templates = new Set([...claimTemplatesOf(oldObject), ...claimTemplatesOf(object)].map(templateNameOf))
  return claims.filter((claim) => [...templates].some((template) => isClaimOf(claim, template, name)))
}

export function isClaimOf(claim: JsonObject, template: string, set: string): boolean {
  return isNumbered(nameOfObject(claim), `${template}-${set}`)
}

export function uidOf(object: JsonObject): string {
  return textOf(metadataOf(object).uid) ?? ''
}

export function isTerminating(object: JsonObject): boolean {
  return metadataOf(object).deletionTimestamp !== undefined
}

/** The owner that controls an object; undefined where none does. */
export function controllerUidOf(object: JsonObject): string | undefined {
  const owners = listOf(metadataOf(object).ownerReferences).map(objectOf)
  return textOf(owners.find(({ controller }) => controller === true)?.uid)
}

export function isOwnedBy(object: JsonObject, uid: string): boolean {
  return listOf(metadataOf(object).ownerReferences).some((owner) => objectOf(owner).uid === uid)
}
