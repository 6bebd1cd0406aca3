import type { Subject } from '../subject.ts'
import { integerOf, type JsonObject, objectOf } from '../values/json.ts'
import { DAEMON_SET, DEPLOYMENT, REPLICA_SET, type Resource, STATEFUL_SET } from './kinds.ts'
import { controllerOf, specOf } from './metadata.ts'

/** Kinds that make Pods of a template, and make them again. */
export const WORKLOADS: readonly Resource[] = [DEPLOYMENT, STATEFUL_SET, DAEMON_SET, REPLICA_SET]

/** A workload and the Pod that its template describes. */
export interface Workload {
  readonly kind: string
  readonly spec: JsonObject
  /** Looks like a Pod: it has `metadata` and `spec`. */
  readonly template: JsonObject
  /** How many Pods there are at the same time; `Infinity` for a DaemonSet, which has one on every node. */
  readonly replicas: number
}

/** The workload in a Subject; undefined for the ReplicaSet of a Deployment, where the Deployment itself is checked. */
export function workloadOf({ kind, object }: Subject): Workload | undefined {
  if (kind === 'ReplicaSet' && isOfDeployment(object)) return undefined
  const spec = specOf(object)
  const replicas = kind === 'DaemonSet' ? Number.POSITIVE_INFINITY : (integerOf(spec.replicas) ?? 1)
  return { kind, spec, template: objectOf(spec.template), replicas }
}

/**
 * No other owner is believed: a user who may write a ReplicaSet may name any, and of an Argo Rollout only the ReplicaSets
 * are checked. The condition of the webhook entry says the same.
 */
function isOfDeployment(replicaSet: JsonObject): boolean {
  const owner = controllerOf(replicaSet)
  return owner?.group === DEPLOYMENT.group && owner.kind === DEPLOYMENT.kind
}

/** Whether a rollout starts a new Pod before the old one is gone. Only Deployments do. */
export function surges({ kind, spec }: Workload): boolean {
  if (kind !== 'Deployment') return false
  const strategy = objectOf(spec.strategy)
  if ((strategy.type ?? 'RollingUpdate') !== 'RollingUpdate') return false
  const { maxSurge = '25%' } = objectOf(strategy.rollingUpdate)
  return maxSurge !== 0 && maxSurge !== '0' && maxSurge !== '0%'
}

/** Whether a changed template of a StatefulSet reaches every Pod without anybody's help. */
export function rollsAllPods(set: JsonObject): boolean {
  const { type = 'RollingUpdate', rollingUpdate } = objectOf(specOf(set).updateStrategy)
  return type === 'RollingUpdate' && (integerOf(objectOf(rollingUpdate).partition) ?? 0) === 0
}

/** "3 replicas", or what a DaemonSet has instead: "the Pods on all nodes". */
export function replicasInWords({ replicas }: Workload): string {
  return Number.isFinite(replicas) ? `${replicas} replicas` : 'the Pods on all nodes'
}
