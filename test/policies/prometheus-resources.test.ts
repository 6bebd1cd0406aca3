import type { Cluster } from '../../src/core/cluster.ts'
import type { JsonObject } from '../../src/core/values/json.ts'
import policy from '../../src/policies/prometheus-resources.ts'
import { statefulSet } from '../fixtures/objects.ts'
import {
  alertmanager,
  alertmanagerObject,
  OPERATED,
  prometheus,
  prometheusAgent,
  prometheusObject,
  shards,
  thanos,
  thanosRuler
} from '../fixtures/prometheus.ts'
import { testPolicy } from '../helpers/policy-tester.ts'

const CPU = 'spec.template.spec.containers[1].resources.requests.cpu'
const MEMORY = 'spec.template.spec.containers[1].resources.requests.memory'
const LIMIT = 'spec.template.spec.containers[1].resources.limits.memory'

function withDefaults(containerDefaults: JsonObject): Cluster {
  return { version: undefined, provision: { containerDefaults } }
}

testPolicy(policy, {
  accepted: [
    { name: 'a Pushgateway, unless asked for', object: statefulSet() },
    { name: 'kube-state-metrics, likewise', options: { alsoFor: ['pushgateway'] }, object: shards() },
    { name: 'a sidecar of Thanos', object: thanos(['sidecar'], { resources: {} }) },
    { name: 'requests, and a memory limit', object: prometheus() },
    {
      name: 'limits, which are requests too',
      object: prometheus({ resources: { limits: { cpu: 1, memory: '4Gi' } } })
    },
    {
      name: 'resources of the Pod as a whole',
      object: prometheus({
        resources: {},
        pod: { resources: { requests: { cpu: '1', memory: '1Gi' }, limits: { memory: '2Gi' } } }
      })
    },
    { name: 'an object of prometheus-operator', object: prometheusObject() },
    {
      name: 'resources of the container that the operator makes',
      object: prometheusObject({
        resources: { requests: { cpu: 1 } },
        containers: [{ name: 'prometheus', resources: { limits: { memory: '2Gi' } } }]
      })
    },
    {
      name: 'the memory that the operator requests by itself',
      object: alertmanagerObject({ resources: { requests: { cpu: 1 }, limits: { memory: '1Gi' } } })
    },
    {
      name: 'defaults of the namespace, in the place of what a container does not say',
      cluster: withDefaults({ requests: { cpu: '100m' }, limits: { memory: '512Mi' } }),
      object: prometheus({ resources: {} })
    },
    {
      name: 'the same for what prometheus-operator makes',
      cluster: withDefaults({ requests: { cpu: '100m', memory: '1Gi' }, limits: { memory: '2Gi' } }),
      object: prometheusObject({ resources: {} })
    },
    { name: 'prometheus-operator', object: prometheus({ resources: {}, metadata: OPERATED }) }
  ],
  refused: [
    {
      name: 'what the defaults of the namespace leave open',
      cluster: withDefaults({ requests: { cpu: '100m' }, limits: { cpu: '1' } }),
      object: prometheus({ resources: { requests: { memory: '2Gi' } } }),
      finds: [{ field: LIMIT }]
    },
    {
      name: 'no defaults that were read',
      cluster: { version: undefined, provision: {} },
      object: prometheus({ resources: {} }),
      finds: [{ field: CPU }, { field: MEMORY }, { field: LIMIT }]
    },
    {
      name: 'a Pushgateway',
      options: { alsoFor: ['pushgateway'] },
      object: statefulSet(),
      finds: ['requests.cpu', 'requests.memory', 'limits.memory'].map((resource) => ({
        field: `spec.template.spec.containers[0].resources.${resource}`
      }))
    },
    {
      name: 'kube-state-metrics',
      options: { alsoFor: ['kube-state-metrics'] },
      object: shards(),
      finds: [
        {
          field: 'spec.template.spec.containers[0].resources.requests.cpu',
          remediation: /\(resources in the kube-state-metrics chart\)$/
        },
        { field: 'spec.template.spec.containers[0].resources.requests.memory' },
        { field: 'spec.template.spec.containers[0].resources.limits.memory' }
      ]
    },
    {
      name: 'an Alertmanager',
      object: alertmanager({ resources: {} }),
      finds: [
        { field: CPU, problem: /notifications come late$/, remediation: /\(resources in the alertmanager chart\)$/ },
        { field: MEMORY },
        { field: LIMIT }
      ]
    },
    ...['receive', 'rule', 'store', 'query', 'query-frontend', 'compact'].map((component) => ({
      name: component,
      object: thanos([component], { resources: {} }),
      finds: [{ field: CPU, remediation: /normal usage$/ }, { field: MEMORY }, { field: LIMIT }]
    })),
    {
      name: 'an agent',
      object: prometheus({ resources: {}, args: ['--agent'] }),
      finds: [{ field: CPU }, { field: MEMORY }, { field: LIMIT }]
    },
    ...[prometheusObject, prometheusAgent].map((make) => ({
      name: make.name,
      object: make({ resources: {} }),
      finds: [
        {
          field: 'spec.resources.requests.cpu',
          problem: /^the Prometheus(Agent)? has no CPU request/,
          remediation: /\(prometheus\.prometheusSpec\.resources in kube-prometheus-stack\)/
        },
        { field: 'spec.resources.requests.memory' },
        { field: 'spec.resources.limits.memory' }
      ]
    })),
    ...[alertmanagerObject, thanosRuler].map((make) => ({
      name: make.name,
      object: make({ resources: undefined }),
      finds: [{ field: 'spec.resources.requests.cpu' }, { field: 'spec.resources.limits.memory' }]
    })),
    {
      name: 'nothing, as in the chart',
      object: prometheus({ resources: {} }),
      finds: [
        { field: CPU, problem: /no CPU request: .*come late/ },
        { field: MEMORY, problem: /no memory request: .*evicted/ },
        { field: LIMIT, problem: /no memory limit/ }
      ]
    },
    {
      name: 'no memory',
      object: prometheus({ resources: { requests: { cpu: '1' }, limits: { memory: null } } }),
      finds: [{ field: MEMORY }, { field: LIMIT }]
    },
    {
      name: 'no limit',
      object: prometheus({ resources: { requests: { cpu: '1', memory: '1Gi' } } }),
      finds: [{ field: LIMIT }]
    },
    {
      name: 'no CPU request',
      object: prometheus({ resources: { requests: { memory: '1Gi' }, limits: { memory: '1Gi' } } }),
      finds: [{ field: CPU }]
    },
    {
      name: 'resources that are no map',
      object: prometheus({ resources: 'many' as never }),
      finds: [{ field: CPU }, { field: MEMORY }, { field: LIMIT }]
    },
    {
      name: 'requests that go away: the one that was missing before is only warned about',
      oldObject: prometheus({ resources: { requests: { memory: '1Gi' }, limits: { memory: '1Gi' } } }),
      object: prometheus({ resources: {} }),
      finds: [{ field: MEMORY }, { field: LIMIT }]
    }
  ]
})
