import type { KubernetesVersion } from '../../core/cluster.ts'
import { claimTemplatesOf, templateNameOf } from '../../core/objects/claim-templates.ts'
import { HORIZONTAL_POD_AUTOSCALER, STORAGE_CLASS } from '../../core/objects/kinds.ts'
import { metadataOf, nameOfObject, specOf } from '../../core/objects/metadata.ts'
import type { Subject } from '../../core/subject.ts'
import { integerOf, type JsonObject, objectOf } from '../../core/values/json.ts'
import { subjectOf } from '../../inventory/subjects.ts'
import { ApiError } from '../../kubernetes/api-error.ts'
import type { Action } from '../../upgrade/action.ts'
import { allOf, type ClusterView, viewOf } from '../../upgrade/carry-out/cluster-view.ts'
import { refusalOf } from '../../upgrade/carry-out/dry-run.ts'
import { isWorthWaiting } from '../../upgrade/carry-out/eventually.ts'
import type { Job, Saved, Tools } from '../../upgrade/carry-out/job.ts'
import { isSameSpec } from '../../upgrade/carry-out/replace.ts'
import { controllerUidOf, isTerminating, uidOf } from '../../upgrade/facts.ts'
import type { Obstacle } from '../../upgrade/obstacle.ts'
import { admissionObstacle, obstaclesTo, rightsObstacle, unexplainedObstacle } from '../../upgrade/obstacles.ts'
import { type UpgradePlan, upgradePlanFor, upgradePlanForOrphans } from '../../upgrade/plan.ts'
import { applierOf, successorOf, withoutServerFields } from '../../upgrade/successor.ts'
import type { WantedSet } from './manifests.ts'
import { missingRights, RIGHT_TO_CLASSES, RIGHTS_TO_LOOK, rightsFor } from './rights.ts'

/** What is to be done about one StatefulSet. */
export type Prepared =
  | { readonly kind: 'nothing'; readonly why: string }
  | { readonly kind: 'refused'; readonly plan: UpgradePlan | undefined; readonly obstacles: readonly Obstacle[] }
  /** `isUnderWay`: an earlier run has deleted the old one already. */
  | { readonly kind: 'ready'; readonly job: Job; readonly isUnderWay: boolean }

export interface Preparation {
  readonly version: KubernetesVersion | undefined
  readonly gitOpsPaused: boolean
  readonly relabelClaims: boolean
}

/** Looks, and changes nothing: what is sent to be stored is sent as a dry run. */
export async function prepare(wanted: WantedSet, tools: Tools, options: Preparation): Promise<Prepared> {
  const { namespace, manifest } = wanted
  const missing = await missingRights(tools.api, namespace, RIGHTS_TO_LOOK)
  if (missing.length > 0) return { kind: 'refused', plan: undefined, obstacles: [rightsObstacle(missing)] }
  const view = viewOf(tools.api, subjectOf(manifest, undefined, namespace))
  const live = await view.set()
  const saved = await tools.journal.find()
  if (live === undefined) {
    const isOurs = saved !== undefined && (await isLeftOf(saved, view))
    return isOurs ? underWay(wanted, saved, options) : prepareOrphans(wanted, view)
  }
  if (isTerminating(live) && saved?.uid === uidOf(live)) return underWay(wanted, saved, options)

  const answer = await refusalOf(manifest, live, view, tools)
  if (answer === undefined) {
    if (saved === undefined) return { kind: 'nothing', why: 'Nothing to do: the API server accepts the update.' }
    if (saved.uid !== uidOf(live)) return underWay(wanted, saved, options)
    return {
      kind: 'nothing',
      why: 'Nothing to do: the API server accepts the update. An earlier run has deleted nothing.'
    }
  }
  if (answer.status !== 422) return refused(undefined, [unexplainedObstacle(answer.message)])
  // Of an earlier run that got no further, the object from before its first change; of any other, nothing.
  const isOurs = saved?.uid === uidOf(live) && isSameSpec(saved.object, live)
  const old = isOurs ? merged(live, saved.object) : live
  return prepareReplacement(wanted, old, answer, view, tools, options)
}

/**
 * Whether what an earlier run saved is what it deleted: somebody may have uninstalled everything since. A StatefulSet
 * without Pods and claims left nothing.
 */
async function isLeftOf({ deletedAt, pods, claims }: Saved, view: ClusterView): Promise<boolean> {
  if (deletedAt === undefined) return false
  const before = { ...pods, ...claims }
  if (Object.keys(before).length === 0) return true
  const left = [...(await view.pods()), ...(await view.claims())]
  return left.some((object) => before[nameOfObject(object)] === uidOf(object))
}

/** The live object, with the spec that it had. */
function merged(live: JsonObject, { spec }: JsonObject): JsonObject {
  return { ...live, spec }
}

function refused(plan: UpgradePlan | undefined, obstacles: readonly Obstacle[]): Prepared {
  return { kind: 'refused', plan, obstacles }
}

