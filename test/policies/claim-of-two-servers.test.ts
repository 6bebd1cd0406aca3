import type { JsonObject } from '../../src/core/values/json.ts'
import policy from '../../src/policies/claim-of-two-servers.ts'
import { claimTemplate } from '../fixtures/objects.ts'
import { claimVolume } from '../fixtures/prometheus.ts'
import { pair, prometheus, running } from '../fixtures/sets.ts'
import { testSetPolicy } from '../helpers/set-policy-tester.ts'

type Parts = Parameters<typeof prometheus>[0]

function server(name: string, parts: Parts = {}): JsonObject {
  return prometheus({ ...parts, metadata: { name } })
}

const at = (parts: JsonObject): Parts => ({ mounts: [{ name: 'storage', mountPath: '/data', ...parts }] })
const FOUND = {
  object: 'Deployment b',
  field: 'spec.template.spec.containers[1].volumeMounts[0]',
  involved: ['Deployment a']
}

testSetPolicy(policy, {
  silent: [
    { name: 'a PVC for each', objects: [server('a'), server('b', { volumes: [claimVolume('other')] })] },
    { name: 'one of them alone', objects: [server('a')] },
    { name: 'a directory for each', objects: [server('a', at({ subPath: 'a' })), server('b', at({ subPath: 'b' }))] },
    { name: 'one that only reads', objects: [server('a'), server('b', at({ readOnly: true }))] },
    {
      name: 'a PVC that is read',
      objects: [server('a'), server('b', { volumes: [claimVolume('prometheus-data', { readOnly: true })] })]
    },
    { name: 'a directory for each Pod', objects: [server('a'), server('b', at({ subPathExpr: '$(POD_NAME)' }))] },
    { name: 'one that is scaled down', objects: [server('a'), server('b', { replicas: 0 })] },
    { name: 'an agent', objects: [server('a'), server('b', { args: ['--agent', '--storage.agent.path=/data'] })] },
    { name: 'what is no Prometheus', objects: [server('a'), running('backup', 'busybox:1.37')] },
    {
      name: 'PVCs that begin alike',
      objects: [pair(), server('b', { volumes: [claimVolume('storage-prometheus-2')] })]
    },
    {
      name: 'a volume that is no PVC',
      objects: ['a', 'b'].map((name) => server(name, { volumes: [{ name: 'storage', emptyDir: {} }] }))
    }
  ],
  found: [
    {
      name: 'two Deployments on one PVC',
      objects: [server('a'), server('b')],
      finds: [
        {
          ...FOUND,
          problem: /^Deployment a writes its TSDB through the PVC "prometheus-data", too/,
          remediation: /PVC of its own/
        }
      ]
    },
    {
      name: 'the same directory by its name',
      objects: [server('a', at({ subPath: 'x' })), server('b', at({ subPath: 'x/' }))],
      finds: [FOUND]
    },
    {
      name: 'a directory in that of the other',
      objects: [server('a'), server('b', at({ subPath: 'x' }))],
      finds: [FOUND]
    },
    {
      name: 'the PVC of a StatefulSet',
      objects: [
        pair({ templates: [claimTemplate({ name: 'storage' })] }),
        server('a', { volumes: [claimVolume('storage-prometheus-1')] })
      ],
      finds: [{ object: 'StatefulSet prometheus', field: FOUND.field, involved: ['Deployment a'] }]
    },
    {
      name: 'three on one PVC',
      objects: [server('a'), server('b'), server('c')],
      finds: [FOUND, { ...FOUND, object: 'Deployment c', involved: ['Deployment a', 'Deployment b'] }]
    }
  ]
})
