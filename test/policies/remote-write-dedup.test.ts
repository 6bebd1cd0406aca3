import type { JsonObject } from '../../src/core/values/json.ts'
import policy from '../../src/policies/remote-write-dedup.ts'
import { CONFIGURED, config, operated, pair, service } from '../fixtures/sets.ts'
import { testSetPolicy } from '../helpers/set-policy-tester.ts'

const POD_NAME = { name: 'POD_NAME', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } }
const [THANOS, MIMIR, VICTORIA] = [
  'http://receive.thanos:19291/api/v1/receive',
  'http://mimir.example/api/v1/push',
  'http://vminsert.vm:8480/insert/0/prometheus/api/v1/write'
]
const server = (parts: JsonObject = {}): JsonObject => pair({ ...CONFIGURED, container: { env: [POD_NAME] }, ...parts })

function writing(url: string, labels: string, relabelling = ''): JsonObject {
  const target = `{ url: "${url}"${relabelling === '' ? '' : `, write_relabel_configs: ${relabelling}`} }`
  return config(`{ global: { external_labels: { ${labels} } }, remote_write: [${target}] }`)
}

const DROPPED = '[{ action: labeldrop, regex: replica }]'
const FOUND = {
  object: 'ConfigMap prometheus-config',
  field: 'data[prometheus.yml]',
  involved: ['StatefulSet prometheus']
}
const OPERATED = { object: 'Prometheus k8s', field: 'spec.remoteWrite', involved: [] }

testSetPolicy(policy, {
  silent: [
    { name: 'Thanos and a label that differs', objects: [writing(THANOS, 'replica: $POD_NAME'), server()] },
    { name: 'Mimir and both labels', objects: [writing(MIMIR, 'cluster: a, __replica__: $POD_NAME'), server()] },
    {
      name: 'Mimir and a label that it may be configured for',
      objects: [writing(MIMIR, 'replica: $POD_NAME'), server()]
    },
    { name: 'VictoriaMetrics and the same labels', objects: [writing(VICTORIA, 'cluster: a'), server()] },
    {
      name: 'VictoriaMetrics, and the label is dropped',
      objects: [writing(VICTORIA, 'replica: $POD_NAME', DROPPED), server()]
    },
    {
      name: 'Thanos, and something is relabelled',
      objects: [writing(THANOS, 'cluster: a', '[{ target_label: replica, replacement: x }]'), server()]
    },
    { name: 'a store that nobody knows', objects: [writing('http://x/api/v1/write', 'cluster: a'), server()] },
    {
      name: 'another store that nobody knows',
      objects: [writing('http://x/api/v1/write', 'replica: $POD_NAME'), server()]
    },
    { name: 'no remote write', objects: [config('{}'), server()] },
    { name: 'one replica', objects: [writing(THANOS, 'cluster: a'), server({ replicas: 1 })] },
    { name: 'the operator and Thanos', objects: [operated({ remoteWrite: [{ url: THANOS }] })] },
    {
      name: 'the operator and VictoriaMetrics, without the label',
      objects: [operated({ replicaExternalLabelName: '', remoteWrite: [{ url: VICTORIA }] })]
    },
    {
      name: 'the operator and VictoriaMetrics, and it is dropped',
      objects: [
        operated({
          remoteWrite: [{ url: VICTORIA, writeRelabelConfigs: [{ action: 'labeldrop', regex: 'prometheus_replica' }] }]
        })
      ]
    }
  ],
  found: [
    {
      name: 'Thanos and the same labels',
      objects: [writing(THANOS, 'cluster: a'), server()],
      finds: [{ ...FOUND, problem: /write to Thanos Receive with the same labels/, remediation: /replica: / }]
    },
    {
      name: 'Mimir and the same labels',
      objects: [writing(MIMIR, 'cluster: a'), server()],
      finds: [{ ...FOUND, remediation: /__replica__/ }]
    },
    {
      name: 'Mimir and no cluster',
      objects: [writing(MIMIR, '__replica__: $POD_NAME'), server()],
      finds: [{ ...FOUND, problem: /without cluster/ }]
    },
    {
      name: 'VictoriaMetrics and labels that differ',
      objects: [writing(VICTORIA, 'replica: $POD_NAME'), server()],
      finds: [{ ...FOUND, problem: /keeps every sample once for each replica/ }]
    },
    {
      name: 'VictoriaMetrics by a Service beside it',
      objects: [
        writing('http://vmsingle:8428/api/v1/write', 'replica: $POD_NAME'),
        server(),
        service('vmsingle', { selector: { app: 'vm' } })
      ],
      finds: [FOUND]
    },
    {
      name: 'the operator and VictoriaMetrics',
      objects: [operated({ remoteWrite: [{ url: VICTORIA }] })],
      finds: [{ ...OPERATED, problem: /different values of prometheus_replica/ }]
    },
    {
      name: 'the operator and Thanos, without the label',
      objects: [operated({ replicaExternalLabelName: '', remoteWrite: [{ url: THANOS }] })],
      finds: [OPERATED]
    },
    {
      name: 'agents of the operator',
      objects: [
        {
          ...operated({ remoteWrite: [{ url: VICTORIA }] }, 'PrometheusAgent'),
          apiVersion: 'monitoring.coreos.com/v1alpha1'
        }
      ],
      finds: [{ ...OPERATED, object: 'PrometheusAgent k8s' }]
    }
  ],
  unclear: [
    { name: 'no configuration in sight', objects: [server()], why: /no ConfigMap was read/ },
    {
      name: 'a version that nobody tells',
      objects: [writing(THANOS, 'replica: $POD_NAME'), server({ image: 'prom/prometheus@sha256:00' })],
      why: /is not in its manifest/
    }
  ]
})
