import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { JsonObject } from '../../src/core/values/json.ts'
import { claimTemplate, container, pod, pushgateway, statefulSet } from '../fixtures/objects.ts'
import {
  alertmanager,
  alertmanagerObject,
  claimed,
  prometheus,
  prometheusAgent,
  prometheusObject,
  prometheusSet,
  shards,
  thanos,
  thanosRuler
} from '../fixtures/prometheus.ts'
import { CHART_UPGRADES, chartStatefulSet } from '../fixtures/pushgateway-chart.ts'
import { config, HEADLESS, pair, running, service } from '../fixtures/sets.ts'

/** Objects that policies have something to say about, or nearly: what the cases are made of. */

export interface Seed {
  readonly object: JsonObject
  /** What it is updated from; absent for what is only created. */
  readonly before?: JsonObject
}

const LABELS = { 'helm.sh/chart': 'prometheus-pushgateway-2.16.0', release: 'pgw' }
const NEW_LABELS = { ...LABELS, 'helm.sh/chart': 'prometheus-pushgateway-2.17.0' }
const DELETES = { persistentVolumeClaimRetentionPolicy: { whenDeleted: 'Delete', whenScaled: 'Retain' } }
const BY_CHART = { 'app.kubernetes.io/managed-by': 'Helm', 'app.kubernetes.io/instance': 'pgw' }

const PODS: readonly JsonObject[] = [
  pod(),
  pod({ grace: 90, annotations: { 'holdfast.dev/drain-profile': 'heavy' } }),
  pod({ annotations: { 'holdfast.dev/drain-seconds': '45', 'holdfast.dev/skip': 'pushgateway-graceful-stop' } }),
  pod({ containers: [container('proxy', 'nginx:1.31'), pushgateway({ lifecycle: { postStart: { exec: {} } } })] }),
  pod({ containers: [pushgateway({ lifecycle: { preStop: { exec: { command: ['sh', '-c', 'sleep 60'] } } } })] }),
  pod({ containers: [pushgateway({ lifecycle: { preStop: { sleep: { seconds: 20 } } } }), pushgateway()] }),
  pod({ containers: [pushgateway({ livenessProbe: { terminationGracePeriodSeconds: 5 } })], restartPolicy: 'Never' })
]

const SINGLE: readonly JsonObject[] = [
  prometheus(),
  prometheus({ replicas: 2, args: ['--storage.tsdb.path=/data/x', '--storage.tsdb.no-lockfile'] }),
  prometheus({ kind: 'DaemonSet', volumes: [{ name: 'storage', emptyDir: {} }] }),
  prometheus({ kind: 'ReplicaSet', replicas: 3, resources: {} }),
  prometheusSet({ replicas: 2, args: ['--storage.tsdb.path=/data', '--storage.tsdb.retention.size=90GB'] }),
  alertmanager({ replicas: 2, volumes: [] }),
  thanos(['receive', '--tsdb.path=/data'], { replicas: 2 }),
  thanos(['sidecar', '--prometheus.url=http://localhost:9090']),
  prometheusObject({ replicas: 2, retentionSize: '99GB' }),
  prometheusAgent(),
  alertmanagerObject({ storage: undefined }),
  thanosRuler({ replicas: 2, resources: {} }),
  running('pushgateway', 'prom/pushgateway:v1', ['--persistence.file=/data/x'], { replicas: 2 }),
  running('ksm', 'registry.k8s.io/kube-state-metrics/kube-state-metrics:v2.12.0', [], { replicas: 2 })
]

const UPDATES: readonly Seed[] = [
  ...CHART_UPGRADES.filter((_, index) => index % 7 === 0).map(({ from, to }) => ({
    before: chartStatefulSet(from),
    object: chartStatefulSet(to)
  })),
  updateOf({ templates: [claimTemplate({ labels: LABELS })] }, { templates: [claimTemplate({ labels: NEW_LABELS })] }),
  updateOf(
    { labels: BY_CHART, templates: [claimTemplate({ labels: LABELS, annotations: { a: 'b' } })] },
    { labels: BY_CHART, templates: [claimTemplate({ labels: NEW_LABELS, size: '3Gi' })], spec: DELETES }
  ),
  updateOf({ selector: { app: 'pgw' } }, { selector: { app: 'other' }, spec: { serviceName: 'other' } }),
  updateOf({ spec: { revisionHistoryLimit: 10, replicas: 12 } }, { spec: { revisionHistoryLimit: 3, replicas: 12 } }),
  updateOf({}, { templates: [claimTemplate({ name: 'other' }), claimTemplate()] }),
  { before: shards({ labels: LABELS }), object: shards({ labels: NEW_LABELS }) },
  {
    before: shards({
      labels: LABELS,
      template: { metadata: { annotations: { 'holdfast.dev/sharding-labels': 'a' } } }
    }),
    object: shards({ labels: NEW_LABELS, tag: 'v2.11.0' })
  },
  { before: prometheus(), object: prometheus({ replicas: 2, args: ['--storage.tsdb.path=/data/x'] }) },
  {
    before: prometheusObject(),
    object: prometheusObject({ shards: 2, storage: claimed('200Gi'), retentionSize: '1GB' })
  }
]

function updateOf(before: Parameters<typeof statefulSet>[0], after: Parameters<typeof statefulSet>[0]): Seed {
  return { before: statefulSet(before), object: statefulSet(after) }
}

/** What stands beside workloads in a file, for the policies over several objects. */
export const BESIDE: readonly JsonObject[] = [
  service(),
  HEADLESS,
  pair(),
  config('global: {external_labels: {replica: $(POD_NAME)}}\nremote_write: [{url: "http://mimir/api/v1/push"}]\n'),
  running('query', 'quay.io/thanos/thanos:v0.42.4', ['query', '--endpoint=dnssrv+_grpc._tcp.sidecar']),
  { apiVersion: 'policy/v1', kind: 'PodDisruptionBudget', metadata: { name: 'p' }, spec: { maxUnavailable: 0 } },
  { apiVersion: 'v1', kind: 'PersistentVolumeClaim', metadata: { name: 'prometheus-data' }, spec: {} }
]

const REVIEWS = join(import.meta.dirname, '../../demo/reviews')

/** The reviews of the demonstration. */
function recorded(): Seed[] {
  return readdirSync(REVIEWS).map((file) => {
    const { object, oldObject } = JSON.parse(readFileSync(join(REVIEWS, file), 'utf8')).request
    return oldObject === null || oldObject === undefined ? { object } : { object, before: oldObject }
  })
}

/** As from a wire: what is undefined in a fixture is not there. */
export const SEEDS: readonly Seed[] = JSON.parse(
  JSON.stringify([...PODS, ...PODS, ...SINGLE].map((object): Seed => ({ object })).concat(UPDATES, UPDATES, recorded()))
)

/** All objects, to take parts from. */
export const OBJECTS: readonly JsonObject[] = SEEDS.flatMap(({ object, before }) => [
  object,
  ...(before ? [before] : [])
])
