import { DEPLOYMENT, HORIZONTAL_POD_AUTOSCALER, SCALED_OBJECT, STATEFUL_SET } from '../core/objects/kinds.ts'
import { specOf } from '../core/objects/metadata.ts'
import { mountCovering, volumeNamed } from '../core/objects/volumes.ts'
import { defineSetPolicy } from '../core/policy.ts'
import { followsByLabels, isAutosharded } from '../core/programs/kube-state-metrics.ts'
import { tsdbPathOf } from '../core/programs/prometheus.ts'
import { type Runner, runnersOfRole } from '../core/programs/runners.ts'
import type { SubjectSet } from '../core/set.ts'
import type { Subject } from '../core/subject.ts'
import { integerOf, objectOf } from '../core/values/json.ts'
import { quote } from '../core/values/text.ts'

export default defineSetPolicy({
  id: 'autoscaled-single-writer',
  summary: 'No autoscaler adds replicas of a program that works only with one.',
  defaultMode: 'warn',
  options: {},
  reads: [HORIZONTAL_POD_AUTOSCALER, SCALED_OBJECT, DEPLOYMENT, STATEFUL_SET],
  needs: [],
  appliesTo: (set) => runnersOfRole(set, 'pushgateway', 'prometheus', 'kube-state-metrics').length > 0,
  *checkSet(set) {
    for (const runner of runnersOfRole(set, 'pushgateway', 'prometheus', 'kube-state-metrics')) {
      const effect = effectOfMore(runner)
      if (effect === undefined) continue
      for (const { scaler, most } of scalersOf(set, runner.subject)) {
        yield {
          object: scaler,
          involved: [runner.subject],
          field: ['spec', 'scaleTargetRef'],
          identity: `scales ${runner.subject.kind} ${runner.subject.name}`,
          problem: `it scales ${runner.subject.kind} ${runner.subject.name} to as many as ${most} replicas: ${effect}`,
          remediation: `remove it, or let it stay at one replica, and give ${runner.program} more resources instead`
        }
      }
    }
  }
})

/** What comes of a second replica, without a full stop; undefined where it does no harm. */
function effectOfMore({ role, container, workload }: Runner): string | undefined {
  if (role === 'pushgateway') return 'each push reaches only one of them, so each scrape returns different metrics'
  if (container === undefined || workload === undefined) return undefined
  if (role === 'kube-state-metrics') {
    const isFrozen = isAutosharded(container) && followsByLabels(container) === true
    return isFrozen ? 'before 2.13 its shards do not follow the number of replicas when labels change' : undefined
  }
  const path = tsdbPathOf(container)
  const mount = path === undefined ? undefined : mountCovering(container, path)
  const volume = mount && volumeNamed(workload, mount.name)
  if (volume?.kind !== 'claim' || mount?.subPathExpr !== undefined) return undefined
  return `all of them write one TSDB through the PVC ${quote(volume.claimName)}, and all except one fail`
}

interface Scaler {
  readonly scaler: Subject
  readonly most: number
}

/** KEDA's own default for `maxReplicaCount`. */
const KEDA_MOST = 100

function scalersOf(set: SubjectSet, target: Subject): readonly Scaler[] {
  const autoscalers = set.ofKind(HORIZONTAL_POD_AUTOSCALER).map((scaler) => {
    return { scaler, most: integerOf(specOf(scaler.object).maxReplicas) ?? 1 }
  })
  const scaled = set.ofKind(SCALED_OBJECT).map((scaler) => {
    return { scaler, most: integerOf(specOf(scaler.object).maxReplicaCount) ?? KEDA_MOST }
  })
  return [...autoscalers, ...scaled].filter(({ scaler, most }) => most > 1 && isTarget(scaler, target))
}

/** KEDA takes a target without a kind for a Deployment. */
function isTarget({ object }: Subject, { kind, name }: Subject): boolean {
  const target = objectOf(specOf(object).scaleTargetRef)
  return (target.kind ?? 'Deployment') === kind && target.name === name
}
