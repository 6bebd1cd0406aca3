import type { JsonObject } from '../../src/core/values/json.ts'
import policy from '../../src/policies/stop-grace-period.ts'
import { container, type PodParts, pod, pushgateway } from '../fixtures/objects.ts'
import { testPolicy } from '../helpers/policy-tester.ts'

const GRACE = '/spec/terminationGracePeriodSeconds'

function running(images: readonly string[], parts: PodParts = {}): JsonObject {
  return pod({ containers: images.map((image, index) => container(`c${index}`, image)), ...parts })
}

const PROMETHEUS = 'quay.io/prometheus/prometheus:v3.14.0'
const ALERTMANAGER = 'quay.io/prometheus/alertmanager:v0.33.1'

testPolicy(policy, {
  accepted: [
    { name: 'as long as it needs', object: running([PROMETHEUS], { grace: 300 }) },
    { name: 'longer, as prometheus-operator has it', object: running([PROMETHEUS], { grace: 600 }) },
    { name: 'no grace period at all', object: running([PROMETHEUS], { grace: 0 }) },
    { name: 'another program', object: pod({ containers: [pushgateway()] }) },
    { name: 'the Pod of a Job', object: running([PROMETHEUS], { restartPolicy: 'Never' }) },
    { name: 'what is not named', object: running(['quay.io/thanos/thanos:v0.42.4']) },
    { name: 'nothing is named', options: { targets: [] }, object: running([PROMETHEUS]) }
  ],
  fixed: [
    {
      name: 'Prometheus',
      object: running([PROMETHEUS]),
      patch: [{ op: 'replace', path: GRACE, value: 300 }],
      does: /^raises terminationGracePeriodSeconds from 30 to 300 for Prometheus$/
    },
    {
      name: 'a Pod that does not say',
      object: running([PROMETHEUS], { grace: null }),
      patch: [{ op: 'add', path: GRACE, value: 300 }],
      does: /from 30 to 300/
    },
    {
      name: 'Alertmanager',
      object: running([ALERTMANAGER], { grace: 60 }),
      patch: [{ op: 'replace', path: GRACE, value: 120 }],
      does: /from 60 to 120 for Alertmanager$/
    },
    {
      name: 'both in one Pod: the longer one',
      object: running([ALERTMANAGER, PROMETHEUS, ALERTMANAGER]),
      patch: [{ op: 'replace', path: GRACE, value: 300 }],
      does: /for Prometheus$/
    },
    {
      name: 'Thanos',
      options: { targets: ['thanos=900', 'thanos=60'] },
      object: pod({ containers: [container('receive', 'x/y', { command: ['/bin/thanos', 'receive'] })] }),
      patch: [{ op: 'replace', path: GRACE, value: 900 }],
      does: /to 900 for Thanos$/
    }
  ]
})
