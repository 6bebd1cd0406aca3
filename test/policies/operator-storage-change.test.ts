import type { JsonObject } from '../../src/core/values/json.ts'
import policy from '../../src/policies/operator-storage-change.ts'
import {
  alertmanagerObject,
  claimed,
  prometheusAgent,
  prometheusObject,
  prometheusSet,
  thanosRuler
} from '../fixtures/prometheus.ts'
import { testPolicy } from '../helpers/policy-tester.ts'

const TEMPLATE = 'spec.storage.volumeClaimTemplate'
const SHARDS = 'spec.shards'
const DELETE = { persistentVolumeClaimRetentionPolicy: { whenDeleted: 'Delete' } }

function changed(before: JsonObject, after: JsonObject): { oldObject: JsonObject; object: JsonObject } {
  return { oldObject: prometheusObject(before), object: prometheusObject(after) }
}

const larger = changed({}, { storage: claimed('200Gi') })

testPolicy(policy, {
  accepted: [
    { name: 'a new one', object: prometheusObject() },
    { name: 'another image', ...changed({}, { version: 'v3.14.0' }) },
    { name: 'the same size in other words', ...changed({}, { storage: claimed('102400Mi') }) },
    {
      name: 'the access mode that the operator takes by itself',
      ...changed({}, { storage: claimed('100Gi', { accessModes: ['ReadWriteOnce'] }) })
    },
    {
      name: 'what only a PVC has',
      ...changed({}, { storage: { volumeClaimTemplate: { ...(claimed().volumeClaimTemplate as object), status: {} } } })
    },
    {
      name: 'a larger PVC while the operator is paused',
      ...changed({}, { paused: true, storage: claimed('200Gi') })
    },
    {
      name: 'the end of the pause',
      ...changed({ paused: true, storage: claimed('200Gi') }, { paused: false, storage: claimed('200Gi') })
    },
    { name: 'no PVC before and after', ...changed({ storage: undefined }, { storage: { emptyDir: {} } }) },
    { name: 'more shards', ...changed({ shards: 2 }, { shards: 3 }) },
    { name: 'one shard in other words', ...changed({ shards: 1 }, { shards: undefined }) },
    {
      name: 'shards that stay until their history is over',
      ...changed({ shards: 3 }, { shards: 2, shardRetentionPolicy: { whenScaled: 'Retain' } })
    },
    {
      name: 'fewer shards of an agent, which has no history',
      oldObject: prometheusAgent({ shards: 3 }),
      object: prometheusAgent({ shards: 1 })
    },
    {
      name: 'a StatefulSet, which the API server looks after',
      oldObject: prometheusSet(),
      object: prometheusSet({}, '200Gi')
    }
  ],
  refused: [
    {
      name: 'a larger PVC',
      ...larger,
      finds: [
        {
          field: TEMPLATE,
          problem:
            /^the claim template changes \(spec\.resources\.requests\.storage "100Gi" → "200Gi"\): prometheus-operator deletes the StatefulSet and creates it again, so that all its Pods stop at once, and existing PVCs do not change$/,
          remediation:
            /^set spec\.paused: true in the same change, resize the PVCs \(kubectl patch pvc\), run "kubectl delete statefulset --cascade=orphan prometheus-k8s -n monitoring" and set spec\.paused: false$/
        }
      ]
    },
    {
      name: 'a larger PVC whose StatefulSet takes its PVCs with it',
      ...changed(DELETE, { storage: claimed('200Gi') }),
      finds: [{ field: TEMPLATE, caution: /the PVCs and their data go with the StatefulSet/ }]
    },
    {
      name: 'a larger PVC of several shards',
      ...changed({ shards: 2 }, { shards: 2, storage: claimed('200Gi') }),
      finds: [
        {
          field: TEMPLATE,
          remediation: /-l operator\.prometheus\.io\/name=k8s,operator\.prometheus\.io\/mode=server -n/
        }
      ]
    },
    {
      name: 'a smaller PVC',
      ...changed({}, { storage: claimed('50Gi') }),
      finds: [{ field: TEMPLATE, remediation: /^keep the size: PVCs cannot shrink/ }]
    },
    {
      name: 'another class',
      ...changed({}, { storage: claimed('100Gi', { storageClassName: 'fast' }) }),
      finds: [
        { field: TEMPLATE, problem: /spec\.storageClassName none → "fast"/, remediation: /same change, run "kubectl/ }
      ]
    },
    {
      name: 'a label, which no PVC gets',
      ...changed(
        {},
        {
          storage: {
            volumeClaimTemplate: { ...(claimed().volumeClaimTemplate as object), metadata: { labels: { a: 'b' } } }
          }
        }
      ),
      finds: [{ field: TEMPLATE, problem: /metadata\.labels\.a none → "b".*so that all its Pods stop at once$/ }]
    },
    {
      name: 'another name',
      ...changed(
        {},
        { storage: { volumeClaimTemplate: { ...(claimed().volumeClaimTemplate as object), metadata: { name: 'x' } } } }
      ),
      finds: [{ field: TEMPLATE, problem: /PVCs with a new name start empty$/, remediation: /^keep the name/ }]
    },
    {
      name: 'an agent',
      oldObject: prometheusAgent({ storage: claimed() }),
      object: prometheusAgent({ storage: claimed('200Gi') }),
      finds: [{ field: TEMPLATE, remediation: /orphan prom-agent-k8s / }]
    },
    {
      name: 'an Alertmanager',
      oldObject: alertmanagerObject(),
      object: alertmanagerObject({ storage: claimed('5Gi') }),
      finds: [{ field: TEMPLATE, remediation: /orphan alertmanager-k8s / }]
    },
    {
      name: 'a Thanos Ruler',
      oldObject: thanosRuler(),
      object: thanosRuler({ storage: claimed('50Gi') }),
      finds: [{ field: TEMPLATE, remediation: /orphan thanos-ruler-k8s / }]
    }
  ],
  advised: [
    {
      name: 'a PVC at last',
      ...changed({ storage: undefined }, {}),
      finds: [{ field: TEMPLATE, problem: /comes in the place of a volume that goes with its Pod/ }]
    },
    {
      name: 'no PVC any more',
      ...changed({}, { storage: { emptyDir: {} } }),
      finds: [{ field: TEMPLATE, problem: /is taken away, and the PVCs are left/ }]
    },
    {
      name: 'fewer shards',
      ...changed({ shards: 3 }, { shards: 1 }),
      finds: [{ field: SHARDS, problem: /^shards go from 3 to 1/, remediation: /whenScaled: Retain/ }]
    },
    {
      name: 'fewer shards whose PVCs go with them',
      ...changed({ shards: 3 }, { shards: undefined, ...DELETE }),
      finds: [{ field: SHARDS, caution: /the PVCs and their data go/ }]
    }
  ]
})
