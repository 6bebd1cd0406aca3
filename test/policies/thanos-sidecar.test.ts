import type { JsonObject } from '../../src/core/values/json.ts'
import policy from '../../src/policies/thanos-sidecar.ts'
import { container } from '../fixtures/objects.ts'
import { CONFIGURED, config, operated, pair, service, thanos } from '../fixtures/sets.ts'
import { testSetPolicy } from '../helpers/set-policy-tester.ts'

const UPLOADS = ['--objstore.config-file=/etc/thanos/objstore.yml']
const EQUAL = ['--storage.tsdb.min-block-duration=2h', '--storage.tsdb.max-block-duration=2h']
const ARGS = ['--config.file=/etc/config/prometheus.yml', '--storage.tsdb.path=/data', ...EQUAL]
const POD_NAME = { name: 'POD_NAME', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } }

interface Parts {
  readonly replicas?: number
  readonly args?: readonly string[]
  readonly sidecar?: readonly string[]
  readonly image?: string
  readonly env?: readonly JsonObject[]
  readonly container?: JsonObject
}

/** A Prometheus with a sidecar. */
function beside({
  replicas = 2,
  args = ARGS,
  sidecar = UPLOADS,
  image,
  env = [POD_NAME],
  ...parts
}: Parts = {}): JsonObject {
  const set = pair({ replicas, args, ...CONFIGURED, ...(image && { image }), container: { env, ...parts.container } })
  const spec = set.spec as { template: { spec: { containers: unknown[] } } }
  spec.template.spec.containers.push(
    container('sidecar', 'quay.io/thanos/thanos:v0.39.2', { args: ['sidecar', ...sidecar] })
  )
  return set
}

const labelled = (labels: string): JsonObject => config(`global: { external_labels: { ${labels} } }`)
/** As Prometheus expands it. */
const VARIABLE = '$' + '{POD_NAME}'
const GOOD = labelled(`cluster: a, replica: "${VARIABLE}"`)
const CONFIG = { object: 'ConfigMap prometheus-config', field: 'data[prometheus.yml]' }
const CONTAINER = { object: 'StatefulSet prometheus', field: 'spec.template.spec.containers[1]' }
const CONTAINER_ARGS = { object: 'StatefulSet prometheus', field: 'spec.template.spec.containers[1].args' }
const UPLOADING = { thanos: { objectStorageConfig: { name: 'objstore', key: 'objstore.yml' } } }

