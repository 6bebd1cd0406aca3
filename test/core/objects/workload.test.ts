import t from 'tap'
import { replicasInWords, rollsAllPods, surges, workloadOf } from '../../../src/core/objects/workload.ts'
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

t.test('a ReplicaSet that somebody controls is not evaluated', async (t) => {
  const ownerReferences = [{ apiVersion: 'apps/v1', kind: 'Deployment', name: 'x', controller: true }]
  t.equal(workload({ kind: 'ReplicaSet', metadata: { ownerReferences } }), undefined)
  t.ok(workload({ kind: 'ReplicaSet' }))
})
