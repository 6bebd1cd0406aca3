import { templateNameOf } from '../objects/claim-templates.ts'
import {
  ALERTMANAGER_RESOURCE,
  PROMETHEUS_AGENT_RESOURCE,
  PROMETHEUS_RESOURCE,
  type Resource,
  THANOS_RULER_RESOURCE
} from '../objects/kinds.ts'
import { metadataOf, specOf } from '../objects/metadata.ts'
import { type Container, containersOf, nameOfContainer } from '../objects/pod.ts'
import type { Volume } from '../objects/volumes.ts'
import type { Subject } from '../subject.ts'
import { integerOf, isObject, type JsonObject, listOf, objectOf, textOf } from '../values/json.ts'
import type { Path } from '../values/path.ts'
import { ALERTMANAGER_SERVER } from './alertmanager.ts'
import { PROMETHEUS_AGENT, PROMETHEUS_SERVER } from './prometheus.ts'
import type { Chart, Role } from './role.ts'
import type { Server } from './server.ts'
import { THANOS_RULER } from './thanos.ts'

/** What prometheus-operator makes of its objects (pkg/prometheus, pkg/alertmanager and pkg/thanos of the operator). */
interface Operated {
  readonly resource: Resource
  readonly role: Role
  /** The container that runs the server, to which items of `spec.containers` of its name are added. */
  readonly container: string
  /** What the operator puts before the name of the object: the StatefulSet is called `PREFIX-NAME`. */
  readonly prefix: string
  /** And behind that, for its claim template. */
  readonly claimSuffix: string
  /** Where the operator lets the server keep its data. */
  readonly dataPath?: string
  /** Of kube-prometheus-stack. */
  readonly chart: Chart
  /** What the operator sets where the object does not. */
  readonly filledIn?: Server['filledIn']
}

const OPERATED: readonly Operated[] = [
  {
    resource: PROMETHEUS_RESOURCE,
    role: PROMETHEUS_SERVER,
    container: 'prometheus',
    prefix: 'prometheus',
    claimSuffix: 'db',
    dataPath: '/prometheus',
    chart: chartOf('prometheus.prometheusSpec', 'storageSpec')
  },
  {
    resource: PROMETHEUS_AGENT_RESOURCE,
    // The operator shards the targets over `shards`; replicas of one shard do the same.
    role: { ...PROMETHEUS_AGENT, isReplicated: true },
    container: 'prometheus',
    prefix: 'prom-agent',
    claimSuffix: 'db',
    chart: chartOf('prometheus.prometheusSpec', 'storageSpec')
  },
  {
    resource: ALERTMANAGER_RESOURCE,
    role: ALERTMANAGER_SERVER,
    container: 'alertmanager',
    prefix: 'alertmanager',
    claimSuffix: 'db',
    dataPath: '/alertmanager',
    chart: chartOf('alertmanager.alertmanagerSpec', 'storage'),
    filledIn: ['memoryRequest']
  },
  {
    resource: THANOS_RULER_RESOURCE,
    role: THANOS_RULER,
    container: 'thanos-ruler',
    prefix: 'thanos-ruler',
    claimSuffix: 'data',
    dataPath: '/thanos/data',
    chart: chartOf('thanosRuler.thanosRulerSpec', 'storage'),
    filledIn: ['memoryRequest']
  }
]

function chartOf(spec: string, storage: string): Chart {
  return {
    name: 'kube-prometheus-stack',
    storage: `${spec}.${storage}`,
    resources: `${spec}.resources`,
    antiAffinity: `${spec}.podAntiAffinity: soft`
  }
}

const SPEC: Path = ['spec']

/** The server that an object of prometheus-operator asks for; undefined for any other object. */
export function operatedServerIn({ group, kind, name, object }: Subject): Server | undefined {
  const operated = OPERATED.find(({ resource }) => resource.group === group && resource.kind === kind)
  if (operated === undefined) return undefined
  const spec = specOf(object)
  const { role, filledIn = [], chart, prefix, claimSuffix } = operated
  const set = `${prefix}-${name}`
  const copies = copiesOf(spec)
  const retentionSize = textOf(spec.retentionSize)
  return {
    role,
    title: `the ${kind}`,
    // As a Pod, the spec has what the operator gives to its Pods: affinity, volumes and more.
    workload: { kind, spec, template: { spec: { ...spec, resources: undefined } }, replicas: copies * shardsOf(spec) },
    statefulSet: set,
    shards: shardsOf(spec),
    container: addedContainer(spec, operated.container),
    copies,
    dataPath: keepsNothing(spec, operated) ? undefined : operated.dataPath,
    dataVolume: volumeOf(spec, `${set}-${claimSuffix}`),
    filledIn,
    settings: {
      retentionSize,
      retentionInWords: `retentionSize: ${retentionSize}`,
      isUnlocked: listOf(spec.additionalArgs).some((item) => objectOf(item).name === 'storage.tsdb.no-lockfile')
    },
    fields: {
      pod: SPEC,
      storage: [...SPEC, 'storage'],
      resources: [...SPEC, 'resources'],
      retentionSize: [...SPEC, 'retentionSize'],
      arguments: [...SPEC, 'additionalArgs']
    },
    chart,
    isOperated: true
  }
}

/** An agent in this mode runs once on each node. */
function copiesOf({ mode, replicas }: JsonObject): number {
  return mode === 'DaemonSet' ? Number.POSITIVE_INFINITY : (integerOf(replicas) ?? 1)
}

/** How many StatefulSets the operator makes of an object. */
export function shardsOf({ shards }: JsonObject): number {
  return Math.max(1, integerOf(shards) ?? 1)
}

/** A Thanos Ruler that writes elsewhere has nothing to lose. */
function keepsNothing({ remoteWrite }: JsonObject, { role }: Operated): boolean {
  return role === THANOS_RULER && listOf(remoteWrite).length > 0
}

/** What the object adds to the server's container, by a strategic merge. */
function addedContainer(spec: JsonObject, name: string): Container {
  const added = containersOf({ spec }).find((container) => nameOfContainer(container) === name)
  const { volumeMounts, resources } = added?.object ?? {}
  const mounts = [...listOf(spec.volumeMounts), ...listOf(volumeMounts)]
  const [ofServer, ofContainer] = [objectOf(spec.resources), objectOf(resources)]
  const merged = (field: string) => ({ ...objectOf(ofServer[field]), ...objectOf(ofContainer[field]) })
  const object = {
    ...added?.object,
    name,
    volumeMounts: mounts,
    resources: { requests: merged('requests'), limits: merged('limits') }
  }
  return { index: added?.index ?? 0, object }
}

/** Where the operator puts the data, unless a mount of the object's own is there. */
function volumeOf({ storage }: JsonObject, claimName: string): Volume {
  if (!isObject(storage) || isObject(storage.emptyDir)) return { kind: 'emptyDir' }
  if (isObject(storage.ephemeral)) return { kind: 'other' }
  const template = objectOf(storage.volumeClaimTemplate)
  const name = templateNameOf(template) || claimName
  return { kind: 'template', template: { ...template, metadata: { ...metadataOf(template), name } }, index: 0 }
}
