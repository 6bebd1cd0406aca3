import type { JsonObject } from '../../src/core/values/json.ts'
import policy from '../../src/policies/shards-complete.ts'
import { config, operated, prometheus, running } from '../fixtures/sets.ts'
import { testSetPolicy } from '../helpers/set-policy-tester.ts'

function metrics(shard: number | string, total: number, name = `ksm-${shard}`): JsonObject {
  const image = 'registry.k8s.io/kube-state-metrics/kube-state-metrics:v2.16.0'
  return running(name, image, [`--shard=${shard}`, `--total-shards=${total}`])
}

function server(name: string, index: number | string, modulus = 2, job = 'pods'): JsonObject[] {
  const relabel = `[{ action: hashmod, source_labels: [__address__], modulus: ${modulus}, target_label: __tmp_hash }, { action: keep, source_labels: [__tmp_hash], regex: "${index}" }]`
  const volumes = [
    { name: 'config', configMap: { name } },
    { name: 'storage', persistentVolumeClaim: { claimName: name } }
  ]
  const mounts = [
    { name: 'config', mountPath: '/etc/config' },
    { name: 'storage', mountPath: '/data' }
  ]
  return [
    config(`scrape_configs: [{ job_name: ${job}, relabel_configs: ${relabel} }]`, name),
    prometheus({ metadata: { name }, volumes, mounts })
  ]
}

const FIELD = 'spec.template.spec.containers'

testSetPolicy(policy, {
  silent: [
    { name: 'all shards', objects: [metrics(0, 3), metrics(1, 3), metrics(2, 3)] },
    { name: 'one of them alone', objects: [metrics(0, 3)] },
    { name: 'shards by the number of the Pod', objects: [metrics('$(SHARD)', 3, 'a'), metrics('$(SHARD)', 3, 'b')] },
    { name: 'jobs that are shared', objects: [...server('a', 0), ...server('b', 1)] },
    {
      name: 'each shard twice',
      objects: [...server('a-0', 0), ...server('a-1', 0), ...server('b-0', 1), ...server('b-1', 1)]
    },
    { name: 'other jobs', objects: [...server('a', 0), ...server('b', 0, 2, 'nodes')] },
    { name: 'a part that is a pattern', objects: [...server('a', '0|1'), ...server('b', '0|1')] },
    { name: 'shards of the operator', objects: [operated({ shards: 3 })] }
  ],
  found: [
    {
      name: 'a shard of kube-state-metrics that nobody takes',
      objects: [metrics(0, 3), metrics(2, 3)],
      finds: [
        {
          object: 'Deployment ksm-0',
          field: FIELD,
          problem: /no workload has shard 1 of 0 to 2/,
          involved: ['Deployment ksm-2']
        }
      ]
    },
    {
      name: 'a number that stands twice',
      objects: [metrics(0, 2), metrics(0, 2, 'ksm-b')],
      finds: [{ object: 'Deployment ksm-0', field: FIELD, problem: /no workload has shard 1 of/ }]
    },
    {
      name: 'a part of a job that nobody scrapes',
      objects: [...server('a', 0, 3), ...server('b', 1, 3)],
      finds: [
        {
          object: 'Deployment a',
          field: FIELD,
          problem: /^the job pods over 3 shards is incomplete: no workload has shard 2/,
          involved: ['Deployment b']
        }
      ]
    },
    {
      name: 'a pair for one shard, and one server for the other',
      objects: [...server('a-0', 0), ...server('a-1', 0), ...server('b-0', 1)],
      finds: [
        { object: 'Deployment a-0', field: FIELD, problem: /fewer workloads have shard 1 of 0 to 1 than the others$/ }
      ]
    }
  ]
})
