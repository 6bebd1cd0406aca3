import type { JsonObject } from '../../src/core/values/json.ts'
import policy from '../../src/policies/shared-tsdb-claim.ts'
import { claimTemplate } from '../fixtures/objects.ts'
import {
  claimVolume,
  OPERATED,
  prometheus,
  prometheusObject,
  prometheusSet,
  TSDB_ARGS,
  thanos
} from '../fixtures/prometheus.ts'
import { testPolicy } from '../helpers/policy-tester.ts'

const CLAIM = 'spec.template.spec.volumes[0].persistentVolumeClaim.claimName'

/** One claim in the place of the volume that the operator makes. */
function onOneClaim(parts: JsonObject): JsonObject {
  const volumeMounts = [{ name: 'storage', mountPath: '/prometheus' }]
  return prometheusObject({ volumes: [claimVolume('x')], containers: [{ name: 'prometheus', volumeMounts }], ...parts })
}

testPolicy(policy, {
  accepted: [
    { name: 'an object of prometheus-operator', object: prometheusObject({ replicas: 2, shards: 3 }) },
    { name: 'one on a PVC', object: onOneClaim({}) },
    { name: 'a PVC of another container', object: onOneClaim({ replicas: 2, containers: [{ name: 'other' }] }) },
    { name: 'one replica', object: prometheus({ replicas: 1 }) },
    { name: 'no number of replicas, which is one', object: prometheus() },
    { name: 'no replica at all', object: prometheus({ replicas: 0 }) },
    { name: 'a StatefulSet with a PVC for each', object: prometheusSet({ replicas: 3 }) },
    {
      name: 'a claim template that hides a volume of its name',
      object: prometheusSet({ replicas: 2, volumes: [claimVolume('x')] })
    },
    { name: 'an agent', object: prometheus({ replicas: 2, args: ['--agent', '--storage.agent.path=/data'] }) },
    {
      name: 'an agent by its older flag',
      object: prometheus({ replicas: 2, args: ['--enable-feature=exemplar-storage,agent'] })
    },
    {
      name: 'a directory for each replica on a volume that many may write',
      object: prometheus({ replicas: 2, mounts: [{ name: 'storage', mountPath: '/data', subPathExpr: '$(POD_NAME)' }] })
    },
    {
      name: 'a mount that is only read',
      object: prometheus({ replicas: 2, mounts: [{ name: 'storage', mountPath: '/data', readOnly: true }] })
    },
    {
      name: 'a PVC that is only read',
      object: prometheus({ replicas: 2, volumes: [claimVolume('x', { readOnly: true })] })
    },
    {
      name: 'a PVC mounted elsewhere',
      object: prometheus({ replicas: 2, mounts: [{ name: 'storage', mountPath: '/etc/rules' }] })
    },
    {
      name: 'a PVC in a directory with a longer name',
      object: prometheus({ replicas: 2, mounts: [{ name: 'storage', mountPath: '/database' }] })
    },
    {
      name: 'another volume below the PVC, where the TSDB is',
      object: prometheus({
        replicas: 2,
        args: ['--storage.tsdb.path=/data/tsdb'],
        mounts: [
          { name: 'storage', mountPath: '/data' },
          { name: 'scratch', mountPath: '/data/tsdb' }
        ],
        volumes: [claimVolume('x'), { name: 'scratch', emptyDir: {} }]
      })
    },
    { name: 'prometheus-operator', object: prometheus({ kind: 'StatefulSet', replicas: 2, metadata: OPERATED }) },
    {
      name: 'a directory for each replica by the flag',
      object: prometheus({ replicas: 2, args: ['--storage.tsdb.path=/data/$(POD_NAME)'] })
    },
    {
      name: 'a script, which cannot be read',
      object: prometheus({
        replicas: 2,
        args: undefined,
        container: { command: ['/bin/sh', '-c', 'exec prometheus --x'] }
      })
    },
    {
      name: 'promtool from the same image',
      object: prometheus({
        replicas: 2,
        args: ['check', 'rules'],
        mounts: [{ name: 'storage', mountPath: '/prometheus' }],
        container: { command: ['/bin/promtool'] }
      })
    },
    {
      name: 'an agent whose features stand in two flags',
      object: prometheus({ replicas: 2, args: ['--enable-feature=agent', '--enable-feature=x', ...TSDB_ARGS] })
    },
    {
      name: 'a ReplicaSet of a Deployment, which was evaluated itself',
      object: prometheus({
        kind: 'ReplicaSet',
        replicas: 2,
        metadata: { ownerReferences: [{ apiVersion: 'apps/v1', kind: 'Deployment', name: 'p', controller: true }] }
      })
    },
    {
      name: 'Alertmanager',
      object: prometheus({
        replicas: 2,
        image: 'quay.io/prometheus/alertmanager:v0.28.0',
        args: ['--config.file=/etc/x.yml', '--storage.path=/data']
      })
    },
    {
      name: 'prometheus-adapter',
      object: prometheus({
        replicas: 2,
        image: 'registry.k8s.io/prometheus-adapter/prometheus-adapter:v0.12.0',
        args: []
      })
    },
    {
      name: 'containers and volumes that are none',
      object: prometheus({ replicas: 2, pod: { containers: 'x', volumes: null } })
    }
  ],
  refused: [
    {
      name: 'receivers of Thanos',
      object: thanos(['receive', '--tsdb.path=/data'], { kind: 'StatefulSet', replicas: 3 }),
      finds: [
        {
          field: CLAIM,
          problem: /^3 replicas of Thanos Receive write/,
          remediation: /with volumeClaimTemplates, or set/
        }
      ]
    },
    {
      name: 'an object of prometheus-operator with a PVC of its own',
      object: onOneClaim({ replicas: 2 }),
      finds: [
        {
          field: 'spec.volumes[0].persistentVolumeClaim.claimName',
          problem: /^2 replicas of Prometheus write one TSDB at "\/prometheus" through one PVC, "x"/,
          remediation: /^set spec\.storage\.volumeClaimTemplate \(prometheus\.prometheusSpec\.storageSpec in kube-/
        }
      ]
    },
    {
      name: 'two shards of one replica',
      object: onOneClaim({ shards: 2 }),
      finds: [{ field: 'spec.volumes[0].persistentVolumeClaim.claimName', problem: /^2 replicas/ }]
    },
    {
      name: 'another PVC than before',
      oldObject: prometheus({ replicas: 2 }),
      object: prometheus({ replicas: 2, volumes: [claimVolume('other')] }),
      finds: [{ field: CLAIM, problem: /"other"/ }]
    },
    {
      name: 'the chart with two replicas',
      object: prometheus({ replicas: 2 }),
      finds: [
        {
          field: CLAIM,
          problem:
            /2 replicas of Prometheus write one TSDB at "\/data" through one PVC, "prometheus-data".*lock DB directory/,
          remediation: /volumeClaimTemplates/
        }
      ]
    },
    {
      name: 'a flag in two words',
      object: prometheus({ replicas: 2, args: ['--storage.tsdb.path', '/data/'] }),
      finds: [{ field: CLAIM }]
    },
    {
      name: 'a mount above the TSDB',
      object: prometheus({ replicas: 2, args: ['--storage.tsdb.path=/data/a/b'] }),
      finds: [{ field: CLAIM }]
    },
    {
      name: "the image's own directory",
      object: prometheus({ replicas: 2, args: undefined, mounts: [{ name: 'storage', mountPath: '/prometheus' }] }),
      finds: [{ field: CLAIM }]
    },
    {
      name: 'a path below the working directory',
      object: prometheus({
        replicas: 2,
        args: ['--web.enable-lifecycle'],
        mounts: [{ name: 'storage', mountPath: '/prometheus/' }]
      }),
      finds: [{ field: CLAIM, problem: /"\/prometheus\/data"/ }]
    },
    {
      name: 'a DaemonSet, whatever its number',
      object: prometheus({ kind: 'DaemonSet' }),
      finds: [{ field: CLAIM, problem: /^the Pods on all nodes of Prometheus write/ }]
    },
    {
      name: 'a StatefulSet with a PVC of its Pods',
      object: prometheusSet({
        replicas: 2,
        templates: [claimTemplate({ name: 'other' })],
        volumes: [claimVolume('x')]
      }),
      finds: [{ field: CLAIM }]
    },
    {
      name: 'a ReplicaSet of nobody',
      object: prometheus({ kind: 'ReplicaSet', replicas: 2 }),
      finds: [{ field: CLAIM }]
    },
    {
      name: 'another image with the flags of Prometheus',
      object: prometheus({ replicas: 2, image: 'registry.example:5000/monitoring@sha256:0' }),
      finds: [{ field: CLAIM }]
    },
    {
      name: 'a sub path that is the same for all',
      object: prometheus({ replicas: 2, mounts: [{ name: 'storage', mountPath: '/data', subPathExpr: 'tsdb' }] }),
      finds: [{ field: CLAIM }]
    },
    {
      name: 'an update from one replica to two',
      oldObject: prometheus({ replicas: 1 }),
      object: prometheus({ replicas: 2 }),
      finds: [{ field: CLAIM }]
    },
    {
      name: 'no agent after all',
      object: prometheus({ replicas: 2, args: ['--agent', '--no-agent', ...TSDB_ARGS] }),
      finds: [{ field: CLAIM }]
    }
  ],
  advised: [
    {
      name: 'the same PVC at another place of the list',
      oldObject: prometheus({ replicas: 2 }),
      object: prometheus({ replicas: 2, volumes: [{ name: 'config', configMap: {} }, claimVolume('prometheus-data')] }),
      finds: [{ field: 'spec.template.spec.volumes[1].persistentVolumeClaim.claimName' }]
    },
    {
      name: 'an update of what was so before: it can still be scaled and mended',
      oldObject: prometheus({ replicas: 2 }),
      object: prometheus({ replicas: 3, args: [...TSDB_ARGS, '--log.level=debug'] }),
      finds: [{ field: CLAIM, problem: /3 replicas/ }]
    }
  ]
})
