import { storedAs } from '../core/matches.ts'
import { DEPLOYMENT, STATEFUL_SET } from '../core/objects/kinds.ts'
import type { Container } from '../core/objects/pod.ts'
import { containersOf } from '../core/objects/pod.ts'
import { replicasInWords, type Workload, workloadOf } from '../core/objects/workload.ts'
import { definePolicy, type Finding } from '../core/policy.ts'
import {
  followsByLabels,
  isAutosharded,
  isKubeStateMetrics,
  isSharded,
  KUBE_STATE_METRICS
} from '../core/programs/kube-state-metrics.ts'
import type { Path } from '../core/values/path.ts'

export default definePolicy({
  id: 'kube-state-metrics-shards',
  summary: 'Replicas of kube-state-metrics share the objects, and each object is exported once.',
  defaultMode: 'warn',
  matches: storedAs([DEPLOYMENT, STATEFUL_SET], KUBE_STATE_METRICS),
  options: {},
  *check(subject) {
    const workload = workloadOf(subject)
    if (workload === undefined) return
    for (const container of containersOf(workload.template).filter(isKubeStateMetrics)) {
      if (isAutosharded(container)) yield* oldSharding(workload, container)
      else if (!isSharded(container)) yield* unsharded(workload)
    }
  }
})

/** Only a StatefulSet tells its Pods which shard they are. */
function* oldSharding({ kind }: Workload, container: Container): Generator<Finding> {
  if (kind !== STATEFUL_SET.kind || followsByLabels(container) !== true) return
  const image: Path = ['spec', 'template', 'spec', 'containers', container.index, 'image']
  yield {
    field: image,
    problem:
      'kube-state-metrics before 2.13 stops following its shard count when a label of its StatefulSet changes, and objects are then missing or counted twice',
    remediation: 'upgrade it to 2.13 or later (chart 5.22.0)',
    advice: true
  }
}

function* unsharded(workload: Workload): Generator<Finding> {
  if (workload.replicas < 2) return
  yield {
    field: ['spec', 'replicas'],
    problem: `each of the ${replicasInWords(workload)} of kube-state-metrics exports every object, so that sums count twice what both say`,
    remediation: 'set replicas to 1, or autosharding.enabled: true in the chart',
    advice: true
  }
}
