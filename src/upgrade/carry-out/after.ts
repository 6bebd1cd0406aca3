import { ordinalsOf } from '../../core/objects/claim-templates.ts'
import { labelsOf, nameOfObject, specOf } from '../../core/objects/metadata.ts'
import { type JsonObject, listOf, objectOf, own, textOf } from '../../core/values/json.ts'
import { controllerUidOf, isTerminating, uidOf } from '../facts.ts'
import { RESTARTED_AT } from '../successor.ts'
import { isObserved, MERGE, unchanged } from './claims.ts'
import type { ClusterView } from './cluster-view.ts'
import { eventually, Stopped } from './eventually.ts'
import type { Job, Tools } from './job.ts'

/**
 * Settles with all of the Pods when the new StatefulSet is their controller.
 *
 * @throws Stopped
 */
export async function adopt(job: Job, view: ClusterView, tools: Tools): Promise<JsonObject[]> {
  return eventually(tools, `the Pods of ${job.name} to have the new StatefulSet as their controller`, async () => {
    const set = await newSet(job, view)
    const pods = await view.pods()
    const hasOwn = pods.some((pod) => controllerUidOf(pod) === uidOf(set))
    return (hasOwn || ordinalsOf(set).count === 0) && pods.every((pod) => isSettled(pod, set)) ? pods : undefined
  })
}

/**
 * Settles with all claims when they are those from before.
 *
 * @throws Stopped
 */
export async function sameClaims(view: ClusterView, tools: Tools): Promise<JsonObject[]> {
  const saved = await tools.journal.find()
  const claims = await eventually(tools, 'the PVCs', () => view.claims())
  refuseOtherClaims(saved?.claims ?? {}, claims)
  return claims
}

async function newSet(job: Job, view: ClusterView): Promise<JsonObject> {
  const set = await view.set()
  if (set !== undefined && uidOf(set) !== job.oldUid && !isTerminating(set)) return set
  throw new Stopped('another client has deleted the new StatefulSet: run this again')
}

/** One that stops has had its time, and comes back as a new one. */
function isSettled(pod: JsonObject, set: JsonObject): boolean {
  return isTerminating(pod) ? controllerUidOf(pod) !== undefined : controllerUidOf(pod) === uidOf(set)
}

function refuseOtherClaims(before: Readonly<Record<string, string>>, claims: readonly JsonObject[]): void {
  const now = new Map(claims.map((claim) => [nameOfObject(claim), claim]))
  for (const [name, uid] of Object.entries(before)) {
    const claim = now.get(name)
    if (claim === undefined || uidOf(claim) !== uid) throw new Stopped(`PVC ${name} is not the one from before`)
    if (isTerminating(claim)) throw new Stopped(`PVC ${name} is being deleted by another client`)
  }
}

/**
 * Settles when no Pod has the name of another service than the StatefulSet says. Pods whose template has changed are
 * replaced anyway; the others are restarted. Each Pod has the whole time for itself.
 */
export async function restartPods(
  job: Job,
  view: ClusterView,
  tools: Tools,
  through: 'template' | 'deletion'
): Promise<void> {
  for (let left = Number.POSITIVE_INFINITY; left > 0; ) {
    left = await eventually(tools, `the Pods of ${job.name} to have the name of the new service`, async () => {
      const set = await newSet(job, view)
      if (!isObserved(set)) return undefined
      const pods = await view.pods()
      const old = pods.filter((pod) => nameOfService(specOf(pod).subdomain) !== nameOfService(specOf(set).serviceName))
      if (old.length < left) return old.length
      await (through === 'deletion' ? restartNext(set, pods, old, view, tools) : restartAll(set, old, view, tools))
      return undefined
    })
  }
}

function nameOfService(name: unknown): string {
  return textOf(name) ?? ''
}

/** Through the template, so that the controller does it; only where it does not do so anyway. */
async function restartAll(set: JsonObject, old: readonly JsonObject[], view: ClusterView, tools: Tools): Promise<void> {
  if (!old.some((pod) => own(labelsOf(pod), REVISION) === objectOf(set.status).updateRevision)) return
  const annotations = { [RESTARTED_AT]: new Date(tools.now()).toISOString() }
  const spec = { template: { metadata: { annotations } } }
  await tools.api.patch(view.setPath, MERGE, { metadata: unchanged(set), spec })
  tools.tell('the controller restarts the Pods, one after the other')
}

const REVISION = 'controller-revision-hash'

/** Highest number first, as the controller does it; the next when all others are ready. */
async function restartNext(
  set: JsonObject,
  pods: readonly JsonObject[],
  old: readonly JsonObject[],
  view: ClusterView,
  tools: Tools
): Promise<void> {
  const next = old.toSorted((one, other) => numberOf(other) - numberOf(one)).find((pod) => !isTerminating(pod))
  const others = pods.filter((pod) => pod !== next)
  if (next === undefined || pods.length < ordinalsOf(set).count || !others.every(isReady)) return
  await tools.api.remove(view.podPath(nameOfObject(next)), { uid: uidOf(next) })
  tools.tell(`Pod ${nameOfObject(next)} is restarted`)
}

function numberOf(pod: JsonObject): number {
  return Number(nameOfObject(pod).split('-').at(-1))
}

function isReady(pod: JsonObject): boolean {
  const conditions = listOf(objectOf(pod.status).conditions).map(objectOf)
  return !isTerminating(pod) && conditions.some(({ type, status }) => type === 'Ready' && status === 'True')
}
