import { storedAs, storedForOperator } from '../core/matches.ts'
import { DEPLOYMENT, OPERATOR_RESOURCES, REPLICA_SET, STATEFUL_SET } from '../core/objects/kinds.ts'
import { specOf } from '../core/objects/metadata.ts'
import { definePolicy } from '../core/policy.ts'
import { ALERTMANAGER } from '../core/programs/alertmanager.ts'
import { PROMETHEUS } from '../core/programs/prometheus.ts'
import { type Server, withChartValue } from '../core/programs/server.ts'
import { serversIn } from '../core/programs/servers.ts'
import { THANOS } from '../core/programs/thanos.ts'
import { listOf, objectOf } from '../core/values/json.ts'

export default definePolicy({
  id: 'prometheus-availability',
  summary: 'Replicas of Prometheus, Alertmanager and Thanos do not all fail with one node.',
  defaultMode: 'warn',
  matches: [
    ...storedAs([DEPLOYMENT, STATEFUL_SET, REPLICA_SET], PROMETHEUS, ALERTMANAGER, THANOS),
    ...storedForOperator(...OPERATOR_RESOURCES)
  ],
  options: {},
  *check(subject) {
    const server = serversIn(subject).find(isTogether)
    if (server === undefined) return
    yield {
      field: [...server.fields.pod, 'affinity'],
      problem: `no rule prevents the ${server.copies} replicas of ${server.role.name} from running on one node and failing together`,
      remediation: withChartValue(
        'add topologySpreadConstraints or podAntiAffinity over kubernetes.io/hostname',
        server,
        'antiAffinity'
      )
    }
  }
})

/** One on each node is apart by itself. */
function isTogether(server: Server): boolean {
  const { role, copies } = server
  return role.isReplicated && copies >= 2 && Number.isFinite(copies) && !isSpread(server)
}

/** Preferred or required: both say that somebody thought of it. */
function isSpread({ workload: { template } }: Server): boolean {
  const spec = specOf(template)
  if (listOf(spec.topologySpreadConstraints).length > 0) return true
  const {
    requiredDuringSchedulingIgnoredDuringExecution: required,
    preferredDuringSchedulingIgnoredDuringExecution: preferred
  } = objectOf(objectOf(spec.affinity).podAntiAffinity)
  return listOf(required).length > 0 || listOf(preferred).length > 0
}
