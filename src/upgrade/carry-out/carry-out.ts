import { nameOfObject } from '../../core/objects/metadata.ts'
import type { JsonObject } from '../../core/values/json.ts'
import type { Action } from '../action.ts'
import { isTerminating, uidOf } from '../facts.ts'
import { withoutServerFields } from '../successor.ts'
import { adopt, restartPods, sameClaims } from './after.ts'
import { changeClasses, keepClaims, relabelClaims, resizeClaims } from './claims.ts'
import { type ClusterView, viewOf } from './cluster-view.ts'
import { refusalOf } from './dry-run.ts'
import { eventually, Stopped } from './eventually.ts'
import type { Job, Tools } from './job.ts'
import { createSet, deleteSet, handOver, isSameSpec } from './replace.ts'

/** What has become of a StatefulSet: names. */
export interface CarriedOut {
  /** The same as before, by their uid. */
  readonly pods: readonly string[]
  readonly claims: readonly string[]
  /** New since then. */
  readonly newPods: readonly string[]
  readonly newClaims: readonly string[]
  readonly withoutControllerMs: number | undefined
}

/**
 * Takes the steps of a plan, in their order. Each of them looks first at what is there: where an earlier run got further,
 * it is done already.
 *
 * @throws Stopped or ApiError; the same job can be carried on then
 */
export async function carryOut(job: Job, tools: Tools): Promise<CarriedOut> {
  const view = viewOf(tools.api, job.subject)
  let withoutControllerMs: number | undefined
  for (const { action } of job.plan.steps) {
    if (action === undefined || action.do === 'verify') continue
    await take(action, job, view, tools)
    if (action.do === 'create') withoutControllerMs = await adopted(job, view, tools)
  }
  const pods = await adopt(job, view, tools)
  const claims = await sameClaims(view, tools)
  await refuseAnother(job, view, tools)
  const outcome = { ...(await comparedWithBefore(pods, claims, tools)), withoutControllerMs }
  await tools.journal.finish()
  return outcome
}

/** Somebody else may have created one in between, and not the one that was wanted. */
async function refuseAnother(job: Job, view: ClusterView, tools: Tools): Promise<void> {
  const refusal = await eventually(tools, 'the API server to take the manifest', async () => {
    const set = await view.set()
    return set && { error: await refusalOf(job.manifest, set, view, tools) }
  })
  if (refusal.error === undefined) return
  throw new Stopped(`there is another StatefulSet now than was to be created: ${refusal.error.message}`)
}

/** For how long the Pods had no controller, at the most; undefined where an earlier run did not get to note it. */
async function adopted(job: Job, view: ClusterView, tools: Tools): Promise<number | undefined> {
  await adopt(job, view, tools)
  const until = tools.now()
  tools.tell(`StatefulSet ${job.name} has its Pods`)
  const saved = await tools.journal.find()
  if (saved?.deletedAt === undefined) return undefined
  const adoptedAt = saved.adoptedAt ?? until
  if (saved.adoptedAt === undefined) await tools.journal.save({ ...saved, adoptedAt })
  return adoptedAt - saved.deletedAt
}

async function take(action: Action, job: Job, view: ClusterView, tools: Tools): Promise<void> {
  switch (action.do) {
    case 'save':
      return save(job, view, tools)
    case 'keep-claims':
      return keepClaims(job, view, tools)
    case 'resize-claims':
      return resizeClaims(job, view, tools, action.resizes)
    case 'change-class':
      return changeClasses(job, view, tools, action.changes)
    case 'delete':
      return deleteSet(job, view, tools, action.cascade)
    case 'create':
      await createSet(job, view, tools)
      return handOver(job, view, tools)
    case 'restart-pods':
      return restartPods(job, view, tools, action.through)
    case 'relabel-claims':
      return relabelClaims(job, view, tools)
    case 'verify':
      return
  }
}

/** Before the first change, and never over what an earlier run has saved. */
async function save(job: Job, view: ClusterView, tools: Tools): Promise<void> {
  const { journal } = tools
  if ((await journal.find())?.uid === job.oldUid) return
  const set = await eventually(tools, `StatefulSet ${job.name}`, async () => (await view.set()) ?? null)
  if (set === null || uidOf(set) !== job.oldUid)
    throw new Stopped('another client has replaced the StatefulSet: run this again')
  if (!isSameSpec(set, job.old))
    throw new Stopped('another client has changed the StatefulSet meanwhile: run this again')
  const [pods, claims] = await eventually(tools, 'Pods and PVCs', async () => [await view.pods(), await view.claims()])
  await journal.save({
    object: withoutServerFields(set),
    uid: uidOf(set),
    ...(job.applier && { applier: job.applier }),
    pods: uidsOf(pods),
    claims: uidsOf(claims)
  })
  tools.tell(`StatefulSet ${job.name} is saved in ${journal.fileOf(uidOf(set))}`)
}

function uidsOf(objects: readonly JsonObject[] = []): Record<string, string> {
  return Object.fromEntries(objects.map((object) => [nameOfObject(object), uidOf(object)]))
}

type Compared = Omit<CarriedOut, 'withoutControllerMs'>

async function comparedWithBefore(pods: JsonObject[], claims: JsonObject[], { journal }: Tools): Promise<Compared> {
  const saved = await journal.find()
  const split = (objects: readonly JsonObject[], before: Readonly<Record<string, string>> = {}) => {
    const stayed = objects.filter((object) => before[nameOfObject(object)] === uidOf(object) && !isTerminating(object))
    return [stayed.map(nameOfObject), objects.filter((object) => !stayed.includes(object)).map(nameOfObject)] as const
  }
  const [kept, newPods] = split(pods, saved?.pods)
  const [keptClaims, newClaims] = split(claims, saved?.claims)
  return { pods: kept, claims: keptClaims, newPods, newClaims }
}
