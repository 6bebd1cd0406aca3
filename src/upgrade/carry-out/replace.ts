import { metadataOf, specOf } from '../../core/objects/metadata.ts'
import type { Cascade } from '../../core/objects/replacement.ts'
import { digestOf } from '../../core/values/canonical.ts'
import { type JsonObject, listOf, objectOf } from '../../core/values/json.ts'
import { ApiError } from '../../kubernetes/api-error.ts'
import { controllerUidOf, isTerminating, uidOf } from '../facts.ts'
import { appliedOf } from '../successor.ts'
import { claimsOwnedBy, isRetaining, keepClaims, MERGE, unchanged } from './claims.ts'
import type { ClusterView } from './cluster-view.ts'
import { eventually, Stopped } from './eventually.ts'
import type { Job, Tools } from './job.ts'

/** Who owns the fields of what we create, until they are handed over. */
const MANAGER = 'holdfast'

/** Settles when the old StatefulSet is gone, and with `Background` when its Pods are about to stop. */
export async function deleteSet(job: Job, view: ClusterView, tools: Tools, cascade: Cascade): Promise<void> {
  await eventually(tools, `StatefulSet ${job.name} to be gone`, async () => {
    const set = await view.set()
    if (set === undefined || uidOf(set) !== job.oldUid) return true
    if (isTerminating(set)) return undefined
    await refuseChanged(set, tools)
    // Whatever the plan says: of nothing else would data be lost.
    if (!isRetaining(set) || (await claimsOwnedBy(job, tools)).length > 0) {
      await keepClaims(job, view, tools)
      return undefined
    }
    await noteDeletion(tools)
    await tools.api.remove(view.setPath, unchanged(set), cascade === 'orphan' ? 'Orphan' : 'Background')
    tools.tell(
      cascade === 'orphan'
        ? `StatefulSet ${job.name} is deleted, its Pods go on`
        : `StatefulSet ${job.name} and its Pods are deleted`
    )
    return undefined
  })
  if (cascade === 'orphan') return
  await eventually(tools, 'the old Pods to stop', async () => {
    const pods = await view.pods()
    return pods.some((pod) => controllerUidOf(pod) === job.oldUid && !isTerminating(pod)) ? undefined : true
  })
}

/** What runs has to be what was planned with, and what can be put back. */
async function refuseChanged(set: JsonObject, { journal }: Tools): Promise<void> {
  const saved = await journal.find()
  if (saved !== undefined && isSameSpec(saved.object, set)) return
  throw new Stopped('another client has changed the StatefulSet meanwhile, and nothing is deleted: run this again')
}

/** Apart from whenDeleted, which is ours to change. */
export function isSameSpec(one: JsonObject, other: JsonObject): boolean {
  const compared = (set: JsonObject) => {
    const { persistentVolumeClaimRetentionPolicy: policy, ...spec } = specOf(set)
    return digestOf({ ...spec, whenScaled: objectOf(policy).whenScaled ?? 'Retain' })
  }
  return compared(one) === compared(other)
}

async function noteDeletion({ journal, now }: Tools): Promise<void> {
  const saved = await journal.find()
  if (saved !== undefined && saved.deletedAt === undefined) await journal.save({ ...saved, deletedAt: now() })
}

/**
 * Settles with the StatefulSet that is there instead of the old one. Where the API server refuses to create it, the old
 * one is put back.
 *
 * @throws Stopped
 */
export async function createSet(job: Job, view: ClusterView, tools: Tools): Promise<JsonObject> {
  try {
    return await created(job, view, tools, job.successor)
  } catch (error) {
    if (error instanceof ApiError || error instanceof Stopped) throw await putBack(job, view, tools, error.message)
    throw error
  }
}

async function created(job: Job, view: ClusterView, tools: Tools, object: JsonObject): Promise<JsonObject> {
  const manager = job.applier === undefined || job.applier.isServerSide ? MANAGER : job.applier.manager
  return eventually(tools, `StatefulSet ${job.name} to be created`, async () => {
    const set = await view.set()
    if (set !== undefined) return uidOf(set) === job.oldUid || isTerminating(set) ? undefined : set
    await tools.api.create(`${view.setsPath}?fieldManager=${encodeURIComponent(manager)}`, object)
    tools.tell(`StatefulSet ${job.name} is created`)
    return undefined
  })
}

/** What to throw then. */
async function putBack(job: Job, view: ClusterView, tools: Tools, why: string): Promise<Error> {
  const saved = await tools.journal.find()
  if (saved === undefined) {
    return new Stopped(`the new StatefulSet could not be created, and its Pods have no controller: ${why}`)
  }
  const file = tools.journal.fileOf(saved.uid)
  try {
    const set = await created(job, view, tools, saved.object)
    if (!isSameSpec(saved.object, set)) return new Stopped(`there is a new StatefulSet, but: ${why}`)
    await tools.journal.finish()
    return new Stopped(`the new StatefulSet could not be created, and the old one is back: ${why}`)
  } catch (error) {
    if (!(error instanceof ApiError || error instanceof Stopped)) throw error
    return new Stopped(
      `the new StatefulSet could not be created (${why}), and the old one could not be put back (${error.message}): its Pods have no controller until "kubectl create -f ${file}"`
    )
  }
}

/**
 * Gives the fields of a new StatefulSet to whoever applies it by server-side apply. The next apply would otherwise be a
 * conflict with us, and what it leaves out would stay.
 */
export async function handOver(job: Job, view: ClusterView, tools: Tools): Promise<void> {
  const { applier } = job
  if (applier === undefined || !applier.isServerSide) return
  await eventually(tools, `${applier.manager} to own the fields`, async () => {
    const set = await view.set()
    if (set === undefined) throw new Stopped('another client has deleted the new StatefulSet')
    const entries = listOf(metadataOf(set).managedFields).map(objectOf)
    const others = entries.filter(({ manager }) => manager !== MANAGER)
    if (others.length === entries.length) return true
    if (!others.some(({ manager, operation }) => manager === applier.manager && operation === 'Apply')) {
      const path = `${view.setPath}?fieldManager=${encodeURIComponent(applier.manager)}&force=true`
      await tools.api.patch(path, 'application/apply-patch+yaml', appliedOf(job.manifest, set))
      return undefined
    }
    await tools.api.patch(view.setPath, MERGE, { metadata: { ...unchanged(set), managedFields: others } })
    return undefined
  })
}
