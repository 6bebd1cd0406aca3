import type { JsonObject } from '../../src/core/values/json.ts'
import policy from '../../src/policies/missing-backup.ts'
import { claimTemplate } from '../fixtures/objects.ts'
import { CONFIGURED, config, object, operated, pair, prometheus, thanos } from '../fixtures/sets.ts'
import { testSetPolicy } from '../helpers/set-policy-tester.ts'

const CLAIM = { name: 'storage', persistentVolumeClaim: { claimName: 'prometheus-data' } }
const CONFIG = config('scrape_configs: []')
const ON_CLAIM = { ...CONFIGURED, volumes: [...CONFIGURED.volumes, CLAIM] }
const SERVER = prometheus(ON_CLAIM)
const OPERATED = operated({ storage: { volumeClaimTemplate: { spec: {} } } })

/** An object whose Pod template is annotated. */
function annotated(workload: JsonObject, annotations: JsonObject): JsonObject {
  const spec = workload.spec as JsonObject
  const template = spec.template as JsonObject
  return { ...workload, spec: { ...spec, template: { ...template, metadata: { labels: { app: 'x' }, annotations } } } }
}

function withSidecar(args: readonly string[], list = 'containers'): JsonObject {
  const spec = SERVER.spec as { template: { spec: { containers: readonly unknown[] } } }
  const sidecar = { name: 'thanos', image: 'quay.io/thanos/thanos:v0.39.2', args: ['sidecar', ...args] }
  const { containers } = spec.template.spec
  return prometheus({
    ...ON_CLAIM,
    pod: list === 'containers' ? { containers: [...containers, sidecar] } : { containers, [list]: [sidecar] }
  })
}

const RECEIVE_VOLUMES = {
  template: {
    metadata: { labels: { app: 'receive' } },
    spec: {
      containers: [
        {
          name: 'receive',
          image: 'quay.io/thanos/thanos:v0.39.2',
          args: ['receive', '--tsdb.path=/data'],
          volumeMounts: [{ name: 'data', mountPath: '/data' }]
        }
      ]
    }
  },
  volumeClaimTemplates: [claimTemplate({ name: 'data' })]
}

const BUCKET = { name: 'thanos-objstore', key: 'objstore.yml' }

const BACKUPS: readonly (readonly [apiVersion: string, kind: string])[] = [
  ['snapshot.storage.k8s.io/v1', 'VolumeSnapshot'],
  ['snapshot.storage.k8s.io/v1beta1', 'VolumeSnapshot'],
  ['volsync.backube/v1alpha1', 'ReplicationSource'],
  ['k8up.io/v1', 'Schedule'],
  ['k8up.io/v1', 'Backup'],
  ['velero.io/v1', 'Schedule'],
  ['velero.io/v1', 'Backup']
]

const ANNOTATIONS: readonly JsonObject[] = [
  { 'backup.velero.io/backup-volumes': 'storage' },
  { 'k8up.io/backup': 'true' },
  { 'k8up.io/backupcommand': 'tar -c /data' },
  { 'k8up.syn.tools/backup': 'true' }
]

const NONE: readonly JsonObject[] = [
  { 'backup.velero.io/backup-volumes-excludes': 'storage' },
  { 'backup.velero.io/backup-volumes': '' },
  { 'k8up.io/backup': 'false' },
  { 'example.com/backup': 'true' }
]

const FOUND = {
  object: 'Deployment prometheus',
  field: 'spec.template.spec.containers[1].volumeMounts',
  outcome: 'audited',
  problem: /^container "prometheus-server" keeps its TSDB on a PVC, and there is no sign of a backup in what was read: /
} as const

const OF_OPERATOR = {
  object: 'Prometheus k8s',
  field: 'spec.storage',
  outcome: 'audited',
  problem: /^the Prometheus keeps its TSDB on a PVC, /
} as const

