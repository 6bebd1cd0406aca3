import type { JsonObject } from '../../src/core/values/json.ts'
import policy from '../../src/policies/federate-whole.ts'
import { CONFIGURED, config, pair, prometheus } from '../fixtures/sets.ts'
import { testSetPolicy } from '../helpers/set-policy-tester.ts'

const SERVER = pair({ replicas: 1, ...CONFIGURED })

function job(fields: string): JsonObject {
  return config(`scrape_configs: [{ job_name: other, ${fields} }]`)
}

const [HONEST, PART] = ['honor_labels: true', `params: { "match[]": ['{__name__=~"job:.*"}'] }`]
const FOUND = {
  object: 'ConfigMap prometheus-config',
  field: 'data[prometheus.yml]',
  involved: ['StatefulSet prometheus']
}

testSetPolicy(policy, {
  silent: [
    { name: 'a part, with its labels', objects: [job(`metrics_path: /federate, ${HONEST}, ${PART}`), SERVER] },
    { name: 'no federation', objects: [job('metrics_path: /metrics'), SERVER] },
    {
      name: 'one job alone of the other',
      objects: [job(`metrics_path: /federate, ${HONEST}, params: { "match[]": ['{job="x"}'] }`), SERVER]
    },
    { name: 'a configuration that nobody can read', objects: [prometheus()] }
  ],
  found: [
    {
      name: 'labels of its own',
      objects: [job(`metrics_path: /federate, ${PART}`), SERVER],
      finds: [{ ...FOUND, problem: /without honor_labels/ }]
    },
    { name: 'behind a prefix', objects: [job(`metrics_path: /prometheus/federate, ${PART}`), SERVER], finds: [FOUND] },
    ...[`{__name__=~".+"}`, `{job=~".*"}`, `{__name__!=""}`, '{}'].map((selector) => ({
      name: `everything, as ${selector}`,
      objects: [job(`metrics_path: /federate, ${HONEST}, params: { "match[]": ['${selector}'] }`), SERVER],
      finds: [{ ...FOUND, problem: /selects all series/ }]
    })),
    {
      name: 'both',
      objects: [job(`metrics_path: /federate, params: { "match[]": ['{}'] }`), SERVER],
      finds: [FOUND, FOUND]
    }
  ]
})
