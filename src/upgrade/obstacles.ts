import { ordinalsOf } from '../core/objects/claim-templates.ts'
import { inNamespace, pasteable, setArguments } from '../core/objects/kubectl.ts'
import { annotationsOf, controllerOf, labelsOf, metadataOf, nameOfObject, specOf } from '../core/objects/metadata.ts'
import { isOwnedByPrometheusOperator } from '../core/objects/operator.ts'
import { replacementOf } from '../core/objects/replacement.ts'
import type { Subject } from '../core/subject.ts'
import { integerOf, type JsonObject, listOf, objectOf, own } from '../core/values/json.ts'
import { oneLine } from '../core/values/text.ts'
import { pageAt } from '../documentation.ts'
import { claimObstacles } from './claim-obstacles.ts'
import { type ClusterFacts, isTerminating } from './facts.ts'
import type { Obstacle } from './obstacle.ts'

export interface ObstacleOptions {
  /** Somebody has said that no GitOps tool acts meanwhile. */
  readonly gitOpsPaused?: boolean
}

/**
 * All reasons that objects tell not to begin. What the API server has to be asked about, rights and admission, is not
 * among them.
 *
 * @param subject the update that is refused
 */
export function obstaclesTo(subject: Subject, facts: ClusterFacts, options: ObstacleOptions = {}): Obstacle[] {
  return [
    ...ownerOf(subject),
    ...(options.gitOpsPaused ? [] : gitOpsOf(subject.oldObject)),
    ...deletionOf(subject),
    ...finalizersOf(subject),
    ...numbersOf(subject),
    ...partitionOf(subject),
    ...autoscalersOf(subject, facts),
    ...renamedTemplates(subject),
    ...claimObstacles(subject, facts)
  ]
}

function ownerOf({ object, oldObject }: Subject): Obstacle[] {
  const owner = controllerOf(oldObject)
  if (owner !== undefined) {
    return [
      {
        kind: 'owner',
        reason: `${owner.kind}${owner.group === '' ? '' : ` (${oneLine(owner.group, 100)})`} controls it, and would change it back`,
        fix: 'change the object that it belongs to; its controller has its own method to replace a StatefulSet'
      }
    ]
  }
  if (!isOwnedByPrometheusOperator(oldObject) && !isOwnedByPrometheusOperator(object)) return []
  return [
    {
      kind: 'owner',
      reason: 'prometheus-operator manages it, and replaces it by itself when the API server refuses an update',
      fix: 'change the object that it belongs to'
    }
  ]
}

const GIT_OPS: readonly {
  readonly tool: string
  readonly of: (set: JsonObject) => unknown
  readonly pause: string
  readonly resume: string
}[] = [
  {
    tool: 'Argo CD',
    of: (set) =>
      own(annotationsOf(set), 'argocd.argoproj.io/tracking-id') ?? own(labelsOf(set), 'argocd.argoproj.io/instance'),
    pause: 'argocd app set APP --sync-policy none',
    resume: 'argocd app set APP --sync-policy automated'
  },
  {
    tool: 'Flux',
    of: (set) => own(labelsOf(set), 'kustomize.toolkit.fluxcd.io/name'),
    pause: 'flux suspend kustomization NAME',
    resume: 'flux resume kustomization NAME'
  },
  {
    tool: 'Flux',
    of: (set) => own(labelsOf(set), 'helm.toolkit.fluxcd.io/name'),
    pause: 'flux suspend helmrelease NAME',
    resume: 'flux resume helmrelease NAME'
  }
]

function gitOpsOf(set: JsonObject): Obstacle[] {
  return GIT_OPS.flatMap(({ tool, of, pause, resume }) => {
    const value = of(set)
    if (typeof value !== 'string') return []
    return [
      {
        kind: 'gitops',
        reason: `${tool} applies it (${oneLine(value, 100)}), and would create or change it in between`,
        fix: `pause it (${pause}), have the new version in Git, run this again with --gitops-paused, and resume it (${resume})`
      }
    ]
  })
}

function deletionOf({ oldObject }: Subject): Obstacle[] {
  if (!isTerminating(oldObject)) return []
  return [
    {
      kind: 'terminating',
      reason: 'it is being deleted already',
      fix: 'run this again when it is deleted'
    }
  ]
}

