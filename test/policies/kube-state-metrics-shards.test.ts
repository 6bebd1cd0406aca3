import type { JsonObject } from '../../src/core/values/json.ts'
import policy from '../../src/policies/kube-state-metrics-shards.ts'
import { shards } from '../fixtures/prometheus.ts'
import { testPolicy } from '../helpers/policy-tester.ts'

const IMAGE = 'spec.template.spec.containers[0].image'
const PLAIN = { tag: 'v2.18.0', args: ['--port=8080'] }

function deployment(parts: Parameters<typeof shards>[0]): JsonObject {
  return { ...shards(parts), kind: 'Deployment' }
}

testPolicy(policy, {
  accepted: [
    { name: 'a version that follows by name', object: shards({ tag: 'v2.13.0', spec: { replicas: 2 } }) },
    { name: 'a version before automatic sharding', object: shards({ tag: 'v1.7.2' }) },
    { name: 'a version that nobody can read', object: shards({ tag: '@sha256:0', spec: { replicas: 2 } }) },
    { name: 'the flags of automatic sharding without a StatefulSet', object: deployment({ tag: 'v2.12.0' }) },
    { name: 'one replica', object: deployment(PLAIN) },
    ...['--shard=0', '--total-shards=2', '--node=$(NODE)'].map((flag) => ({
      name: flag,
      object: deployment({ ...PLAIN, args: [flag], spec: { replicas: 2 } })
    }))
  ],
  advised: [
    {
      name: 'automatic sharding by labels',
      object: shards({ tag: 'v2.12.0' }),
      finds: [{ field: IMAGE, problem: /before 2\.13 stops following/, remediation: /upgrade it to 2\.13/ }]
    },
    {
      name: 'two replicas that do the same',
      object: deployment({ ...PLAIN, spec: { replicas: 2 } }),
      finds: [{ field: 'spec.replicas', problem: /^each of the 2 replicas/, remediation: /autosharding\.enabled/ }]
    },
    {
      name: 'the same in a StatefulSet',
      object: shards({ ...PLAIN, spec: { replicas: 3 } }),
      finds: [{ field: 'spec.replicas' }]
    }
  ]
})
