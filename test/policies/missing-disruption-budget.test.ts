import type { JsonObject } from '../../src/core/values/json.ts'
import policy from '../../src/policies/missing-disruption-budget.ts'
import { OPERATED_SELECTOR, object, operated, pair, running, service, thanos } from '../fixtures/sets.ts'
import { testSetPolicy } from '../helpers/set-policy-tester.ts'

function budget(spec: JsonObject = {}): JsonObject {
  return object('policy/v1', 'PodDisruptionBudget', 'prometheus', {
    spec: { maxUnavailable: 1, selector: { matchLabels: { app: 'prometheus' } }, ...spec }
  })
}

const NONE = { object: 'StatefulSet prometheus', field: 'spec.replicas' }
const OTHER = { matchLabels: { app: 'prometheus', release: 'other' } }
const alertmanagers = running('alertmanager', 'quay.io/prometheus/alertmanager:v0.28.1', [], {
  kind: 'StatefulSet',
  replicas: 3
})

testSetPolicy(policy, {
  silent: [
    { name: 'one replica', objects: [pair({ replicas: 1 })] },
    { name: 'a budget of the same labels', objects: [budget(), pair()] },
    { name: 'a budget for everything', objects: [budget({ selector: {} }), pair()] },
    {
      name: 'a budget by an expression',
      objects: [
        budget({ selector: { matchExpressions: [{ key: 'app', operator: 'In', values: ['prometheus', 'x'] }] } }),
        pair()
      ]
    },
    { name: 'one of them has to stay', objects: [budget({ maxUnavailable: undefined, minAvailable: 1 }), pair()] },
    { name: 'half of them', objects: [budget({ maxUnavailable: undefined, minAvailable: '50%' }), pair()] },
    { name: 'a percentage that comes to one', objects: [budget({ maxUnavailable: '10%' }), pair()] },
    { name: 'an agent', objects: [pair({ args: ['--agent', '--storage.agent.path=/data'] })] },
    { name: 'an agent of the operator', objects: [operated({}, 'PrometheusAgent')] },
    { name: 'something else', objects: [running('grafana', 'grafana/grafana:12.1.0', [], { replicas: 2 })] },
    {
      name: 'the budget of kube-prometheus-stack',
      objects: [budget({ selector: { matchLabels: OPERATED_SELECTOR } }), operated()]
    },
    ...(['Prometheus', 'Alertmanager', 'ThanosRuler'] as const).map((kind) => {
      const app = kind === 'ThanosRuler' ? 'thanos-ruler' : kind.toLowerCase()
      return {
        name: `the budget of a kube-prometheus-stack whose operator is before 0.52, for ${kind}`,
        objects: [
          budget({ selector: { matchLabels: { app, [app]: 'k8s' } }, maxUnavailable: 0 }),
          operated({ replicas: 3 }, kind)
        ]
      }
    }),
    {
      name: 'a Pod label of its own',
      objects: [
        budget({ selector: { matchLabels: { team: 'a' } } }),
        operated({ podMetadata: { labels: { team: 'a' } } })
      ]
    },
    {
      name: 'what the operator made',
      objects: [pair({ metadata: { name: 'p', labels: { 'app.kubernetes.io/managed-by': 'prometheus-operator' } } })]
    }
  ],
  found: [
    {
      name: 'no budget',
      objects: [service(), pair()],
      finds: [
        {
          ...NONE,
          problem: /^no PodDisruptionBudget selects the 2 replicas of Prometheus/,
          remediation: /maxUnavailable: 1/
        }
      ]
    },
    { name: 'a budget that one label of fits', objects: [budget({ selector: OTHER }), pair()], finds: [NONE] },
    { name: 'a budget without a selector', objects: [budget({ selector: undefined }), pair()], finds: [NONE] },
    {
      name: 'a budget that an expression keeps away',
      objects: [
        budget({
          selector: { matchLabels: { app: 'prometheus' }, matchExpressions: [{ key: 'app', operator: 'DoesNotExist' }] }
        }),
        pair()
      ],
      finds: [NONE]
    },
    { name: 'of the operator', objects: [operated()], finds: [{ object: 'Prometheus k8s', field: 'spec.replicas' }] },
    {
      name: 'Alertmanager',
      objects: [alertmanagers],
      finds: [{ object: 'StatefulSet alertmanager', field: 'spec.replicas', problem: /3 replicas of Alertmanager/ }]
    },
    {
      name: 'Thanos',
      objects: ['query', 'receive', 'store', 'rule', 'compact'].map((component) =>
        thanos(component, [], { replicas: 2 })
      ),
      finds: ['query', 'receive', 'store', 'rule'].map((name) => ({
        object: `Deployment thanos-${name}`,
        field: 'spec.replicas'
      }))
    },
    {
      name: 'a budget that lets none go',
      objects: [budget({ maxUnavailable: 0 }), pair()],
      finds: [
        {
          object: 'PodDisruptionBudget prometheus',
          field: 'spec.maxUnavailable',
          problem: /every drain of their nodes blocks$/,
          involved: ['StatefulSet prometheus']
        }
      ]
    },
    ...[2, 3, '100%', '51%'].map((minAvailable) => ({
      name: `a budget that wants ${minAvailable}`,
      objects: [budget({ maxUnavailable: undefined, minAvailable }), pair()],
      finds: [{ object: 'PodDisruptionBudget prometheus', field: 'spec.minAvailable' }]
    })),
    {
      name: 'a budget that wants all shards',
      objects: [
        budget({ maxUnavailable: undefined, minAvailable: 4, selector: { matchLabels: OPERATED_SELECTOR } }),
        operated({ shards: 2 })
      ],
      finds: [
        { object: 'PodDisruptionBudget prometheus', field: 'spec.minAvailable', problem: /no eviction of the 4 Pods/ }
      ]
    }
  ]
})
