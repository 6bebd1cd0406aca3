import type { JsonObject } from '../../src/core/values/json.ts'
import policy from '../../src/policies/alert-dedup.ts'
import { CONFIGURED, config, operated, pair } from '../fixtures/sets.ts'
import { testSetPolicy } from '../helpers/set-policy-tester.ts'

const POD_NAME = { name: 'POD_NAME', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } }
const server = (replicas = 2): JsonObject => pair({ replicas, ...CONFIGURED, container: { env: [POD_NAME] } })

const MANAGERS = 'alertmanagers: [{ static_configs: [{ targets: ["am:9093"] }] }]'

function alerting(fields: string, labels = 'cluster: a, replica: $POD_NAME'): JsonObject {
  return config(`{ global: { external_labels: { ${labels} } }, alerting: { ${fields} } }`)
}

const FOUND = {
  object: 'ConfigMap prometheus-config',
  field: 'data[prometheus.yml]',
  involved: ['StatefulSet prometheus']
}

testSetPolicy(policy, {
  silent: [
    {
      name: 'the label is dropped',
      objects: [alerting(`${MANAGERS}, alert_relabel_configs: [{ action: labeldrop, regex: replica }]`), server()]
    },
    {
      name: 'it is dropped for the one that there is',
      objects: [
        alerting('alertmanagers: [{ alert_relabel_configs: [{ action: labeldrop, regex: replica }] }]'),
        server()
      ]
    },
    {
      name: 'a pattern that is not read',
      objects: [alerting(`${MANAGERS}, alert_relabel_configs: [{ action: labeldrop, regex: "[a-z]+" }]`), server()]
    },
    { name: 'no label differs', objects: [alerting(MANAGERS, 'cluster: a'), server()] },
    { name: 'alerts are sent to nobody', objects: [alerting(''), server()] },
    { name: 'one replica', objects: [alerting(MANAGERS), server(1)] },
    { name: 'of the operator, which drops it itself', objects: [operated()] }
  ],
  found: [
    {
      name: 'nothing is dropped',
      objects: [alerting(MANAGERS), server()],
      finds: [
        {
          ...FOUND,
          problem:
            /differ by the external label replica: Alertmanager gets each alert 2 times and sends 2 notifications/,
          remediation: /regex: replica/
        }
      ]
    },
    {
      name: 'another label is dropped',
      objects: [alerting(`${MANAGERS}, alert_relabel_configs: [{ action: labeldrop, regex: cluster }]`), server()],
      finds: [FOUND]
    },
    {
      name: 'two labels, and one is dropped',
      objects: [
        alerting(
          `${MANAGERS}, alert_relabel_configs: [{ action: labeldrop, regex: replica }]`,
          'replica: $POD_NAME, host: $HOSTNAME'
        ),
        server()
      ],
      finds: [{ ...FOUND, problem: /external label host:/ }]
    }
  ],
  unclear: [{ name: 'no configuration in sight', objects: [server()], why: /no ConfigMap was read/ }]
})
