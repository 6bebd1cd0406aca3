import t from 'tap'
import { replicasInWords, rollsAllPods, surges, workloadOf } from '../../../src/core/objects/workload.ts'
import type { JsonObject } from '../../../src/core/values/json.ts'
import { prometheus } from '../../fixtures/prometheus.ts'
import { subjectOf } from '../../fixtures/reviews.ts'

function workload(parts: Parameters<typeof prometheus>[0]): ReturnType<typeof workloadOf> {
  return workloadOf(subjectOf(prometheus(parts), undefined))
}

t.test('how many Pods', async (t) => {
  t.equal(workload({})?.replicas, 1)
  t.equal(workload({ replicas: 3 })?.replicas, 3)
  t.equal(workload({ replicas: 'many' as never })?.replicas, 1)
  t.equal(workload({ kind: 'DaemonSet' })?.replicas, Number.POSITIVE_INFINITY)
  t.equal(replicasInWords({ replicas: 2 } as never), '2 replicas')
})

t.test('who starts a Pod before the old one is gone', async (t) => {
  const table: readonly (readonly [object, boolean])[] = [
    [{ spec: { strategy: undefined } }, true],
    [{ spec: { strategy: {} } }, true],
    [{ spec: { strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: '25%' } } } }, true],
    [{ spec: { strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 0 } } } }, false],
    [{ spec: { strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: '0%' } } } }, false],
    [{ spec: { strategy: { type: 'Recreate' } } }, false],
    [{ kind: 'StatefulSet' }, false],
    [{ kind: 'DaemonSet' }, false]
  ]
  for (const [parts, expected] of table) t.equal(surges(workload(parts) as never), expected, JSON.stringify(parts))
})

t.test('whose Pods a changed template reaches by itself', async (t) => {
  const table: readonly (readonly [object, boolean])[] = [
    [{}, true],
    [{ updateStrategy: {} }, true],
    [{ updateStrategy: { type: 'RollingUpdate' } }, true],
    [{ updateStrategy: { type: 'RollingUpdate', rollingUpdate: null } }, true],
    [{ updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: 0 } } }, true],
    [{ updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: 1 } } }, false],
    [{ updateStrategy: { type: 'OnDelete' } }, false]
  ]
  for (const [spec, expected] of table) t.equal(rollsAllPods({ spec }), expected, JSON.stringify(spec))
})

t.test('a ReplicaSet is left to its Deployment, and to nobody else', async (t) => {
  const owner = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'x', controller: true }
  const table: readonly (readonly [string, JsonObject, isLeft: boolean])[] = [
    ['of a Deployment', { ownerReferences: [owner] }, true],
    ['of a Deployment of another version', { ownerReferences: [{ ...owner, apiVersion: 'apps/v1beta1' }] }, true],
    ['of nobody', {}, false],
    ['owned, and not controlled', { ownerReferences: [{ ...owner, controller: false }] }, false],
    ['of an Argo Rollout', { ownerReferences: [{ ...owner, apiVersion: 'argoproj.io/v1', kind: 'Rollout' }] }, false],
    ['of a StatefulSet', { ownerReferences: [{ ...owner, kind: 'StatefulSet' }] }, false],
    ['of a Deployment of another group', { ownerReferences: [{ ...owner, apiVersion: 'example.com/v1' }] }, false],
    ['of a Deployment of no group', { ownerReferences: [{ ...owner, apiVersion: 'v1' }] }, false],
    ['of what is no text', { ownerReferences: [{ ...owner, kind: 1 }] }, false]
  ]
  for (const [name, metadata, isLeft] of table) {
    t.equal(workload({ kind: 'ReplicaSet', metadata }) === undefined, isLeft, name)
    t.ok(workload({ kind: 'StatefulSet', metadata }), `${name}: a StatefulSet is checked, whoever owns it`)
  }
})
