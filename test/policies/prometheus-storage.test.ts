import type { Cluster } from '../../src/core/cluster.ts'
import { claimOf, storageClassOf } from '../../src/core/objects/provision.ts'
import type { JsonObject } from '../../src/core/values/json.ts'
import policy from '../../src/policies/prometheus-storage.ts'
import { claimTemplate } from '../fixtures/objects.ts'
import {
  alertmanagerObject,
  claimed,
  claimVolume,
  OPERATED,
  prometheus,
  prometheusAgent,
  prometheusObject,
  prometheusSet,
  TSDB_ARGS,
  thanos,
  thanosRuler
} from '../fixtures/prometheus.ts'
import { testPolicy } from '../helpers/policy-tester.ts'

const MOUNTS = 'spec.template.spec.containers[1].volumeMounts'
const ARGS = 'spec.template.spec.containers[1].args'
const emptyDir = [{ name: 'storage', emptyDir: {} }]

function retaining(size: string): readonly string[] {
  return [...TSDB_ARGS, `--storage.tsdb.retention.size=${size}`]
}

function behindSidecar(object: JsonObject): JsonObject {
  const copy = structuredClone(object) as { spec: { template: { spec: { containers: object[] } } } }
  copy.spec.template.spec.containers.unshift({ name: 'sidecar', image: 'busybox' })
  return copy as unknown as JsonObject
}

/** A claim as the API server has it: what it asks for, and what it has, is the size. */
function claim(name: string, size: string, parts: { className?: string; phase?: string; metadata?: JsonObject } = {}) {
  const { className = 'fast', phase = 'Bound' } = parts
  return {
    metadata: { name, ...parts.metadata },
    spec: { storageClassName: className, resources: { requests: { storage: '1Gi' } } },
    status: { phase, ...(phase === 'Bound' && { capacity: { storage: size } }) }
  }
}

const CLASSES = [
  { metadata: { name: 'fast' }, allowVolumeExpansion: true },
  { metadata: { name: 'rigid' }, reclaimPolicy: 'Delete' },
  { metadata: { name: 'safe' }, reclaimPolicy: 'Retain' }
]

/** A cluster whose claims, and classes, were read. */
function holding(...claims: readonly JsonObject[]): Cluster {
  const named = claims.map((object) => [claimOf(object).name, claimOf(object)] as const)
  const classes = CLASSES.map((object) => [object.metadata.name, storageClassOf(object)] as const)
  return { version: undefined, provision: { claims: new Map(named), classes: new Map(classes) } }
}

const DELETES = { persistentVolumeClaimRetentionPolicy: { whenDeleted: 'Delete', whenScaled: 'Retain' } }
const WHEN_DELETED = 'spec.persistentVolumeClaimRetentionPolicy.whenDeleted'