testSetPolicy(policy, {
  silent: [
    { name: 'no sidecar', objects: [service(), config('{}'), pair({ replicas: 2, ...CONFIGURED })] },
    { name: 'all that it takes', objects: [GOOD, beside()] },
    { name: 'one replica and a label', objects: [labelled('cluster: a'), beside({ replicas: 1 })] },
    { name: 'a variable without braces', objects: [labelled('replica: $POD_NAME'), beside()] },
    {
      name: 'the name of the host, which every Pod has',
      objects: [labelled('replica: $HOSTNAME'), beside({ env: [] })]
    },
    {
      name: 'before 3.0, with the feature',
      objects: [
        GOOD,
        beside({ image: 'prom/prometheus:v2.55.1', args: [...ARGS, '--enable-feature=expand-external-labels'] })
      ]
    },
    { name: 'unequal blocks that nobody uploads', objects: [GOOD, beside({ args: ARGS.slice(0, 2), sidecar: [] })] },
    {
      name: 'unequal blocks that are to be ignored',
      objects: [GOOD, beside({ args: ARGS.slice(0, 2), sidecar: [...UPLOADS, '--shipper.ignore-unequal-block-size'] })]
    },
    {
      name: 'compaction that waits for the sidecar',
      objects: [GOOD, beside({ args: [...ARGS.slice(0, 2), '--storage.tsdb.delay-compact-file.path=/data/x'] })]
    },
    {
      name: 'a retention too short to compact',
      objects: [GOOD, beside({ args: [...ARGS.slice(0, 2), '--storage.tsdb.retention.time=20h'] })]
    },
    { name: 'the operator does it', objects: [operated({ replicas: 2, ...UPLOADING })] },
    {
      name: 'the operator, with labels of its own',
      objects: [
        operated({
          replicas: 1,
          replicaExternalLabelName: '',
          prometheusExternalLabelName: '',
          externalLabels: { cluster: 'a' },
          ...UPLOADING
        })
      ]
    },
    {
      name: 'the operator, and nothing is uploaded',
      objects: [operated({ replicaExternalLabelName: '', thanos: {} })]
    },
    {
      name: 'a Query that knows the label',
      objects: [GOOD, beside(), thanos('query', ['--query.replica-label=replica'])]
    },
    {
      name: 'a Query that knows the label of the operator',
      objects: [operated({ thanos: {} }), thanos('query', ['--query.replica-label', 'prometheus_replica'])]
    },
    { name: 'a Query over one replica', objects: [GOOD, beside({ replicas: 1 }), thanos('query')] }
  ],
  found: [
    {
      name: 'no external labels',
      objects: [config('global: {}'), beside()],
      finds: [{ ...CONFIG, problem: /does not start without/, involved: ['StatefulSet prometheus'] }]
    },
    {
      name: 'none, and nothing is uploaded',
      objects: [config('{}'), beside({ sidecar: [], replicas: 1 })],
      finds: [CONFIG]
    },
    {
      name: 'blocks that are compacted',
      objects: [GOOD, beside({ args: ARGS.slice(0, 2) })],
      finds: [{ ...CONTAINER_ARGS, problem: /is never ready/ }]
    },
    {
      name: 'blocks of different lengths',
      objects: [
        GOOD,
        beside({
          args: [...ARGS.slice(0, 2), '--storage.tsdb.min-block-duration=2h', '--storage.tsdb.max-block-duration=24h']
        })
      ],
      finds: [CONTAINER_ARGS]
    },
    {
      name: 'labels that are the same for all replicas',
      objects: [labelled('cluster: a'), beside()],
      finds: [{ ...CONFIG, problem: /the compactor halts$/, remediation: /POD_NAME from metadata.name/ }]
    },
    {
      name: 'labels that are the same, and nothing is uploaded',
      objects: [labelled('cluster: a'), beside({ sidecar: [] })],
      finds: [{ ...CONFIG, problem: /Thanos Query treats them as one$/ }]
    },
    {
      name: 'what Kubernetes expands and Prometheus does not',
      objects: [labelled('replica: $(POD_NAME)'), beside()],
      finds: [{ ...CONFIG, problem: /does not expand \$\(POD_NAME\)/ }]
    },
    {
      name: 'a variable that the container does not have',
      objects: [GOOD, beside({ env: [] })],
      finds: [{ ...CONTAINER, problem: /no variable for/, involved: ['ConfigMap prometheus-config'] }]
    },
    {
      name: 'before 3.0, without the feature',
      objects: [GOOD, beside({ image: 'prom/prometheus:v2.55.1' })],
      finds: [{ ...CONTAINER, problem: /--enable-feature=expand-external-labels/ }]
    },
    {
      name: 'a variable that is the same in all Pods',
      objects: [GOOD, beside({ env: [{ name: 'POD_NAME', value: 'x' }] })],
      finds: [CONFIG]
    },
    {
      name: 'the operator is told to set no label',
      objects: [operated({ replicaExternalLabelName: '', prometheusExternalLabelName: '', thanos: {} })],
      finds: [{ object: 'Prometheus k8s', field: 'spec.prometheusExternalLabelName' }]
    },
    {
      name: 'the operator is told to set no label of a replica',
      objects: [operated({ replicaExternalLabelName: '', ...UPLOADING })],
      finds: [{ object: 'Prometheus k8s', field: 'spec.replicaExternalLabelName' }]
    },
    {
      name: 'a Query that knows another label',
      objects: [GOOD, beside(), thanos('query', ['--query.replica-label=prometheus_replica'])],
      finds: [
        {
          object: 'Deployment thanos-query',
          field: 'spec.template.spec.containers[0].args',
          outcome: 'warned',
          problem: /does not have replica/,
          involved: ['StatefulSet prometheus']
        }
      ]
    },
    {
      name: 'a Query that does not know the label of the operator',
      objects: [operated({ thanos: {} }), thanos('query', ['--query.replica-label=replica'])],
      finds: [{ object: 'Deployment thanos-query', field: 'spec.template.spec.containers[0].args', outcome: 'warned' }]
    }
  ],
  unclear: [
    {
      name: 'a configuration in a Secret',
      objects: [beside(), service()].map((it) =>
        JSON.parse(JSON.stringify(it).replace('"configMap":{"name"', '"secret":{"secretName"'))
      ),
      why: /^a Secret holds the configuration of StatefulSet prometheus$/
    },
    { name: 'a ConfigMap that is elsewhere', objects: [beside()], why: /^no ConfigMap was read/ },
    { name: 'a configuration that is no YAML', objects: [config('a: ['), beside()], why: /no YAML/ },
    {
      name: 'a version that nobody tells',
      objects: [GOOD, beside({ image: 'prom/prometheus@sha256:00' })],
      why: /differ is not in its manifest/
    },
    {
      name: 'variables from elsewhere',
      objects: [GOOD, beside({ env: [], container: { env: [], envFrom: [{ secretRef: { name: 'x' } }] } })],
      why: /differ is not in its manifest/
    }
  ]
})