function finalizersOf(subject: Subject): Obstacle[] {
  const names = listOf(metadataOf(subject.oldObject).finalizers).map(String)
  if (names.length === 0 || isTerminating(subject.oldObject)) return []
  return [
    {
      kind: 'finalizers',
      reason: `it has finalizers (${oneLine(names.join(', '), 200)}), so that its deletion would wait for the controllers that set them`,
      fix: 'have them removed by what set them'
    }
  ]
}

function numbersOf({ object, oldObject }: Subject): Obstacle[] {
  if (ordinalsOf(oldObject).first === 0 && ordinalsOf(object).first === 0) return []
  return [
    {
      kind: 'ordinals',
      reason:
        'its Pods are numbered from spec.ordinals.start on, which is how StatefulSets are moved from one to another',
      fix: 'finish the move first, or take the steps of holdfast explain-upgrade by hand'
    }
  ]
}

function partitionOf({ name, namespace, object, oldObject }: Subject): Obstacle[] {
  const of = (set: JsonObject): number =>
    integerOf(objectOf(objectOf(specOf(set).updateStrategy).rollingUpdate).partition) ?? 0
  if (of(oldObject) === 0 && of(object) === 0) return []
  const patch = JSON.stringify({ spec: { updateStrategy: { rollingUpdate: { partition: 0 } } } })
  return [
    {
      kind: 'partition',
      reason:
        'a partition of its update strategy keeps Pods on the old revision, which the new StatefulSet does not have',
      fix: `finish the rollout first (kubectl patch statefulset ${pasteable(name, 'NAME')}${inNamespace(namespace)} -p '${patch}'), and have no partition in the manifest`
    }
  ]
}

function autoscalersOf({ oldObject }: Subject, { autoscalers }: ClusterFacts): Obstacle[] {
  const replicas = integerOf(specOf(oldObject).replicas) ?? 1
  return autoscalers.flatMap((autoscaler) => {
    const { desiredReplicas, currentReplicas } = objectOf(autoscaler.status)
    const [desired, current] = [integerOf(desiredReplicas) ?? 0, integerOf(currentReplicas) ?? 0]
    // Before its first look it desires none.
    if (desired === 0 || (desired === current && current === replicas)) return []
    return [
      {
        kind: 'autoscaler',
        reason: `the HorizontalPodAutoscaler ${oneLine(nameOfObject(autoscaler), 100)} is scaling it from ${current} to ${desired} replicas`,
        fix: 'run this again when it has finished'
      }
    ]
  })
}

function renamedTemplates(subject: Subject): Obstacle[] {
  const { consequences } = replacementOf(subject)
  const named = (wanted: string) =>
    consequences.flatMap((one) => (one.what === wanted && 'template' in one ? oneLine(one.template, 100) : []))
  const [empty, left] = [named('claims-start-empty'), named('claims-are-left')]
  if (empty.length === 0 || left.length === 0) return []
  return [
    {
      kind: 'renamed-template',
      reason: `the PVCs of ${empty.join(', ')} would start empty, and the data would stay in those of ${left.join(', ')}`,
      fix: `keep the name of the template, or copy the data as holdfast explain-upgrade says (${setArguments(subject)})`
    }
  ]
}

/** A sentence for each verb that nobody lets us have. */
export function rightsObstacle(missing: readonly string[]): Obstacle {
  return {
    kind: 'rights',
    reason: `permissions are missing: ${missing.join(', ')}`,
    fix: `grant them with a Role: ${pageAt('docs/recreate.md')} has one`
  }
}

/** @param message of the API server, which was asked to create the new one under another name */
export function admissionObstacle(message: string): Obstacle {
  return {
    kind: 'admission',
    reason: `the API server would not create the new one: ${message}`,
    fix: 'change the manifest, the quota or the policy that denies it, and run this again'
  }
}

/** @param message of the API server, which refuses the update for a reason of which we know nothing */
export function unexplainedObstacle(message: string): Obstacle {
  return {
    kind: 'unexplained',
    reason: `the API server refuses the update, and replacing the StatefulSet would not help: ${message}`,
    fix: 'change the manifest, or the policy that denies it'
  }
}
