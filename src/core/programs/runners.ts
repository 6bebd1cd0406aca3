import {
  ALERTMANAGER_RESOURCE,
  DEPLOYMENT,
  PROMETHEUS_AGENT_RESOURCE,
  PROMETHEUS_RESOURCE,
  type Resource,
  STATEFUL_SET,
  THANOS_RULER_RESOURCE
} from '../objects/kinds.ts'
import { labelsOf, specOf } from '../objects/metadata.ts'
import { isOwnedByPrometheusOperator } from '../objects/operator.ts'
import { type Container, containersOf } from '../objects/pod.ts'
import { type Workload, workloadOf } from '../objects/workload.ts'
import type { SubjectSet } from '../set.ts'
import type { Subject } from '../subject.ts'
import { integerOf, type JsonObject, objectOf } from '../values/json.ts'
import type { Path } from '../values/path.ts'
import { isAlertmanager } from './alertmanager.ts'
import { flagValue } from './arguments.ts'
import { KUBE_STATE_METRICS } from './kube-state-metrics.ts'
import { hasImageOf, type Program, startsCommandOf } from './program.ts'
import { isAgent, isPrometheus } from './prometheus.ts'
import { isPushgateway } from './pushgateway.ts'
import { isThanos, thanosComponentOf } from './thanos.ts'

/** What policies over Sets tell apart. A query layer answers for several Prometheus and puts their data together. */
export type RunnerRole =
  | 'prometheus'
  | 'agent'
  | 'alertmanager'
  | 'thanos-query'
  | 'thanos-receive'
  | 'thanos-store'
  | 'thanos-rule'
  | 'query-layer'
  | 'kube-state-metrics'
  | 'pushgateway'

/** What makes Pods of a program: a workload, or an object of which prometheus-operator makes some. */
export interface Runner {
  readonly role: RunnerRole
  /** As its project spells it. */
  readonly program: string
  readonly subject: Subject
  /** Of its Pods. */
  readonly labels: JsonObject
  /** What a prometheus-operator before 0.52 puts on its Pods besides. Nothing tells which version makes them. */
  readonly olderLabels?: JsonObject
  /** Of one shard. */
  readonly replicas: number
  /** More than one for an object of prometheus-operator that says so; each has `replicas` Pods. */
  readonly shards: number
  /** Undefined for an object of prometheus-operator. */
  readonly container?: Container
  readonly workload?: Workload
  /** Of the container, for findings; of the spec where there is none. */
  readonly path: Path
  /** The port at which it answers queries. */
  readonly webPort: number
  /** And what it is called, where the operator makes it. */
  readonly webPortName?: string
}

/** Kinds of which runners are made. */
export const RUNNER_KINDS: readonly Resource[] = [
  DEPLOYMENT,
  STATEFUL_SET,
  PROMETHEUS_RESOURCE,
  PROMETHEUS_AGENT_RESOURCE,
  ALERTMANAGER_RESOURCE,
  THANOS_RULER_RESOURCE
]

const QUERY_LAYERS: Program = {
  name: 'a query layer',
  images: ['promxy', 'vmselect'],
  commands: ['promxy', 'vmselect']
}

const NAMES: Readonly<Record<RunnerRole, string>> = {
  prometheus: 'Prometheus',
  agent: 'Prometheus agent',
  alertmanager: 'Alertmanager',
  'thanos-query': 'Thanos Query',
  'thanos-receive': 'Thanos Receive',
  'thanos-store': 'Thanos Store',
  'thanos-rule': 'Thanos Ruler',
  'query-layer': 'a query layer',
  'kube-state-metrics': 'kube-state-metrics',
  pushgateway: 'Pushgateway'
}

const WEB_PORTS: Readonly<Partial<Record<RunnerRole, number>>> = { alertmanager: 9093, pushgateway: 9091 }
const PROMETHEUS_PORT = 9090

const found = new WeakMap<SubjectSet, readonly Runner[]>()

/** What runs a program of the stack, in the order of the members. */
export function runnersIn(set: SubjectSet): readonly Runner[] {
  const known = found.get(set) ?? set.members.flatMap(runnersOf)
  found.set(set, known)
  return known
}

export function runnersOfRole(set: SubjectSet, ...roles: readonly RunnerRole[]): readonly Runner[] {
  return runnersIn(set).filter(({ role }) => roles.includes(role))
}

/**
 * What a workload or an object of prometheus-operator runs; nothing for any other object. What the operator made itself
 * is left out: the object that it made it of is what a reader can change.
 */
