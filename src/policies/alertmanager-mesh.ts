import { CONFIG_MAP, DEPLOYMENT, NETWORK_POLICY, SERVICE, STATEFUL_SET } from '../core/objects/kinds.ts'
import { admits, restrictsIngress } from '../core/objects/network-policy.ts'
import type { Container } from '../core/objects/pod.ts'
import { isHeadless, serviceSelects } from '../core/objects/service.ts'
import type { Workload } from '../core/objects/workload.ts'
import { defineSetPolicy, type SetFinding } from '../core/policy.ts'
import { flagValue, flagValues, isExpanded, isStartedByShell } from '../core/programs/arguments.ts'
import { alertmanagerTargetsIn, prometheusConfigOf } from '../core/programs/prometheus-config.ts'
import { type Runner, runnersOfRole } from '../core/programs/runners.ts'
import type { SubjectSet } from '../core/set.ts'
import type { Subject } from '../core/subject.ts'

export default defineSetPolicy({
  id: 'alertmanager-mesh',
  summary: 'Replicas of Alertmanager form a cluster, so that each notification is sent once.',
  defaultMode: 'enforce',
  options: {},
  reads: [DEPLOYMENT, STATEFUL_SET, SERVICE, NETWORK_POLICY, CONFIG_MAP],
  needs: [SERVICE],
  appliesTo: (set) => meshesIn(set).length > 0,
  *checkSet(set) {
    for (const mesh of meshesIn(set)) {
      yield* peers(set, mesh)
      yield* closedPorts(set, mesh)
      yield* balancedAlerts(set, mesh)
    }
  }
})

/** Replicas of one workload. Those of prometheus-operator are joined by the operator itself. */
interface Mesh extends Runner {
  readonly workload: Workload
  readonly container: Container
}

function meshesIn(set: SubjectSet): readonly Mesh[] {
  return runnersOfRole(set, 'alertmanager').filter(
    (runner): runner is Mesh =>
      runner.replicas >= 2 &&
      runner.workload !== undefined &&
      runner.container !== undefined &&
      !isStartedByShell(runner.container)
  )
}

const EACH_BY_ITSELF = 'do not form a cluster: each sends every notification, and a silence applies to one replica only'

function* peers(set: SubjectSet, mesh: Mesh): Generator<SetFinding> {
  const { subject, container, path, replicas } = mesh
  const field = [...path, 'args']
  if (flagValue(container, 'cluster.listen-address') === '') {
    yield {
      object: subject,
      field,
      identity: 'the mesh is off',
      problem: `--cluster.listen-address is empty, so the ${replicas} replicas of Alertmanager ${EACH_BY_ITSELF}`,
      remediation: 'remove the flag and set all other replicas as --cluster.peer, or run one replica'
    }
    return
  }
  const named = flagValues(container, 'cluster.peer')
  if (named.length === 0) {
    yield {
      object: subject,
      field,
      identity: 'no peers',
      problem: `without --cluster.peer the ${replicas} replicas of Alertmanager ${EACH_BY_ITSELF}`,
      remediation: `set --cluster.peer=${subject.name}-N.SERVICE:9094 for each replica, where SERVICE is a headless Service over them (the alertmanager chart does so for replicaCount)`
    }
    return
  }
  yield* services(set, mesh, named)
}

/** Peers by the names of Pods resolve through the headless Service that the StatefulSet names, and through no other. */
function* services(set: SubjectSet, { subject, path, labels }: Mesh, named: readonly string[]): Generator<SetFinding> {
  const wanted = new Set(named.flatMap((peer) => serviceOfPeer(peer, subject.name, set.namespace) ?? []))
  for (const name of wanted) {
    const service = set.named(SERVICE, name)
    const isGood = service !== undefined && isHeadless(service.object) && serviceSelects(service.object, labels)
    if (isGood) continue
    const what =
      service === undefined
        ? 'and there is no such Service'
        : isHeadless(service.object)
          ? 'which selects other Pods'
          : 'which is not headless and gives Pods no names'
    yield {
      object: service ?? subject,
      involved: service === undefined ? [] : [subject],
      field:
        service === undefined ? [...path, 'args'] : ['spec', isHeadless(service.object) ? 'selector' : 'clusterIP'],
      identity: `peers through ${name} of ${subject.kind} ${subject.name}`,
      problem: `the peers of ${subject.kind} ${subject.name} are named through the Service ${name}, ${what}: the replicas of Alertmanager find no peers, and each sends every notification`,
      remediation: `make ${name} a headless Service (clusterIP: None) that selects the Pods of ${subject.kind} ${subject.name}`
    }
  }
}

