import type { JsonObject } from '../../src/core/values/json.ts'
import policy from '../../src/policies/pair-differs.ts'
import { config, prometheus } from '../fixtures/sets.ts'
import { testSetPolicy } from '../helpers/set-policy-tester.ts'

const JOBS = 'scrape_configs: [{ job_name: pods }, { job_name: nodes }]'

function server(name: string, yaml = JOBS, source = name): JsonObject[] {
  const volumes = [
    { name: 'config', configMap: { name: source } },
    { name: 'storage', persistentVolumeClaim: { claimName: name } }
  ]
  const mounts = [
    { name: 'config', mountPath: '/etc/config' },
    { name: 'storage', mountPath: '/data' }
  ]
  return [config(yaml, source), prometheus({ metadata: { name }, volumes, mounts })]
}

const FOUND = { object: 'ConfigMap p-b', field: 'data[prometheus.yml]', outcome: 'audited' } as const

testSetPolicy(policy, {
  silent: [
    { name: 'a pair', objects: [...server('p-a'), ...server('p-b')] },
    {
      name: 'a pair of one configuration',
      objects: [...server('p-a', JOBS, 'c'), ...server('p-b', JOBS, 'c').slice(1)]
    },
    {
      name: 'other jobs',
      objects: [
        ...server('p-a'),
        ...server('p-b', 'scrape_configs: [{ job_name: pods, scrape_interval: 1m }, { job_name: edge }]')
      ]
    },
    {
      name: 'names of no pair',
      objects: [...server('p-a'), ...server('p-edge', `{ global: { scrape_interval: 1m }, ${JOBS} }`)]
    },
    {
      name: 'an interval that is the same in another place',
      objects: [
        ...server('p-a', `{ global: { scrape_interval: 1m }, ${JOBS} }`),
        ...server(
          'p-b',
          'scrape_configs: [{ job_name: pods, scrape_interval: 1m }, { job_name: nodes, scrape_interval: 1m }]'
        )
      ]
    },
    { name: 'a configuration that nobody can read', objects: [...server('p-a'), ...server('p-b').slice(1)] }
  ],
  found: [
    {
      name: 'another interval for all',
      objects: [...server('p-a'), ...server('p-b', `{ global: { scrape_interval: 1m }, ${JOBS} }`)],
      finds: [
        {
          ...FOUND,
          problem: /^p-a and p-b scrape the same jobs and differ in scrape_interval of pods, scrape_interval of nodes:/,
          involved: ['Deployment p-b', 'Deployment p-a', 'ConfigMap p-a']
        }
      ]
    },
    {
      name: 'another timeout for one',
      objects: [
        ...server('p-a'),
        ...server('p-b', 'scrape_configs: [{ job_name: pods, scrape_timeout: 5s }, { job_name: nodes }]')
      ],
      finds: [FOUND]
    },
    {
      name: 'other rules',
      objects: [...server('p-0', `{ rule_files: [a.yml], ${JOBS} }`), ...server('p-1')],
      finds: [{ ...FOUND, object: 'ConfigMap p-1', problem: /differ in rule_files/ }]
    },
    {
      name: 'rules that are evaluated at other times',
      objects: [...server('p-a'), ...server('p-b', `{ global: { evaluation_interval: 1m }, ${JOBS} }`)],
      finds: [{ ...FOUND, problem: /evaluation_interval/ }]
    }
  ]
})