async function prepareReplacement(
  wanted: WantedSet,
  old: JsonObject,
  answer: ApiError,
  view: ClusterView,
  tools: Tools,
  options: Preparation
): Promise<Prepared> {
  const job = jobFor(wanted, old, applierOf(old), options)
  const { plan, subject } = job
  if (plan.fate === 'passes') return refused(undefined, [unexplainedObstacle(answer.message)])
  const actions = plan.steps.flatMap(({ action }) => action ?? [])
  const missing = await rightsMissingFor(job, actions, tools)
  if (missing.length > 0) return refused(plan, [rightsObstacle(missing)])
  const facts = {
    pods: await view.pods(),
    claims: await viewOf(tools.api, subject).claims(),
    autoscalers: await autoscalersOf(wanted, tools),
    classes: needsClasses(subject) ? await allOf(tools.api, STORAGE_CLASS) : []
  }
  const obstacles = [...obstaclesTo(subject, facts, options), ...(await admissionOf(job, view, tools))]
  return obstacles.length > 0 ? refused(plan, obstacles) : { kind: 'ready', job, isUnderWay: false }
}

function jobFor(wanted: WantedSet, old: JsonObject, applier: Job['applier'], options: Preparation): Job {
  const { namespace, name, manifest } = wanted
  const successor = successorOf(manifest, old, namespace, applier)
  const subject = subjectOf(successor, old, namespace)
  const { version, relabelClaims } = options
  const plan = upgradePlanFor(subject, { cluster: { version }, relabelClaims })
  return { namespace, name, plan, subject, manifest, successor, applier, old, oldUid: uidOf(old) || undefined }
}

function rightsMissingFor({ applier, namespace, subject }: Job, actions: readonly Action[], { api }: Tools) {
  const rights = rightsFor(actions, applier?.isServerSide === true)
  return missingRights(api, namespace, needsClasses(subject) ? [...rights, RIGHT_TO_CLASSES] : rights)
}

/** Whether a class or a size changes, of which a storage class has the last word. */
function needsClasses({ object, oldObject }: Subject): boolean {
  const of = (set: JsonObject) =>
    claimTemplatesOf(set).map((template) => {
      const { storageClassName, resources } = specOf(template)
      return [templateNameOf(template), storageClassName, objectOf(objectOf(resources).requests).storage]
    })
  return JSON.stringify(of(object)) !== JSON.stringify(of(oldObject))
}

async function autoscalersOf({ namespace, name }: WantedSet, { api }: Tools): Promise<JsonObject[]> {
  const autoscalers = await allOf(api, HORIZONTAL_POD_AUTOSCALER, namespace)
  return autoscalers.filter((autoscaler) => {
    const target = objectOf(specOf(autoscaler).scaleTargetRef)
    return target.kind === 'StatefulSet' && target.name === name
  })
}

/** Room for it in a name, which has 63 characters at the most in a label. */
const LONGEST_PREFIX = 40

/** Asks for the creation of the new one under a name that is free. */
async function admissionOf({ successor, name }: Job, { setsPath }: ClusterView, { api }: Tools): Promise<Obstacle[]> {
  const { ownerReferences: _, ...metadata } = metadataOf(successor)
  const probe = { ...successor, metadata: { ...metadata, name: `${name.slice(0, LONGEST_PREFIX)}-holdfast-dry-run` } }
  try {
    await api.create(`${setsPath}?dryRun=All`, probe)
    return []
  } catch (error) {
    if (!(error instanceof ApiError) || isWorthWaiting(error)) throw error
    return [admissionObstacle(error.message)]
  }
}

/** The old one is gone, and it is known what it was. */
function underWay(wanted: WantedSet, saved: Saved, options: Preparation): Prepared {
  const old = { ...saved.object, metadata: { ...metadataOf(saved.object), uid: saved.uid } }
  const job = jobFor(wanted, old, saved.applier, options)
  return { kind: 'ready', job, isUnderWay: true }
}

/** Nobody knows what was there: either nothing was, or Pods are left of what somebody deleted with `--cascade=orphan`. */
async function prepareOrphans({ namespace, name, manifest }: WantedSet, view: ClusterView): Promise<Prepared> {
  const selector = objectOf(objectOf(specOf(manifest).selector).matchLabels)
  const orphans = (await view.pods()).filter(
    (pod) => controllerUidOf(pod) === undefined && !isTerminating(pod) && isSelected(pod, selector)
  )
  if (orphans.length === 0)
    return { kind: 'nothing', why: 'Nothing to do: there is none yet, and the upgrade creates it.' }
  const count = Math.max(...orphans.map((pod) => Number(nameOfObject(pod).split('-').at(-1)))) + 1
  const wantedCount = integerOf(specOf(manifest).replicas) ?? 0
  const old = { metadata: {}, spec: { replicas: Math.max(count, wantedCount) } }
  const successor = successorOf(withoutServerFields(manifest), old, namespace)
  const subject = subjectOf(successor, undefined, namespace)
  const plan = upgradePlanForOrphans(subject)
  const job: Job = { namespace, name, plan, subject, manifest, successor, applier: undefined, old, oldUid: undefined }
  return { kind: 'ready', job, isUnderWay: true }
}

function isSelected(pod: JsonObject, selector: JsonObject): boolean {
  const labels = objectOf(metadataOf(pod).labels)
  return Object.entries(selector).every(([key, value]) => labels[key] === value)
}
