import { type Cluster, UNKNOWN_CLUSTER } from '../core/cluster.ts'
import { deletesClaims, deletionInWords } from '../core/objects/claim-templates.ts'
import { changesInWords, immutableChangesOf, uncertaintyInWords } from '../core/objects/immutable-changes.ts'
import type { ImmutableField } from '../core/objects/immutable-fields.ts'
import { isOwnedByPrometheusOperator } from '../core/objects/operator.ts'
import { type Replacement, replacementOf } from '../core/objects/replacement.ts'
import type { Subject } from '../core/subject.ts'
import type { Section } from './section.ts'
import { type StepOptions, stepsForOrphans, stepsOf } from './steps.ts'

/**
 * What becomes of a StatefulSet in an upgrade. `passes` goes through as it is, `recreates` is prometheus-operator's to
 * replace, and `blocked` is refused until somebody has followed the steps.
 */
export type Fate = 'new' | 'gone' | 'passes' | 'recreates' | 'blocked'

export interface PlanOptions extends StepOptions {
  /** What is known of the cluster that refuses the update, or does not; without it nothing is. */
  readonly cluster?: Cluster
}

/** What to do about one StatefulSet, so that an upgrade goes through. */
export interface UpgradePlan {
  readonly namespace: string
  readonly name: string
  readonly fate: Fate
  /** What becomes of it: sentences, with their full stops. */
  readonly summary: string
  /** What changes although no update may change it; empty where nothing does. */
  readonly changes: string
  /** In the order in which they are taken; none where there is nothing to do. */
  readonly steps: readonly Section[]
  /** The fields that `onChange: restore` would put back to let the upgrade through; none where it would not. */
  readonly restorable: readonly ImmutableField[]
  /** Whether its Pods stay while it is replaced. */
  readonly podsStay: boolean
  /** Whether a deletion of the StatefulSet that runs would take its claims along. */
  readonly ownsClaims: boolean
}

/**
 * What to do about a StatefulSet that is about to be upgraded, or created.
 *
 * @param subject an UPDATE where one runs already, otherwise a CREATE
 */
export function upgradePlanFor(subject: Subject, options: PlanOptions = {}): UpgradePlan {
  if (subject.operation === 'CREATE') return nothingToDo(subject, 'new', 'It is new: there is nothing to replace.')
  const { refused, uncertain } = immutableChangesOf(subject, options.cluster ?? UNKNOWN_CLUSTER)
  if (refused === undefined) {
    const depends = uncertain && `${DEPENDS} ${uncertaintyInWords(uncertain, subject)}.`
    return nothingToDo(subject, 'passes', depends ?? PASSES)
  }
  const found = { changes: changesInWords(refused, subject), ownsClaims: deletesClaims(subject.oldObject) }
  if (isOwnedByPrometheusOperator(subject.object) || isOwnedByPrometheusOperator(subject.oldObject)) {
    return { ...nothingToDo(subject, 'recreates', `${OPERATOR} ${claimsOfOperator(subject)}`), ...found }
  }
  const replacement = replacementOf(subject)
  return {
    ...nothingToDo(subject, 'blocked', summaryOf(replacement)),
    ...found,
    steps: stepsOf(subject, replacement, options),
    restorable: refused.restorable,
    podsStay: replacement.cascade === 'orphan'
  }
}

const PASSES = 'No immutable field changes: the update goes through as it is.'

const DEPENDS =
  'It goes through as it is, or not at all: that depends on the version of the API server, which --kubernetes-version tells.'

/**
 * What to do where a StatefulSet is gone and its Pods are there, without a controller: it was deleted with
 * `--cascade=orphan`, and nobody has created the new one.
 *
 * @param subject of the new one, as a CREATE
 */
export function upgradePlanForOrphans(subject: Subject): UpgradePlan {
  return { ...nothingToDo(subject, 'blocked', ORPHANS), steps: stepsForOrphans(subject), podsStay: true }
}

const ORPHANS = 'It is gone, and its Pods are there without a controller. It is created again, and adopts them.'

/**
 * What becomes of a StatefulSet that the new manifests do not have.
 *
 * @param subject of the one that runs, as a CREATE
 */
export function upgradePlanForRemoved(subject: Subject): UpgradePlan {
  const summary = `${GONE} ${deletionInWords(subject.object)}.`
  return { ...nothingToDo(subject, 'gone', summary), ownsClaims: deletesClaims(subject.object) }
}

const GONE =
  'It is not in the new manifests. Helm deletes it with the upgrade, and so do Argo CD and Flux where they prune:'

function nothingToDo({ namespace, name }: Subject, fate: Fate, summary: string): UpgradePlan {
  const nothing = { changes: '', steps: [], restorable: [], podsStay: false, ownsClaims: false }
  return { namespace, name, fate, summary, ...nothing }
}

const OPERATOR =
  'Nothing to do: prometheus-operator deletes it with its Pods when the API server refuses the update, and creates it again.'

function claimsOfOperator({ oldObject }: Subject): string {
  return deletesClaims(oldObject)
    ? 'Caution: persistentVolumeClaimRetentionPolicy.whenDeleted is Delete, so its PVCs and their data go too. Set it to Retain first, in the object that the StatefulSet belongs to, and go on when no PVC has an owner (metadata.ownerReferences): one whose Pod is gone keeps its own.'
    : 'Its PVCs stay.'
}

function summaryOf({ podsStopFor, ownsClaims }: Replacement): string {
  const way =
    podsStopFor === undefined
      ? 'The StatefulSet is deleted and created again around its Pods: they stay, and so do its PVCs.'
      : `The StatefulSet is deleted and created again: its Pods stop, because ${WHY_PODS_STOP[podsStopFor]}; its PVCs stay.`
  const order = ownsClaims ? ' Take the steps in their order, or the PVCs and their data go with it.' : ''
  return `No update can make this change. ${way}${order}`
}

const WHY_PODS_STOP: Readonly<Record<NonNullable<Replacement['podsStopFor']>, string>> = {
  selector: 'a new StatefulSet does not adopt Pods that another selector chose',
  'new-template': 'a running Pod cannot get a new volume'
}
