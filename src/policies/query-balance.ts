import { DEPLOYMENT, HTTP_ROUTE, INGRESS, PROMETHEUS_RESOURCE, SERVICE, STATEFUL_SET } from '../core/objects/kinds.ts'
import { annotationsOf, specOf } from '../core/objects/metadata.ts'
import { isBalanced, isHeadless, leadsTo, pickedPod, podPort, serviceSelects } from '../core/objects/service.ts'
import { defineSetPolicy, type SetFinding } from '../core/policy.ts'
import { type Runner, runnersOfRole } from '../core/programs/runners.ts'
import type { SubjectSet } from '../core/set.ts'
import type { Subject } from '../core/subject.ts'
import { type JsonObject, listOf, objectOf, wordOf } from '../core/values/json.ts'

export default defineSetPolicy({
  id: 'query-balance',
  summary: 'Queries of a client reach the same replica of Prometheus, or a query layer that merges the replicas.',
  defaultMode: 'warn',
  options: {},
  reads: [SERVICE, DEPLOYMENT, STATEFUL_SET, PROMETHEUS_RESOURCE, INGRESS, HTTP_ROUTE],
  needs: [SERVICE, DEPLOYMENT, STATEFUL_SET],
  appliesTo: (set) => replicated(set).length > 0,
  *checkSet(set) {
    // It asks all replicas, and takes for one what is the same.
    if (runnersOfRole(set, 'thanos-query', 'query-layer').length > 0) return
    for (const runner of replicated(set)) {
      const services = set.ofKind(SERVICE).filter(({ object }) => answersFor(object, runner))
      const balanced = services.filter(({ object }) => pickedPod(object) === undefined && isBalanced(object))
      for (const service of balanced) yield overReplicas(set, service, runner)
      if (balanced.length === 0) yield* onOneReplica(services, runner)
    }
  }
})

function replicated(set: SubjectSet): readonly Runner[] {
  return runnersOfRole(set, 'prometheus').filter(({ replicas }) => replicas >= 2)
}

/** Whether queries to the Service reach these Pods. */
function answersFor(service: JsonObject, { labels, workload, webPort, webPortName }: Runner): boolean {
  if (!serviceSelects(service, labels)) return false
  const port = workload && podPort(workload.template, webPort)
  return leadsTo(service, port ?? { number: webPort, names: webPortName === undefined ? [] : [webPortName] })
}

function overReplicas(set: SubjectSet, service: Subject, runner: Runner): SetFinding {
  const sticky = inFront(set, service.name).filter(({ object }) => isSticky(object))
  const { replicas, subject, shards } = runner
  const each = shards > 1 ? ` of each of the ${shards} shards` : ''
  return {
    object: service,
    involved: [subject, ...sticky],
    field: ['spec', 'sessionAffinity'],
    identity: `balances over ${subject.kind} ${subject.name}`,
    problem: `queries are spread over the ${replicas} replicas${each} of Prometheus in ${subject.kind} ${subject.name}, whose samples differ, so graphs change with every refresh`,
    remediation:
      'set sessionAffinity: ClientIP (server.service.sessionAffinity in the prometheus chart, prometheus.service.sessionAffinity in kube-prometheus-stack), or query through Thanos Query',
    // What comes through the one that is sticky is not spread; what comes to the Service itself is.
    ...(sticky.length > 0 && { info: true as const })
  }
}

/** One replica that is always asked is a consistent view and no failover; one Service for each is a choice. */
function* onOneReplica(services: readonly Subject[], { subject, replicas }: Runner): Generator<SetFinding> {
  const pinned = services.filter(({ object }) => pickedPod(object) !== undefined)
  const others = services.filter(({ object }) => pickedPod(object) === undefined && !isHeadless(object))
  const [only] = pinned
  if (only === undefined || others.length > 0) return
  if (new Set(pinned.map(({ object }) => pickedPod(object))).size > 1) return
  yield {
    object: only,
    involved: [subject],
    field: ['spec', 'selector'],
    identity: `one replica of ${subject.kind} ${subject.name}`,
    problem: `queries reach one of the ${replicas} replicas of Prometheus in ${subject.kind} ${subject.name}, and none while that one is down`,
    remediation: 'keep it for a consistent view, or set sessionAffinity: ClientIP over all replicas',
    info: true
  }
}

/** Ingresses and HTTPRoutes that send requests to a Service. */
function inFront(set: SubjectSet, service: string): readonly Subject[] {
  const ingresses = set.ofKind(INGRESS).filter(({ object }) => servicesOfIngress(object).includes(service))
  const routes = set.ofKind(HTTP_ROUTE).filter(({ object }) => servicesOfRoute(object).includes(service))
  return [...ingresses, ...routes]
}

function servicesOfIngress(ingress: JsonObject): readonly unknown[] {
  const { defaultBackend, rules } = specOf(ingress)
  const paths = listOf(rules).flatMap((rule) => listOf(objectOf(objectOf(rule).http).paths))
  const backends = [defaultBackend, ...paths.map((path) => objectOf(path).backend)]
  return backends.map((backend) => objectOf(objectOf(backend).service).name)
}

function servicesOfRoute(route: JsonObject): readonly unknown[] {
  const rules = listOf(specOf(route).rules).map(objectOf)
  return rules.flatMap(({ backendRefs }) => listOf(backendRefs).map((backend) => objectOf(backend).name))
}

/** By the annotations of the common controllers, or by the route's own field. */
function isSticky(object: JsonObject): boolean {
  const annotations = Object.entries(annotationsOf(object))
  return (
    annotations.some(
      ([key, value]) => /affinity|sticky|session/i.test(key) && !['', 'false', 'none'].includes(wordOf(value))
    ) || listOf(specOf(object).rules).some((rule) => objectOf(rule).sessionPersistence !== undefined)
  )
}