testPolicy(policy, {
  accepted: [
    {
      name: 'a PVC that was made larger than its template',
      cluster: holding(claim('storage-prometheus-0', '200Gi')),
      object: prometheusSet({ args: retaining('95GB') })
    },
    {
      name: 'a PVC that is no replica of it: scaled away, or of another StatefulSet',
      cluster: holding(
        claim('storage-prometheus-0', '100Gi'),
        claim('storage-prometheus-1', '10Gi'),
        claim('storage-prometheus-b-0', '10Gi'),
        claim('storage-prometheus-shard-1-0', '10Gi')
      ),
      object: prometheusSet({ args: retaining('80GB') })
    },
    {
      name: 'a PVC that a template has yet to make',
      cluster: holding(),
      object: prometheusSet({ args: retaining('80GB') })
    },
    {
      name: 'a named PVC that is large enough',
      cluster: holding(claim('prometheus-data', '100Gi')),
      object: prometheus({ args: retaining('80GB') })
    },
    {
      name: 'a PVC that nobody waits for',
      cluster: holding(claim('prometheus-data', '100Gi', { phase: 'Pending' })),
      object: prometheus({ replicas: 0 })
    },
    {
      name: 'a PVC of prometheus-operator that was made larger',
      cluster: holding(claim('prometheus-k8s-db-prometheus-k8s-0', '200Gi')),
      object: prometheusObject({ retentionSize: '95GB' })
    },
    {
      name: 'a rollout that has a directory of its own',
      object: prometheus({
        mounts: [{ name: 'storage', mountPath: '/data', subPathExpr: '$(POD_NAME)' }],
        spec: { strategy: {} }
      })
    },
    {
      name: 'a path that only kubelet knows',
      object: prometheus({ args: ['--storage.tsdb.path=$(DATA)'], mounts: [] })
    },
    {
      name: "Bitnami's own directory",
      object: prometheus({ image: 'docker.io/bitnami/prometheus:3', args: undefined })
    },
    { name: 'an object of prometheus-operator', object: prometheusObject() },
    { name: 'an agent of prometheus-operator', object: prometheusAgent() },
    { name: 'what is no TSDB', object: alertmanagerObject({ storage: undefined }) },
    { name: 'a Thanos Ruler that writes elsewhere', object: thanosRuler({ storage: undefined, remoteWrite: [{}] }) },
    {
      name: 'an ephemeral volume, which is asked for by its name',
      object: prometheusObject({ storage: { ephemeral: { volumeClaimTemplate: {} } } })
    },
    {
      name: 'a volume of the node, mounted over what the operator makes',
      object: prometheusObject({
        storage: undefined,
        volumes: [{ name: 'disk', hostPath: { path: '/srv' } }],
        containers: [{ name: 'prometheus', volumeMounts: [{ name: 'disk', mountPath: '/prometheus' }] }]
      })
    },
    { name: 'a receiver of Thanos on a PVC', object: thanos(['receive', '--tsdb.path=/data']) },
    { name: 'one that only passes on', object: thanos(['receive', '--receive.hashrings={}'], { volumes: emptyDir }) },
    {
      name: 'a ruler that writes elsewhere',
      object: thanos(['rule', '--remote-write.config-file', 'x'], { mounts: [] })
    },
    ...['store', 'query', 'query-frontend', 'compact', 'sidecar', 'tools'].map((component) => ({
      name: component,
      object: thanos([component, '--data-dir=/data', '--tsdb.path=/data'], { volumes: emptyDir })
    })),
    { name: 'a PVC for each replica', object: prometheusSet({ replicas: 2 }) },
    { name: 'a PVC, and Recreate', object: prometheus() },
    {
      name: 'a volume of another kind',
      object: prometheus({ volumes: [{ name: 'storage', hostPath: { path: '/srv' } }] })
    },
    { name: 'an agent on an emptyDir', object: prometheus({ args: ['--agent'], volumes: emptyDir }) },
    {
      name: 'prometheus-operator, whose default is an emptyDir',
      object: prometheus({ kind: 'StatefulSet', volumes: emptyDir, metadata: OPERATED })
    },
    { name: 'less than 85 % kept', object: prometheusSet({ args: retaining('80GB') }, '100Gi') },
    { name: 'a size without limit', object: prometheusSet({ args: retaining('0') }) },
    { name: 'a size that nobody can read', object: prometheusSet({ args: retaining('much') }) },
    { name: 'a volume that nobody can read', object: prometheusSet({ args: retaining('80GB') }, 'much') },
    { name: 'a size kept on a PVC whose size is not here', object: prometheus({ args: retaining('80GB') }) },
    {
      name: 'a longer share allowed',
      options: { maxRetentionPercent: 95 },
      object: prometheusSet({ args: retaining('90GB') })
    },
    {
      name: 'PVCs that are kept',
      object: prometheusSet({
        spec: { persistentVolumeClaimRetentionPolicy: { whenDeleted: 'Retain', whenScaled: 'Retain' } }
      })
    },
    {
      name: 'a rollout without surge',
      object: prometheus({
        spec: { strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 0, maxUnavailable: 1 } } }
      })
    },
    { name: 'the lock left on', object: prometheusSet({ args: [...TSDB_ARGS, '--no-storage.tsdb.no-lockfile'] }) }
  ],
  refused: [
    {
      name: 'too much for the template and for the PVC, whose class cannot grow',
      cluster: holding(claim('storage-prometheus-0', '100Gi', { className: 'rigid' })),
      object: prometheusSet({ args: retaining('95GB') }),
      finds: [
        {
          field: ARGS,
          problem: /is 95 % of the volume of "100Gi" behind the PVC "storage-prometheus-0", and/,
          remediation: /: lower the retention size, because StorageClass "rigid" has no allowVolumeExpansion: true/
        }
      ]
    },
    {
      name: 'too much for the template, whose class cannot grow, before there is a PVC',
      cluster: holding(),
      object: prometheus({
        kind: 'StatefulSet',
        args: retaining('95GB'),
        templates: [claimTemplate({ name: 'storage', size: '100Gi', spec: { storageClassName: 'rigid' } })]
      }),
      finds: [{ field: ARGS, problem: /of the volume of "100Gi", and/, remediation: /StorageClass "rigid"/ }]
    },
    {
      name: 'PVCs that are deleted with their volumes',
      cluster: holding(claim('storage-prometheus-0', '100Gi', { className: 'rigid' })),
      object: prometheusSet({ spec: DELETES }),
      finds: [{ field: WHEN_DELETED, problem: /^PVCs and their data are deleted/ }]
    },
    {
      name: 'a receiver of Thanos on an emptyDir',
      object: thanos(['receive', '--tsdb.path=/data', '--receive.hashrings={}', '--receive.local-endpoint=x'], {
        volumes: emptyDir
      }),
      finds: [
        {
          field: MOUNTS,
          problem: /^the TSDB of container "thanos" at "\/data"/,
          remediation: /^mount a PersistentVolumeClaim there$/
        }
      ]
    },
    {
      name: 'a ruler without a volume',
      object: thanos(['rule', '--label=replica="a"'], { mounts: [], container: { command: ['/bin/thanos'] } }),
      finds: [{ field: MOUNTS, problem: /at "\/data" is in the container's own file system/ }]
    },
    {
      name: 'an object of prometheus-operator without storage',
      object: prometheusObject({ storage: undefined }),
      finds: [
        {
          field: 'spec.storage',
          problem: /^the TSDB of the Prometheus at "\/prometheus" uses an emptyDir/,
          remediation:
            /^set spec\.storage\.volumeClaimTemplate \(prometheus\.prometheusSpec\.storageSpec in kube-.*PrometheusAgent/
        }
      ]
    },
    {
      name: 'one with an emptyDir, which wins over a PVC',
      object: prometheusObject({ storage: { emptyDir: { medium: 'Memory' }, ...claimed() } }),
      finds: [{ field: 'spec.storage' }]
    },
    {
      name: 'one that keeps too much, loses its PVCs and has no lock',
      object: prometheusObject({
        retentionSize: '95GB',
        persistentVolumeClaimRetentionPolicy: { whenDeleted: 'Delete', whenScaled: 'Delete' },
        additionalArgs: [{ name: 'storage.tsdb.no-lockfile' }]
      }),
      finds: [
        { field: 'spec.additionalArgs' },
        { field: 'spec.retentionSize', problem: /^retentionSize: 95GB is 95 % of the volume of "100Gi"/ },
        { field: 'spec.persistentVolumeClaimRetentionPolicy.whenDeleted', problem: /when the Prometheus is deleted/ },
        { field: 'spec.persistentVolumeClaimRetentionPolicy.whenScaled' }
      ]
    },
    {
      name: 'a Thanos Ruler without storage',
      object: thanosRuler({ storage: { emptyDir: {} } }),
      finds: [
        {
          field: 'spec.storage',
          problem: /the ThanosRuler at "\/thanos\/data"/,
          remediation: /thanosRulerSpec\.storage in kube-prometheus-stack\)$/
        }
      ]
    },
    {
      name: 'a new fault beside an old one',
      oldObject: prometheusSet({ args: retaining('95GB') }),
      object: prometheusSet({ args: [...retaining('95GB'), '--storage.tsdb.no-lockfile'] }),
      finds: [{ field: ARGS, problem: /no-lockfile/ }]
    },
    {
      name: 'an emptyDir',
      object: prometheus({ volumes: emptyDir }),
      finds: [{ field: MOUNTS, problem: /"prometheus-server" at "\/data" uses an emptyDir/ }]
    },
    {
      name: 'no volume at all',
      object: prometheus({ mounts: [] }),
      finds: [{ field: MOUNTS, problem: /in the container's own file system/ }]
    },
    { name: 'a mount of a volume that is not there', object: prometheus({ volumes: [] }), finds: [{ field: MOUNTS }] },
    {
      name: '85 % kept',
      object: prometheusSet({ args: retaining('85GB') }, '100Gi'),
      finds: [{ field: ARGS, problem: /=85GB is 85 % of the volume of "100Gi"/ }]
    },
    {
      name: 'a gigabyte of Prometheus is more than one of Kubernetes',
      object: prometheusSet({ args: retaining('80GB') }, '100G'),
      finds: [{ field: ARGS, problem: /86 %/ }]
    },
    {
      name: 'a smaller share allowed',
      options: { maxRetentionPercent: 50 },
      object: prometheusSet({ args: retaining('60GB') }),
      finds: [{ field: ARGS, remediation: /below 50 %/ }]
    },
    {
      name: 'PVCs that go with the StatefulSet, and with a replica',
      object: prometheusSet({
        spec: { persistentVolumeClaimRetentionPolicy: { whenDeleted: 'Delete', whenScaled: 'Delete' } }
      }),
      finds: [
        { field: 'spec.persistentVolumeClaimRetentionPolicy.whenDeleted', problem: /is deleted$/ },
        { field: 'spec.persistentVolumeClaimRetentionPolicy.whenScaled', problem: /is scaled down$/ }
      ]
    },
    {
      name: 'a rollout that starts before it stops',
      object: prometheus({ spec: { strategy: { type: 'RollingUpdate' } } }),
      finds: [{ field: 'spec.strategy', remediation: /Recreate/ }]
    },
    {
      name: 'no strategy, which is RollingUpdate',
      object: prometheus({ volumes: [claimVolume('x')], spec: { strategy: undefined } }),
      finds: [{ field: 'spec.strategy' }]
    },
    {
      name: 'no lock',
      object: prometheusSet({ args: [...TSDB_ARGS, '--storage.tsdb.no-lockfile'] }),
      finds: [{ field: ARGS, problem: /no-lockfile/ }]
    }
  ],
  advised: [
    {
      name: 'a PVC that is smaller than its template: the smallest of those that are there',
      cluster: holding(claim('storage-prometheus-0', '100Gi'), claim('storage-prometheus-1', '90Gi')),
      object: prometheusSet({ args: retaining('80GB'), replicas: 2 }),
      finds: [
        {
          field: ARGS,
          problem: /is 89 % of the volume of "90Gi" behind the PVC "storage-prometheus-1"/,
          remediation: /: lower the retention size or resize the PVC$/
        }
      ]
    },
    {
      name: 'a named PVC that is too small',
      cluster: holding(claim('prometheus-data', '50Gi')),
      object: prometheus({ args: retaining('80GB') }),
      finds: [{ field: ARGS, problem: /is 160 % of the volume of "50Gi" behind the PVC "prometheus-data"/ }]
    },
    {
      name: 'a PVC of a shard of prometheus-operator',
      cluster: holding(
        claim('prometheus-k8s-db-prometheus-k8s-0', '200Gi'),
        claim('prometheus-k8s-db-prometheus-k8s-shard-1-0', '90Gi'),
        claim('prometheus-k8s-db-prometheus-k8s-shard-2-0', '10Gi')
      ),
      object: prometheusObject({ shards: 2 }),
      finds: [{ field: 'spec.retentionSize', problem: /"prometheus-k8s-db-prometheus-k8s-shard-1-0"/ }]
    },
    {
      name: 'a PVC of prometheus-operator whose template has a name',
      cluster: holding(claim('disk-prometheus-k8s-0', '50Gi')),
      object: prometheusObject({
        storage: {
          volumeClaimTemplate: { metadata: { name: 'disk' }, spec: { resources: { requests: { storage: '100Gi' } } } }
        }
      }),
      finds: [{ field: 'spec.retentionSize', problem: /"disk-prometheus-k8s-0"/ }]
    },
    {
      name: 'PVCs that are deleted, and whose volumes stay',
      cluster: holding(claim('storage-prometheus-0', '100Gi', { className: 'safe' })),
      object: prometheusSet({ spec: DELETES }),
      finds: [{ field: WHEN_DELETED, problem: /is deleted: StorageClass "safe" retains their volumes, but new Pods/ }]
    },
    {
      name: 'a PVC that lost its volume',
      cluster: holding(claim('thanos-ruler-k8s-data-thanos-ruler-k8s-0', '', { phase: 'Lost' })),
      object: thanosRuler(),
      finds: [{ field: 'spec.storage', problem: /^the PVC "thanos-ruler-k8s-data-thanos-ruler-k8s-0" has lost its/ }]
    },
    {
      name: 'a PVC that somebody deleted, with its volume',
      cluster: holding(
        claim('prometheus-data', '100Gi', {
          className: 'rigid',
          metadata: { deletionTimestamp: '2026-01-01T00:00:00Z' }
        })
      ),
      object: prometheus(),
      finds: [
        { field: MOUNTS, problem: /is gone, and with it its volume \(reclaimPolicy: Delete of StorageClass "rigid"\)$/ }
      ]
    },
    {
      name: 'a PVC that somebody deleted, and whose volume stays',
      cluster: holding(
        claim('prometheus-data', '100Gi', {
          className: 'safe',
          metadata: { deletionTimestamp: '2026-01-01T00:00:00Z' }
        })
      ),
      object: prometheus(),
      finds: [{ field: MOUNTS, problem: /is gone, and StorageClass "safe" retains its volume$/ }]
    },
    {
      name: 'a PVC that is not there',
      cluster: holding(claim('another', '100Gi')),
      object: prometheus(),
      finds: [{ field: MOUNTS, problem: /^there is no PVC "prometheus-data" in the namespace/ }]
    },
    {
      name: 'a sidecar before it moves the fault, and does not make it new',
      oldObject: prometheus({ volumes: emptyDir }),
      object: behindSidecar(prometheus({ volumes: emptyDir })),
      finds: [{ field: 'spec.template.spec.containers[2].volumeMounts' }]
    },
    {
      name: 'an update of what was on an emptyDir before',
      oldObject: prometheus({ volumes: emptyDir }),
      object: prometheus({ volumes: emptyDir, replicas: 0 }),
      finds: [{ field: MOUNTS }]
    }
  ],
  noted: [
    {
      name: 'a PVC that waits for a volume',
      cluster: holding(claim('prometheus-data', '', { phase: 'Pending' })),
      object: prometheus(),
      finds: [
        { field: MOUNTS, problem: /has no volume yet/, remediation: /describe persistentvolumeclaim prometheus-data$/ }
      ]
    }
  ]
})
