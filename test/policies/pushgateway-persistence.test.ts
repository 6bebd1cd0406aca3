import type { JsonObject } from '../../src/core/values/json.ts'
import policy from '../../src/policies/pushgateway-persistence.ts'
import { claimTemplate, container, pushgateway, statefulSet } from '../fixtures/objects.ts'
import { testPolicy } from '../helpers/policy-tester.ts'

const ARGS = 'spec.template.spec.containers[0].args'
const DATA = { name: 'storage-volume', mountPath: '/data' }

function gateway(parts: JsonObject, spec: JsonObject = {}): JsonObject {
  return statefulSet({
    spec: { template: { spec: { containers: [pushgateway({ volumeMounts: [DATA], ...parts })] } }, ...spec }
  })
}

function deployed(parts: JsonObject, volume: JsonObject, spec: JsonObject = {}): JsonObject {
  const template = {
    spec: {
      containers: [pushgateway({ volumeMounts: [DATA], ...parts })],
      volumes: [{ name: 'storage-volume', ...volume }]
    }
  }
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'pgw' },
    spec: { strategy: { type: 'Recreate' }, template, ...spec }
  }
}

const claim = { persistentVolumeClaim: { claimName: 'pgw' } }
const kept = { args: ['--persistence.file=/data/pushgateway.data'] }

testPolicy(policy, {
  accepted: [
    {
      name: 'a PVC that is only read',
      object: deployed({}, { persistentVolumeClaim: { claimName: 'tls', readOnly: true } })
    },
    {
      name: 'a script, which cannot be read',
      object: gateway({ command: ['sh', '-c', 'exec pushgateway --persistence.file=/data/x'] })
    },
    { name: 'a file that only kubelet knows', object: gateway({ args: ['--persistence.file=$(FILE)'] }) },
    { name: 'a file on the volume', object: gateway(kept) },
    { name: 'a flag in two words', object: gateway({ args: ['--persistence.file', '/data/x'] }) },
    {
      name: 'no volume and no file: kept in memory on purpose',
      object: gateway({ volumeMounts: [] }, { volumeClaimTemplates: [] })
    },
    { name: 'the chart as a Deployment, with an emptyDir and no file', object: deployed({}, { emptyDir: {} }) },
    { name: 'a Deployment with a PVC, a file and Recreate', object: deployed(kept, claim) },
    { name: 'a volume that is only read', object: deployed({ volumeMounts: [{ ...DATA, readOnly: true }] }, claim) },
    {
      name: 'a file below the working directory, on a volume there',
      object: gateway({
        args: ['--persistence.file=x.data'],
        volumeMounts: [{ name: 'storage-volume', mountPath: '/pushgateway' }]
      })
    },
    {
      name: 'its own preStop',
      object: gateway({ ...kept, lifecycle: { preStop: { exec: { command: ['sh', '-c', 'sleep 15'] } } } })
    },
    {
      name: 'two replicas of something else',
      object: statefulSet({ spec: { replicas: 2, template: { spec: { containers: [container('nginx', 'nginx')] } } } })
    }
  ],
  refused: [
    {
      name: 'the chart with a volume, and no file',
      object: gateway({}),
      finds: [
        {
          field: ARGS,
          problem: /mounted at "\/data" and --persistence\.file is not set/,
          remediation: /--persistence\.file=\/data\/pushgateway\.data/
        }
      ]
    },
    { name: 'a Deployment with a PVC, and no file', object: deployed({}, claim), finds: [{ field: ARGS }] },
    {
      name: 'an empty file name',
      object: gateway({ args: ['--persistence.file='] }),
      finds: [{ field: ARGS, problem: /is not set/ }]
    },
    {
      name: 'a file elsewhere',
      object: gateway({ args: ['--persistence.file=/tmp/x'] }),
      finds: [{ field: ARGS, problem: /"\/tmp\/x" is on none of the volumes/ }]
    },
    {
      name: 'a file on an emptyDir',
      object: deployed(kept, { emptyDir: {} }),
      finds: [{ field: ARGS, problem: /uses an emptyDir/ }]
    },
    {
      name: 'several replicas',
      object: gateway(kept, { replicas: 3 }),
      finds: [{ field: 'spec.replicas', problem: /one of 3 replicas/ }]
    },
    {
      name: 'a rollout that starts before it stops',
      object: deployed(kept, claim, { strategy: undefined }),
      finds: [{ field: 'spec.strategy', problem: /before the old one has written/ }]
    },
    {
      name: 'a flag that does not exist, in a hook',
      object: gateway({
        ...kept,
        lifecycle: { preStop: { exec: { command: ['/bin/sh', '-c', '/pushgateway --flush-metrics & sleep 60'] } } }
      }),
      finds: [{ field: 'spec.template.spec.containers[0].lifecycle.preStop', problem: /no version of Pushgateway has/ }]
    },
    {
      name: 'behind another container',
      object: statefulSet({
        templates: [claimTemplate()],
        spec: { template: { spec: { containers: [container('a', 'b'), pushgateway({ volumeMounts: [DATA] })] } } }
      }),
      finds: [{ field: 'spec.template.spec.containers[1].args' }]
    }
  ],
  advised: [
    {
      name: 'an update of what was so before',
      oldObject: gateway({}),
      object: gateway({ image: 'prom/pushgateway:v1.11.4' }),
      finds: [{ field: ARGS }]
    }
  ]
})