testSetPolicy(policy, {
  silent: [
    ...BACKUPS.map(([apiVersion, kind]) => ({
      name: `a ${kind} of ${apiVersion}`,
      objects: [SERVER, CONFIG, object(apiVersion, kind, 'nightly')]
    })),
    ...ANNOTATIONS.flatMap((annotations) => {
      const [key] = Object.keys(annotations)
      const of = (kind: string) =>
        object('v1', kind, 'prometheus-0', { metadata: { name: 'prometheus-0', annotations } })
      return [
        { name: `${key} of the Pod template`, objects: [annotated(SERVER, annotations), CONFIG] },
        { name: `${key} of a Pod`, objects: [SERVER, CONFIG, of('Pod')] },
        { name: `${key} of a PVC`, objects: [SERVER, CONFIG, of('PersistentVolumeClaim')] },
        {
          name: `${key} of a claim template`,
          objects: [
            pair({ ...CONFIGURED, templates: [{ metadata: { name: 'storage', annotations }, spec: {} }] }),
            CONFIG
          ]
        },
        {
          name: `${key} of the Pods of prometheus-operator`,
          objects: [operated({ storage: { volumeClaimTemplate: { spec: {} } }, podMetadata: { annotations } })]
        },
        {
          name: `${key} of the claim template of prometheus-operator`,
          objects: [operated({ storage: { volumeClaimTemplate: { metadata: { annotations }, spec: {} } } })]
        }
      ]
    }),
    { name: 'a sidecar with a bucket', objects: [withSidecar(['--objstore.config-file=/etc/bucket.yml']), CONFIG] },
    { name: 'a bucket in the flag itself', objects: [withSidecar(['--objstore.config', 'type: S3']), CONFIG] },
    {
      name: 'a sidecar that is an init container',
      objects: [withSidecar(['--objstore.config=$(BUCKET)'], 'initContainers'), CONFIG]
    },
    {
      name: 'a sidecar that a shell starts',
      objects: [withSidecar(['sh', '-c', 'exec thanos sidecar --objstore.config="$B"']), CONFIG]
    },
    ...['receive', 'rule'].map((component) => ({
      name: `Thanos ${component} with a bucket`,
      objects: [SERVER, CONFIG, thanos(component, ['--objstore.config-file=/etc/bucket.yml'])]
    })),
    ...[{ objectStorageConfig: BUCKET }, { objectStorageConfigFile: '/etc/bucket.yml' }].flatMap((bucket) => [
      {
        name: `the operator's sidecar with ${Object.keys(bucket)}`,
        objects: [operated({ storage: { volumeClaimTemplate: { spec: {} } }, thanos: bucket })]
      },
      {
        name: `the operator's ruler with ${Object.keys(bucket)}`,
        objects: [operated({ storage: { volumeClaimTemplate: { spec: {} } }, ...bucket }, 'ThanosRuler')]
      }
    ]),
    {
      name: 'remote write',
      objects: [SERVER, config('remote_write: [{ url: http://mimir.example/api/v1/push }]')]
    },
    {
      name: 'remote write of prometheus-operator',
      objects: [operated({ storage: { volumeClaimTemplate: { spec: {} } }, remoteWrite: [{ url: 'http://mimir' }] })]
    },
    {
      name: 'a sign beside a configuration that nobody can read',
      objects: [SERVER, object('snapshot.storage.k8s.io/v1', 'VolumeSnapshot', 'nightly')]
    },
    {
      name: 'an emptyDir',
      objects: [
        prometheus({ ...CONFIGURED, volumes: [...CONFIGURED.volumes, { name: 'storage', emptyDir: {} }] }),
        CONFIG
      ]
    },
    { name: 'an emptyDir of prometheus-operator', objects: [operated()] },
    {
      name: 'an agent',
      objects: [prometheus({ ...ON_CLAIM, args: ['--agent', '--config.file=/etc/config/prometheus.yml'] })]
    },
    {
      name: 'an agent of prometheus-operator',
      objects: [operated({ storage: { volumeClaimTemplate: { spec: {} } } }, 'PrometheusAgent')]
    },
    { name: 'no server', objects: [object('v1', 'PersistentVolumeClaim', 'data')] }
  ],
  found: [
    { name: 'a named PVC', objects: [SERVER, CONFIG], finds: [FOUND] },
    {
      name: 'a PVC for each replica',
      objects: [pair(CONFIGURED), CONFIG],
      finds: [{ ...FOUND, object: 'StatefulSet prometheus' }]
    },
    { name: 'prometheus-operator', objects: [OPERATED], finds: [OF_OPERATOR] },
    ...NONE.map((annotations) => ({
      name: `${JSON.stringify(annotations)} asks for no backup`,
      objects: [
        annotated(SERVER, annotations),
        CONFIG,
        object('v1', 'PersistentVolumeClaim', 'a', { metadata: { name: 'a', annotations } })
      ],
      finds: [FOUND]
    })),
    { name: 'a sidecar without a bucket', objects: [withSidecar([]), CONFIG], finds: [FOUND] },
    {
      name: "the operator's sidecar without a bucket",
      objects: [operated({ storage: { volumeClaimTemplate: { spec: {} } }, thanos: {}, remoteWrite: [] })],
      finds: [OF_OPERATOR]
    },
    {
      name: 'a store gateway, which only reads the bucket',
      objects: [SERVER, CONFIG, thanos('store', ['--objstore.config-file=/etc/bucket.yml'])],
      finds: [FOUND]
    },
    {
      name: 'an agent that writes what it scrapes',
      objects: [OPERATED, { ...operated({ remoteWrite: [{ url: 'http://mimir' }] }, 'PrometheusAgent') }],
      finds: [OF_OPERATOR]
    },
    {
      name: 'a receiver of Thanos',
      objects: [object('apps/v1', 'StatefulSet', 'receive', { spec: { replicas: 1, ...RECEIVE_VOLUMES } })],
      finds: [
        {
          object: 'StatefulSet receive',
          field: 'spec.template.spec.containers[0].volumeMounts',
          outcome: 'audited',
          problem: /^container "receive" keeps its TSDB on a PVC, /
        }
      ]
    },
    {
      name: 'a ruler of prometheus-operator',
      objects: [operated({ storage: { volumeClaimTemplate: { spec: {} } } }, 'ThanosRuler')],
      finds: [{ ...OF_OPERATOR, object: 'ThanosRuler k8s', problem: /^the ThanosRuler keeps its TSDB/ }]
    },
    {
      name: 'an object of another group',
      objects: [SERVER, CONFIG, object('batch.example.com/v1', 'Backup', 'nightly')],
      finds: [FOUND]
    }
  ],
  unclear: [
    {
      name: 'a configuration in a Secret',
      objects: [prometheus({ ...CONFIGURED, volumes: [CLAIM, { name: 'config', secret: { secretName: 'x' } }] })],
      why: /^a Secret holds the configuration of Deployment prometheus$/
    },
    {
      name: 'a ConfigMap that was not read',
      objects: [SERVER],
      why: /^no ConfigMap was read that is the configuration/
    },
    {
      name: 'one of two, of which the other may write elsewhere',
      objects: [SERVER, OPERATED],
      why: /^no ConfigMap was read/
    }
  ]
})
