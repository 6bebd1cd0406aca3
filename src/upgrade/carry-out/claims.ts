import { claimTemplatesOf, templateNameOf } from '../../core/objects/claim-templates.ts'
import { PERSISTENT_VOLUME_CLAIM } from '../../core/objects/kinds.ts'
import { labelsOf, metadataOf, nameOfObject, specOf } from '../../core/objects/metadata.ts'
import { amountOf } from '../../core/objects/quantity.ts'
import { integerOf, type JsonObject, listOf, objectOf, textOf } from '../../core/values/json.ts'
import type { ClassChange } from '../action.ts'
import { isClaimOf, isOwnedBy, uidOf } from '../facts.ts'
import { allOf, type ClusterView } from './cluster-view.ts'
import { eventually, Stopped } from './eventually.ts'
import type { Job, Tools } from './job.ts'

export const MERGE = 'application/merge-patch+json'

/** What has to be true of an object for a change to reach it. */
export function unchanged(object: JsonObject): JsonObject {
  const { uid, resourceVersion } = metadataOf(object)
  return { uid, resourceVersion }
}

/** Whether its controller knows of the last change. */
export function isObserved(set: JsonObject): boolean {
  return (integerOf(objectOf(set.status).observedGeneration) ?? 0) >= (integerOf(metadataOf(set).generation) ?? 0)
}

export function isRetaining(set: JsonObject): boolean {
  return objectOf(specOf(set).persistentVolumeClaimRetentionPolicy).whenDeleted !== 'Delete'
}

/**
 * Settles when no claim goes with the StatefulSet. Its controller gives claims their owner, so that it has to know of
 * Retain before anybody takes the owner away.
 */
export async function keepClaims(job: Job, view: ClusterView, tools: Tools): Promise<void> {
  const { api } = tools
  await eventually(tools, `the PVCs of ${job.name} to lose their owner`, async () => {
    const set = await view.set()
    if (set === undefined || uidOf(set) !== job.oldUid) return true
    if (!isRetaining(set)) {
      const spec = { persistentVolumeClaimRetentionPolicy: { whenDeleted: 'Retain' } }
      await api.patch(view.setPath, MERGE, { metadata: unchanged(set), spec })
      tools.tell('whenDeleted is Retain now')
      return undefined
    }
    if (!isObserved(set)) return undefined
    const owned = await claimsOwnedBy(job, tools)
    if (owned.length === 0) return true
    for (const claim of owned) {
      const others = listOf(metadataOf(claim).ownerReferences).filter((owner) => objectOf(owner).uid !== job.oldUid)
      const metadata = { ...unchanged(claim), ownerReferences: others.length === 0 ? null : others }
      await api.patch(view.claimPath(nameOfObject(claim)), MERGE, { metadata })
      tools.tell(`PVC ${nameOfObject(claim)} has no owner any more`)
    }
    return undefined
  })
}

/** All in the namespace, of whatever name: what the garbage collector goes by is the uid. */
export async function claimsOwnedBy({ namespace, oldUid }: Job, { api }: Tools): Promise<JsonObject[]> {
  const claims = await allOf(api, PERSISTENT_VOLUME_CLAIM, namespace)
  return claims.filter((claim) => oldUid !== undefined && isOwnedBy(claim, oldUid))
}

/** Settles when each volume has its size, or waits for a start of its Pod to have it. */
export async function resizeClaims(
  job: Job,
  view: ClusterView,
  tools: Tools,
  resizes: readonly { readonly template: string; readonly to: unknown }[]
): Promise<void> {
  for (const { template, to } of resizes) {
    const told = new Set<string>()
    await eventually(tools, `the volumes of the template ${template} to grow`, async () => {
      const claims = (await view.claims()).filter((claim) => isClaimOf(claim, template, job.name))
      const waiting: JsonObject[] = []
      for (const claim of claims) {
        if (sizeOf(specOf(claim).resources, 'requests') < (amountOf(to) ?? 0)) {
          const spec = { resources: { requests: { storage: String(to) } } }
          await tools.api.patch(view.claimPath(nameOfObject(claim)), MERGE, { metadata: unchanged(claim), spec })
          tools.tell(`PVC ${nameOfObject(claim)} asks for ${String(to)}`)
          waiting.push(claim)
        } else if (isGrowing(claim, amountOf(to) ?? 0, (text) => void (told.has(text) || told.add(text)))) {
          waiting.push(claim)
        }
      }
      return waiting.length === 0 ? true : undefined
    })
    for (const text of told) tools.tell(text)
  }
}

