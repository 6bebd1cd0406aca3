import type { JsonObject } from '../../src/core/values/json.ts'
import policy from '../../src/policies/autoscaled-single-writer.ts'
import { shards } from '../fixtures/prometheus.ts'
import { object, pair, prometheus, running } from '../fixtures/sets.ts'
import { testSetPolicy } from '../helpers/set-policy-tester.ts'

const gateway = running('gateway', 'quay.io/prometheus/pushgateway:v1.11.3')

function autoscaler(kind: string, name: string, maxReplicas = 5): JsonObject {
  const scaleTargetRef = { apiVersion: 'apps/v1', kind, name }
  return object('autoscaling/v2', 'HorizontalPodAutoscaler', 'scaler', { spec: { scaleTargetRef, maxReplicas } })
}

function scaled(spec: JsonObject): JsonObject {
  return object('keda.sh/v1alpha1', 'ScaledObject', 'scaler', { spec })
}

const FOUND = { object: 'HorizontalPodAutoscaler scaler', field: 'spec.scaleTargetRef' }
const KEDA = { object: 'ScaledObject scaler', field: 'spec.scaleTargetRef' }

testSetPolicy(policy, {
  silent: [
    { name: 'nothing scales it', objects: [gateway] },
    { name: 'one replica at the most', objects: [gateway, autoscaler('Deployment', 'gateway', 1)] },
    { name: 'something else is scaled', objects: [gateway, autoscaler('Deployment', 'other')] },
    { name: 'another kind of that name', objects: [gateway, autoscaler('StatefulSet', 'gateway')] },
    { name: 'a PVC for each replica', objects: [pair(), autoscaler('StatefulSet', 'prometheus')] },
    {
      name: 'no PVC at all',
      objects: [prometheus({ volumes: [{ name: 'storage', emptyDir: {} }] }), autoscaler('Deployment', 'prometheus')]
    },
    {
      name: 'kube-state-metrics from 2.13 on',
      objects: [shards({ tag: 'v2.13.0' }), autoscaler('StatefulSet', 'ksm')]
    },
    { name: 'kube-state-metrics without shards', objects: [shards({ args: [] }), autoscaler('StatefulSet', 'ksm')] },
    {
      name: 'KEDA with one replica',
      objects: [gateway, scaled({ scaleTargetRef: { name: 'gateway' }, maxReplicaCount: 1 })]
    }
  ],
  found: [
    {
      name: 'Pushgateway',
      objects: [gateway, autoscaler('Deployment', 'gateway')],
      finds: [
        {
          ...FOUND,
          problem: /^it scales Deployment gateway to as many as 5 replicas: each push reaches only one of them/,
          involved: ['Deployment gateway']
        }
      ]
    },
    {
      name: 'Pushgateway in a StatefulSet, as its chart makes it with runAsStatefulSet',
      objects: [
        running('gateway', 'quay.io/prometheus/pushgateway:v1.11.3', [], { kind: 'StatefulSet' }),
        autoscaler('StatefulSet', 'gateway')
      ],
      finds: [{ ...FOUND, involved: ['StatefulSet gateway'] }]
    },
    {
      name: 'Prometheus with one PVC',
      objects: [prometheus(), autoscaler('Deployment', 'prometheus')],
      finds: [{ ...FOUND, problem: /one TSDB through the PVC "prometheus-data"/ }]
    },
    {
      name: 'kube-state-metrics before 2.13',
      objects: [shards(), autoscaler('StatefulSet', 'ksm')],
      finds: [{ ...FOUND, problem: /before 2.13/ }]
    },
    {
      name: 'KEDA, which says no kind and no number',
      objects: [gateway, scaled({ scaleTargetRef: { name: 'gateway' } })],
      finds: [{ ...KEDA, problem: /100 replicas/ }]
    }
  ]
})