/** The Service in `am-0.am-headless.lab.svc:9094`; undefined for any other address, and for another namespace. */
function serviceOfPeer(peer: string, workload: string, namespace: string): string | undefined {
  if (isExpanded(peer)) return undefined
  const [pod = '', service, within] = peer.replace(/:\d+$/, '').split('.')
  const isPod = pod.startsWith(`${workload}-`) && /^\d+$/.test(pod.slice(workload.length + 1))
  if (!isPod || service === undefined || service === '') return undefined
  return within === undefined || within === namespace || namespace === '' ? service : undefined
}

const WEB_PORT = 9093
const CLUSTER_PORT = 9094

function* closedPorts(set: SubjectSet, mesh: Mesh): Generator<SetFinding> {
  const { workload, container, subject } = mesh
  const port = Number(/:(\d+)$/.exec(flagValue(container, 'cluster.listen-address') ?? '')?.[1] ?? CLUSTER_PORT)
  const policies = set.ofKind(NETWORK_POLICY).filter(({ object }) => restrictsIngress(object, workload.template))
  const lets = (number: number, protocol: 'TCP' | 'UDP'): boolean =>
    policies.some(({ object }) => admits(object, workload.template, number, protocol))
  const [first, ...others] = policies
  // One that closes everything is not about the mesh.
  if (first === undefined || !lets(WEB_PORT, 'TCP')) return
  const closed = (['TCP', 'UDP'] as const).filter((protocol) => !lets(port, protocol))
  if (closed.length === 0) return
  yield {
    object: first,
    involved: [subject, ...others],
    field: ['spec', 'ingress'],
    identity: `closed to ${subject.kind} ${subject.name}`,
    problem: `port ${port} of ${subject.kind} ${subject.name} is blocked for ${closed.join(' and ')}; replicas of Alertmanager use it to coordinate notifications`,
    remediation: `admit port ${port}, TCP and UDP, from the Pods of ${subject.kind} ${subject.name} themselves`
  }
}

/** Alerts have to reach every replica: what one of them did not get, it does not send when the others are gone. */
function* balancedAlerts(set: SubjectSet, { subject, labels, replicas }: Mesh): Generator<SetFinding> {
  const told = new Set<Subject>()
  for (const prometheus of runnersOfRole(set, 'prometheus')) {
    const configured = prometheusConfigOf(set, prometheus)
    if (configured.kind === 'unknown' || told.has(configured.source)) continue
    const targets = alertmanagerTargetsIn(configured.config)
    const service = set
      .ofKind(SERVICE)
      .find(
        ({ name, object }) =>
          !isHeadless(object) &&
          serviceSelects(object, labels) &&
          targets.some((target) => serviceOfTarget(target, set.namespace) === name)
      )
    if (service === undefined) continue
    told.add(configured.source)
    yield {
      object: configured.source,
      involved: [service, subject],
      field: ['data', configured.key],
      identity: `alerts through ${service.name}`,
      problem: `alerts are sent to the Service ${service.name}, which gives each to one of the ${replicas} replicas of Alertmanager`,
      remediation:
        'let dns_sd_configs or kubernetes_sd_configs find all replicas, such as by the name of a headless Service: Alertmanager is not to be load balanced',
      advice: true
    }
  }
}

/** `alertmanager.lab.svc:9093` → `alertmanager`; undefined for an address in another namespace. */
function serviceOfTarget(target: string, namespace: string): string | undefined {
  const [service, within] = target.replace(/:\d+$/, '').split('.')
  return within === undefined || within === namespace ? service : undefined
}