/** @throws Stopped where it never will */
function isGrowing(claim: JsonObject, wanted: number, tell: (text: string) => void): boolean {
  const status = objectOf(claim.status)
  if (sizeOf(status, 'capacity') >= wanted) return false
  const name = nameOfObject(claim)
  const conditions = listOf(status.conditions).map(objectOf)
  const state = textOf(objectOf(status.allocatedResourceStatuses).storage) ?? ''
  if (state.endsWith('Infeasible')) {
    throw new Stopped(`the volume of PVC ${name} cannot grow (${state}): kubectl describe pvc ${name} says why`)
  }
  const isLeftToNode =
    state.startsWith('NodeResize') ||
    conditions.some(({ type, status }) => type === 'FileSystemResizePending' && status === 'True')
  if (!isLeftToNode) return true
  tell(`PVC ${name} is FileSystemResizePending: its file system grows when its Pod starts anew`)
  return false
}

function sizeOf(resources: unknown, map: 'requests' | 'capacity'): number {
  return amountOf(objectOf(objectOf(resources)[map]).storage) ?? 0
}

export async function changeClasses(
  job: Job,
  view: ClusterView,
  tools: Tools,
  changes: readonly ClassChange[]
): Promise<void> {
  for (const { template, to } of changes) {
    await eventually(tools, `the volumes of the template ${template} to have the attributes ${to}`, async () => {
      const claims = (await view.claims()).filter((claim) => isClaimOf(claim, template, job.name))
      const asked = claims.filter((claim) => specOf(claim).volumeAttributesClassName !== to)
      for (const claim of asked) {
        const spec = { volumeAttributesClassName: to }
        const answer = await tools.api.patch(view.claimPath(nameOfObject(claim)), MERGE, {
          metadata: unchanged(claim),
          spec
        })
        if (specOf(answer).volumeAttributesClassName !== to) {
          throw new Stopped('this API server does not know volumeAttributesClassName of PVCs')
        }
        tools.tell(`PVC ${nameOfObject(claim)} asks for the attributes ${to}`)
      }
      return asked.length === 0 && claims.every((claim) => hasClass(claim, to)) ? true : undefined
    })
  }
}

/** @throws Stopped where it never will */
function hasClass(claim: JsonObject, wanted: string): boolean {
  const { currentVolumeAttributesClassName: current, modifyVolumeStatus } = objectOf(claim.status)
  if (objectOf(modifyVolumeStatus).status === 'Infeasible') {
    const name = nameOfObject(claim)
    throw new Stopped(`the volume of PVC ${name} cannot have them: kubectl describe pvc ${name} says why`)
  }
  return current === wanted
}

/** The labels that the controller would give them today, on claims that are there; other labels stay. */
export async function relabelClaims(job: Job, view: ClusterView, tools: Tools): Promise<void> {
  const templates = claimTemplatesOf(job.subject.object)
  await eventually(tools, 'the PVCs to have their labels', async () => {
    let isDone = true
    for (const claim of await view.claims()) {
      const template = templates.find((one) => isClaimOf(claim, templateNameOf(one), job.name))
      const wanted = template && {
        ...labelsOf(template),
        ...objectOf(objectOf(specOf(job.subject.object).selector).matchLabels)
      }
      const missing = Object.entries(wanted ?? {}).filter(([key, value]) => labelsOf(claim)[key] !== value)
      if (missing.length === 0) continue
      isDone = false
      const metadata = { ...unchanged(claim), labels: Object.fromEntries(missing) }
      await tools.api.patch(view.claimPath(nameOfObject(claim)), MERGE, { metadata })
      tools.tell(`PVC ${nameOfObject(claim)} has the labels of its template`)
    }
    return isDone ? true : undefined
  })
}