export function runnersOf(subject: Subject): readonly Runner[] {
  const operated = operatedRunner(subject)
  if (operated !== undefined) return [operated]
  if (subject.group !== 'apps' || (subject.kind !== 'Deployment' && subject.kind !== 'StatefulSet')) return []
  const workload = workloadOf(subject)
  if (workload === undefined || isOwnedByPrometheusOperator(subject.object)) return []
  const roles = new Set<RunnerRole>()
  return containersOf(workload.template).flatMap((container) => {
    const role = roleOf(container)
    // Of two containers of one role, the first is the one that is meant.
    if (role === undefined || roles.has(role)) return []
    roles.add(role)
    const path = ['spec', 'template', 'spec', 'containers', container.index]
    const labels = labelsOf(workload.template)
    const webPort = portIn(container) ?? WEB_PORTS[role] ?? PROMETHEUS_PORT
    const { replicas } = workload
    return { role, program: NAMES[role], subject, labels, replicas, shards: 1, container, workload, path, webPort }
  })
}

/** By the image, or by the command; a container's name says too little. */
function roleOf(container: Container): RunnerRole | undefined {
  if (isThanos(container)) return THANOS_ROLES[thanosComponentOf(container) ?? '']
  if (isPrometheus(container)) return isAgent(container) ? 'agent' : 'prometheus'
  if (isAlertmanager(container)) return 'alertmanager'
  if (hasImageOf(QUERY_LAYERS, container) || startsCommandOf(QUERY_LAYERS, container)) return 'query-layer'
  if (hasImageOf(KUBE_STATE_METRICS, container)) return 'kube-state-metrics'
  return isPushgateway(container) ? 'pushgateway' : undefined
}

const THANOS_ROLES: Readonly<Record<string, RunnerRole>> = {
  query: 'thanos-query',
  receive: 'thanos-receive',
  store: 'thanos-store',
  rule: 'thanos-rule'
}

/** The port of `--web.listen-address`, in its last use. */
function portIn(container: Container): number | undefined {
  const port = /:(\d{1,5})$/.exec(flagValue(container, 'web.listen-address') ?? '')?.[1]
  return port === undefined ? undefined : Number(port)
}

interface Operated {
  readonly resource: Resource
  readonly role: RunnerRole
  /** The label `app` of its Pods, before 0.52. */
  readonly app: string
  /** What the operator puts on its Pods (pkg/prometheus, pkg/alertmanager, pkg/thanos of the operator). */
  labels(name: string): JsonObject
}

const OPERATED: readonly Operated[] = [
  {
    resource: PROMETHEUS_RESOURCE,
    role: 'prometheus',
    app: 'prometheus',
    labels: (name) => ({
      'app.kubernetes.io/name': 'prometheus',
      'operator.prometheus.io/name': name,
      'operator.prometheus.io/mode': 'server',
      prometheus: name
    })
  },
  {
    resource: PROMETHEUS_AGENT_RESOURCE,
    role: 'agent',
    app: 'prometheus',
    labels: (name) => ({
      'app.kubernetes.io/name': 'prometheus-agent',
      'operator.prometheus.io/name': name,
      'operator.prometheus.io/mode': 'agent',
      prometheus: name
    })
  },
  {
    resource: ALERTMANAGER_RESOURCE,
    role: 'alertmanager',
    app: 'alertmanager',
    labels: (name) => ({ 'app.kubernetes.io/name': 'alertmanager', alertmanager: name })
  },
  {
    resource: THANOS_RULER_RESOURCE,
    role: 'thanos-rule',
    app: 'thanos-ruler',
    labels: (name) => ({ 'app.kubernetes.io/name': 'thanos-ruler', 'thanos-ruler': name })
  }
]

function operatedRunner(subject: Subject): Runner | undefined {
  const operated = OPERATED.find(({ resource }) => resource.group === subject.group && resource.kind === subject.kind)
  if (operated === undefined) return undefined
  const { role, resource, app } = operated
  const spec = specOf(subject.object)
  const shards = Math.max(1, integerOf(spec.shards) ?? 1)
  const labels = {
    ...objectOf(objectOf(spec.podMetadata).labels),
    'app.kubernetes.io/managed-by': 'prometheus-operator',
    'app.kubernetes.io/instance': subject.name,
    // Of the first shard, which is always there.
    ...(resource === PROMETHEUS_RESOURCE || resource === PROMETHEUS_AGENT_RESOURCE
      ? { 'operator.prometheus.io/shard': '0' }
      : {}),
    ...operated.labels(subject.name)
  }
  const webPort = WEB_PORTS[role] ?? (role === 'thanos-rule' ? 10902 : PROMETHEUS_PORT)
  const webPortName = typeof spec.portName === 'string' ? spec.portName : 'web'
  const replicas = integerOf(spec.replicas) ?? 1
  const olderLabels = { app }
  return {
    role,
    program: NAMES[role],
    subject,
    labels,
    olderLabels,
    replicas,
    shards,
    path: ['spec'],
    webPort,
    webPortName
  }
}
