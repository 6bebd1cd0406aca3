import { DEPLOYMENT, REPLICA_SET, STATEFUL_SET } from '../core/objects/kinds.ts'
import { specOf } from '../core/objects/metadata.ts'
import { replicasInWords, storedAs, type Workload } from '../core/objects/workload.ts'
import { definePolicy } from '../core/policy.ts'
import { PROMETHEUS, serversIn } from '../core/programs/prometheus.ts'
import { listOf, objectOf } from '../core/values/json.ts'

export default definePolicy({
  id: 'prometheus-availability',
  summary: 'Replicas of Prometheus do not all go down with one node.',
  defaultMode: 'warn',
  matches: storedAs([DEPLOYMENT, STATEFUL_SET, REPLICA_SET], PROMETHEUS),
  options: {},
  *check(subject) {
    const [server] = serversIn(subject)
    if (server === undefined || server.workload.replicas < 2 || isSpread(server.workload)) return
    yield {
      field: ['spec', 'template', 'spec', 'affinity'],
      problem: `nothing keeps the ${replicasInWords(server.workload)} of Prometheus from running on one node, and then they go down together`,
      remediation:
        'add topologySpreadConstraints or podAntiAffinity over kubernetes.io/hostname (server.podAntiAffinity: soft in the prometheus chart)'
    }
  }
})

/** Preferred or required: both say that somebody thought of it. */
function isSpread({ template }: Workload): boolean {
  const spec = specOf(template)
  if (listOf(spec.topologySpreadConstraints).length > 0) return true
  const {
    requiredDuringSchedulingIgnoredDuringExecution: required,
    preferredDuringSchedulingIgnoredDuringExecution: preferred
  } = objectOf(objectOf(spec.affinity).podAntiAffinity)
  return listOf(required).length > 0 || listOf(preferred).length > 0
}
