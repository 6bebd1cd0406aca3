import { storedAs, storedForOperator } from '../core/matches.ts'
import { LIMIT_RANGE, OPERATOR_RESOURCES } from '../core/objects/kinds.ts'
import { specOf } from '../core/objects/metadata.ts'
import { WORKLOADS } from '../core/objects/workload.ts'
import { definePolicy, type Finding } from '../core/policy.ts'
import { ALERTMANAGER } from '../core/programs/alertmanager.ts'
import { KUBE_STATE_METRICS } from '../core/programs/kube-state-metrics.ts'
import { PROMETHEUS } from '../core/programs/prometheus.ts'
import { PUSHGATEWAY } from '../core/programs/pushgateway.ts'
import { type Server, withChartValue } from '../core/programs/server.ts'
import { serversIn } from '../core/programs/servers.ts'
import { THANOS } from '../core/programs/thanos.ts'
import { type JsonObject, objectOf } from '../core/values/json.ts'

export default definePolicy({
  id: 'prometheus-resources',
  summary: 'Prometheus, Alertmanager and Thanos request CPU and memory, and have a memory limit.',
  defaultMode: 'warn',
  reads: [LIMIT_RANGE],
  matches: [
    ...storedAs(WORKLOADS, PROMETHEUS, ALERTMANAGER, THANOS, PUSHGATEWAY, KUBE_STATE_METRICS),
    ...storedForOperator(...OPERATOR_RESOURCES)
  ],
  options: {
    alsoFor: {
      type: 'array',
      items: { type: 'string', minLength: 1, pattern: '^(pushgateway|kube-state-metrics)$', examples: ['pushgateway'] },
      uniqueItems: true,
      default: [],
      description: 'Programs that are checked too: `pushgateway` and `kube-state-metrics`.'
    }
  },
  *check(subject, { options, cluster }) {
    for (const server of serversIn(subject)) {
      const { onRequest } = server.role
      if (onRequest === undefined || options.alsoFor.includes(onRequest)) {
        yield* missingResources(server, objectOf(cluster.provision?.containerDefaults))
      }
    }
  }
})

/** @param defaults what a container gets that does not say */
function* missingResources(server: Server, defaults: JsonObject): Generator<Finding> {
  const { workload, container, fields, role, title, filledIn } = server
  const own = objectOf(container.object.resources)
  // Since Kubernetes 1.32 a Pod may have resources as a whole, which its containers share.
  const shared = objectOf(specOf(workload.template).resources)
  for (const { what, kind, name, inWords, remediation } of WANTED) {
    if (filledIn.includes(what) || isSet([own, shared, defaults], kind, name)) continue
    yield {
      field: [...fields.resources, kind, name],
      problem: `${title} has no ${inWords}: ${role.without[what]}`,
      remediation: kind === 'requests' ? withChartValue(remediation, server, 'resources') : remediation
    }
  }
}

const WANTED = [
  {
    what: 'cpuRequest',
    kind: 'requests',
    name: 'cpu',
    inWords: 'CPU request',
    remediation: 'set resources.requests.cpu to its normal usage'
  },
  {
    what: 'memoryRequest',
    kind: 'requests',
    name: 'memory',
    inWords: 'memory request',
    remediation: 'set resources.requests.memory to its normal usage'
  },
  {
    what: 'memoryLimit',
    kind: 'limits',
    name: 'memory',
    inWords: 'memory limit',
    remediation: 'set resources.limits.memory to twice its normal usage; a CPU limit is not needed'
  }
] as const

/** The API server fills a missing request in from the limit, so a limit is a request too. */
function isSet(sources: readonly JsonObject[], kind: 'requests' | 'limits', name: string): boolean {
  const kinds = kind === 'requests' ? ['requests', 'limits'] : ['limits']
  return sources.some((resources) => kinds.some((one) => (objectOf(resources[one])[name] ?? null) !== null))
}
