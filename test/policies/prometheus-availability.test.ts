import policy from '../../src/policies/prometheus-availability.ts'
import {
  alertmanager,
  alertmanagerObject,
  OPERATED,
  prometheus,
  prometheusAgent,
  prometheusObject,
  prometheusSet,
  thanos,
  thanosRuler
} from '../fixtures/prometheus.ts'
import { testPolicy } from '../helpers/policy-tester.ts'

const AFFINITY = 'spec.template.spec.affinity'

function antiAffinity(kind: string, terms: readonly object[]): object {
  return { podAntiAffinity: { [`${kind}DuringSchedulingIgnoredDuringExecution`]: terms } }
}

testPolicy(policy, {
  accepted: [
    { name: 'compactors, of which there is to be one', object: thanos(['compact'], { replicas: 2 }) },
    { name: 'one replica', object: prometheusSet({ replicas: 1 }) },
    {
      name: 'required',
      object: prometheusSet({
        replicas: 2,
        pod: { affinity: antiAffinity('required', [{ topologyKey: 'kubernetes.io/hostname' }]) }
      })
    },
    {
      name: 'preferred',
      object: prometheusSet({ replicas: 2, pod: { affinity: antiAffinity('preferred', [{ weight: 100 }]) } })
    },
    { name: 'a spread', object: prometheusSet({ replicas: 2, pod: { topologySpreadConstraints: [{ maxSkew: 1 }] } }) },
    { name: 'an object of prometheus-operator', object: prometheusObject({ replicas: 2 }) },
    { name: 'one replica of each shard', object: prometheusObject({ affinity: undefined, shards: 2 }) },
    { name: 'an agent on each node', object: prometheusAgent({ affinity: undefined, mode: 'DaemonSet' }) },
    { name: 'two agents', object: prometheus({ replicas: 2, args: ['--agent'] }) },
    { name: 'prometheus-operator', object: prometheusSet({ replicas: 2, metadata: OPERATED }) }
  ],
  refused: [
    {
      name: 'three of Alertmanager',
      object: alertmanager({ replicas: 3 }),
      finds: [
        { field: AFFINITY, problem: /the 3 replicas of Alertmanager/, remediation: /\(podAntiAffinity: soft in the/ }
      ]
    },
    {
      name: 'two queries of Thanos',
      object: thanos(['query'], { replicas: 2 }),
      finds: [{ field: AFFINITY, problem: /the 2 replicas of Thanos Query /, remediation: /hostname$/ }]
    },
    ...[prometheusObject, prometheusAgent, alertmanagerObject, thanosRuler].map((make) => ({
      name: make.name,
      object: make({ replicas: 2, affinity: { nodeAffinity: {} } }),
      finds: [
        { field: 'spec.affinity', problem: /the 2 replicas of/, remediation: /Spec\.podAntiAffinity: soft in kube/ }
      ]
    })),
    {
      name: 'two replicas anywhere',
      object: prometheusSet({ replicas: 2 }),
      finds: [{ field: AFFINITY, problem: /the 2 replicas of Prometheus/, remediation: /topologySpreadConstraints/ }]
    },
    {
      name: 'rules that are empty',
      object: prometheusSet({
        replicas: 2,
        pod: { affinity: antiAffinity('required', []), topologySpreadConstraints: null }
      }),
      finds: [{ field: AFFINITY }]
    },
    {
      name: 'an affinity to nodes only',
      object: prometheusSet({ replicas: 3, pod: { affinity: { nodeAffinity: {} } } }),
      finds: [{ field: AFFINITY }]
    }
  ],
  advised: [
    {
      name: 'an update of what was so before',
      oldObject: prometheusSet({ replicas: 2 }),
      object: prometheusSet({ replicas: 4 }),
      finds: [{ field: AFFINITY }]
    }
  ]
})
