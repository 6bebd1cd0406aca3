import policy from '../../src/policies/governing-service.ts'
import { HEADLESS, operated, pair, prometheus, running, service } from '../fixtures/sets.ts'
import { testSetPolicy } from '../helpers/set-policy-tester.ts'

const FOUND = { object: 'StatefulSet prometheus', field: 'spec.serviceName' }

testSetPolicy(policy, {
  silent: [
    { name: 'one Pod, which any Service reaches', objects: [service('prometheus-headless'), pair({ replicas: 1 })] },
    { name: 'a headless Service over the Pods', objects: [HEADLESS, pair()] },
    { name: 'a StatefulSet that names none', objects: [service(), pair({ spec: { serviceName: '' } })] },
    { name: 'a Deployment', objects: [service(), prometheus({ replicas: 2 })] },
    { name: 'of the operator', objects: [service(), operated()] },
    {
      name: 'a StatefulSet of something else',
      objects: [service(), running('db', 'postgres:17', [], { kind: 'StatefulSet', serviceName: 'db' })]
    }
  ],
  found: [
    {
      name: 'no Service of that name',
      objects: [service(), pair()],
      finds: [{ ...FOUND, problem: /^the Service prometheus-headless does not exist/, involved: [] }]
    },
    {
      name: 'a Service with an address of its own',
      objects: [service('prometheus-headless'), pair()],
      finds: [{ ...FOUND, problem: /is not headless/, involved: ['Service prometheus-headless'] }]
    },
    {
      name: 'a Service over other Pods',
      objects: [service('prometheus-headless', { clusterIP: 'None', selector: { app: 'x' } }), pair()],
      finds: [{ ...FOUND, problem: /does not select the Pods/ }]
    }
  ]
})
