import { specOf } from '../core/objects/metadata.ts'
import { storedAs, WORKLOADS } from '../core/objects/workload.ts'
import { definePolicy, type Finding } from '../core/policy.ts'
import { PROMETHEUS, type PrometheusServer, serversIn } from '../core/programs/prometheus.ts'
import { type JsonObject, objectOf } from '../core/values/json.ts'
import { quote } from '../core/values/text.ts'

export default definePolicy({
  id: 'prometheus-resources',
  summary: 'Prometheus requests CPU and memory, and has a memory limit.',
  defaultMode: 'warn',
  matches: storedAs(WORKLOADS, PROMETHEUS),
  options: {},
  *check(subject) {
    for (const server of serversIn(subject)) yield* missingResources(server)
  }
})

function* missingResources({ workload, container, path }: PrometheusServer): Generator<Finding> {
  const own = objectOf(container.object.resources)
  // Since Kubernetes 1.32 a Pod may have resources as a whole, which its containers share.
  const shared = objectOf(specOf(workload.template).resources)
  for (const { kind, name, effect, remediation } of WANTED) {
    if (isSet(own, shared, kind, name)) continue
    yield {
      field: [...path, 'resources', kind, name],
      problem: `container ${quote(container.object.name)} has no ${NAMES[name]} ${kind === 'requests' ? 'request' : 'limit'}: ${effect}`,
      remediation
    }
  }
}

const NAMES = { cpu: 'CPU', memory: 'memory' } as const

const WANTED = [
  {
    kind: 'requests',
    name: 'cpu',
    effect: 'on a busy node its rules and scrapes come late',
    remediation:
      'set resources.requests.cpu to what it uses on an ordinary day (server.resources in the prometheus chart)'
  },
  {
    kind: 'requests',
    name: 'memory',
    effect: 'it is among the first to be evicted from a node that runs short',
    remediation:
      'set resources.requests.memory to what it uses on an ordinary day (server.resources in the prometheus chart)'
  },
  {
    kind: 'limits',
    name: 'memory',
    effect: 'one expensive query can take the whole node down',
    remediation: 'set resources.limits.memory to twice what it uses on an ordinary day; a CPU limit is not needed'
  }
] as const

/** The API server fills a missing request in from the limit, so a limit is a request too. */
function isSet(own: JsonObject, shared: JsonObject, kind: 'requests' | 'limits', name: string): boolean {
  const kinds = kind === 'requests' ? ['requests', 'limits'] : ['limits']
  return [own, shared].some((resources) => kinds.some((one) => (objectOf(resources[one])[name] ?? null) !== null))
}
