import { integerOf, type JsonObject, listOf, objectOf, textOf } from '../values/json.ts'
import { metadataOf, specOf } from './metadata.ts'

/** The claim templates of a StatefulSet. */
export function claimTemplatesOf(set: JsonObject): readonly JsonObject[] {
  return listOf(specOf(set).volumeClaimTemplates).map(objectOf)
}

/** The name of a claim template; empty where it has none. */
export function templateNameOf(template: JsonObject | undefined): string {
  return textOf(metadataOf(template ?? {}).name) ?? ''
}

/** The numbers of a StatefulSet's Pods: `count` of them from `first` on. */
export interface Ordinals {
  readonly first: number
  readonly count: number
}

export function ordinalsOf(set: JsonObject): Ordinals {
  const { replicas, ordinals } = specOf(set)
  return {
    first: Math.max(0, integerOf(objectOf(ordinals).start) ?? 0),
    count: Math.max(0, integerOf(replicas) ?? 1)
  }
}

/** Whether deleting the StatefulSet deletes its claims: they then carry it as their owner. */
export function deletesClaims(set: JsonObject): boolean {
  return objectOf(specOf(set).persistentVolumeClaimRetentionPolicy).whenDeleted === 'Delete'
}

/** What stops, what stays and what is lost when somebody deletes the StatefulSet; without a full stop. */
export function deletionInWords(set: JsonObject): string {
  if (claimTemplatesOf(set).length === 0) return 'its Pods stop'
  return deletesClaims(set)
    ? 'its Pods stop; its PVCs and their data go with it, because persistentVolumeClaimRetentionPolicy.whenDeleted is Delete'
    : 'its Pods stop; its PVCs stay, but are not used'
}
