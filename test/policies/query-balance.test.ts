import policy from '../../src/policies/query-balance.ts'
import {
  HEADLESS,
  OPERATED_SELECTOR,
  object,
  operated,
  pair,
  prometheus,
  running,
  service,
  thanos
} from '../fixtures/sets.ts'
import { testSetPolicy } from '../helpers/set-policy-tester.ts'

const ONE_POD = { selector: { app: 'prometheus', 'statefulset.kubernetes.io/pod-name': 'prometheus-0' } }
const FIELD = 'spec.sessionAffinity'
const BALANCED = { object: 'Service prometheus', field: FIELD, involved: ['StatefulSet prometheus'] }
const PORTS = [
  { name: 'http-web', port: 9090, targetPort: 'web' },
  { name: 'reloader-web', port: 8080, targetPort: 'reloader-web' }
]

function ingress(annotations: Record<string, string>): ReturnType<typeof object> {
  const paths = [{ path: '/', pathType: 'Prefix', backend: { service: { name: 'prometheus', port: { number: 80 } } } }]
  return object('networking.k8s.io/v1', 'Ingress', 'prometheus', {
    metadata: { name: 'prometheus', annotations },
    spec: { rules: [{ http: { paths } }] }
  })
}

function route(rule: object): ReturnType<typeof object> {
  return object('gateway.networking.k8s.io/v1', 'HTTPRoute', 'prometheus', {
    spec: { rules: [{ backendRefs: [{ name: 'prometheus', port: 80 }], ...rule }] }
  })
}

testSetPolicy(policy, {
  silent: [
    { name: 'one replica', objects: [service(), pair({ replicas: 1 })] },
    { name: 'a headless Service', objects: [HEADLESS, pair()] },
    {
      name: 'the client stays with its replica',
      objects: [service('prometheus', { sessionAffinity: 'ClientIP' }), pair()]
    },
    {
      name: 'another name for something elsewhere',
      objects: [service('prometheus', { type: 'ExternalName' }), pair()]
    },
    { name: 'no Service selects it', objects: [service('x', { selector: { app: 'x' } }), pair()] },
    { name: 'a Service without a selector', objects: [service('x', { selector: undefined }), pair()] },
    {
      name: 'the port of a Thanos sidecar alone',
      objects: [service('prometheus', { ports: [{ name: 'grpc', port: 10901, targetPort: 10901 }] }), pair()]
    },
    {
      name: 'a port that no container has',
      objects: [service('prometheus', { ports: [{ port: 80, targetPort: 'web' }] }), pair()]
    },
    { name: 'Thanos Query in the Set', objects: [service(), pair(), thanos('query')] },
    { name: 'promxy in the Set', objects: [service(), pair(), running('promxy', 'quay.io/jacksontj/promxy:v0.0.93')] },
    { name: 'an agent', objects: [service(), pair({ args: ['--agent', '--storage.agent.path=/data'] })] },
    {
      name: 'one Service for each replica',
      objects: [
        service('prometheus-0', ONE_POD),
        service('prometheus-1', {
          selector: { ...ONE_POD.selector, 'statefulset.kubernetes.io/pod-name': 'prometheus-1' }
        }),
        pair()
      ]
    },
    {
      name: 'what the operator made of an object that is elsewhere',
      objects: [service(), pair({ metadata: { labels: { 'app.kubernetes.io/managed-by': 'prometheus-operator' } } })]
    }
  ],
  found: [
    {
      name: 'the Service of the prometheus chart',
      objects: [service(), HEADLESS, pair()],
      finds: [
        { ...BALANCED, problem: /^queries are spread over the 2 replicas of Prometheus/, remediation: /ClientIP/ }
      ]
    },
    {
      name: 'a Deployment',
      objects: [service(), prometheus({ replicas: 3 })],
      finds: [{ object: 'Service prometheus', field: FIELD, involved: ['Deployment prometheus'] }]
    },
    {
      name: 'a port by its name, at an address that was set',
      objects: [
        service('prometheus', { ports: [{ port: 80, targetPort: 'web' }] }),
        pair({
          args: ['--config.file=/etc/config/prometheus.yml', '--storage.tsdb.path=/data', '--web.listen-address=:9091'],
          container: { ports: [{ name: 'web', containerPort: 9091 }] }
        })
      ],
      finds: [BALANCED]
    },
    {
      name: 'a port that says no target',
      objects: [service('prometheus', { ports: [{ port: 9090 }] }), pair()],
      finds: [BALANCED]
    },
    {
      name: 'the Service of kube-prometheus-stack',
      objects: [service('k8s', { selector: OPERATED_SELECTOR, ports: PORTS }), operated()],
      finds: [{ object: 'Service k8s', field: FIELD, involved: ['Prometheus k8s'] }]
    },
    {
      name: 'shards with replicas',
      objects: [service('k8s', { selector: OPERATED_SELECTOR, ports: PORTS }), operated({ shards: 2 })],
      finds: [{ object: 'Service k8s', field: FIELD, problem: /the 2 replicas of each of the 2 shards/ }]
    },
    {
      name: 'two Services, and one is sticky',
      objects: [service(), service('sticky', { sessionAffinity: 'ClientIP' }), pair()],
      finds: [BALANCED]
    },
    {
      name: 'an Ingress that is not sticky',
      objects: [service(), ingress({ 'nginx.ingress.kubernetes.io/rewrite-target': '/' }), pair()],
      finds: [BALANCED]
    },
    {
      name: 'a sticky Ingress in front',
      objects: [service(), ingress({ 'nginx.ingress.kubernetes.io/affinity': 'cookie' }), pair()],
      finds: [{ ...BALANCED, outcome: 'audited', involved: ['StatefulSet prometheus', 'Ingress prometheus'] }]
    },
    {
      name: 'a sticky HTTPRoute in front',
      objects: [service(), route({ sessionPersistence: { type: 'Cookie' } }), pair()],
      finds: [{ ...BALANCED, outcome: 'audited', involved: ['StatefulSet prometheus', 'HTTPRoute prometheus'] }]
    },
    {
      name: 'one replica is always asked',
      objects: [service('prometheus', ONE_POD), HEADLESS, pair()],
      finds: [
        {
          object: 'Service prometheus',
          field: 'spec.selector',
          outcome: 'audited',
          problem: /none while that one is down/
        }
      ]
    }
  ]
})
