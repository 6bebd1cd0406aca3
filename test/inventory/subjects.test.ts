import t from 'tap'
import { metadataOf } from '../../src/core/objects/metadata.ts'
import type { JsonObject } from '../../src/core/values/json.ts'
import { subjectsOf } from '../../src/inventory/subjects.ts'
import { pod, statefulSet } from '../fixtures/objects.ts'
import { prometheus } from '../fixtures/prometheus.ts'

t.test('an object of a file, and the Pods that it makes', async (t) => {
  const rows: readonly (readonly [JsonObject, readonly string[]])[] = [
    [statefulSet(), ['CREATE apps StatefulSet pgw in ', 'CREATE  Pod pgw-* in spec.template']],
    [prometheus(), ['CREATE apps Deployment prometheus in ', 'CREATE  Pod prometheus-* in spec.template']],
    [pod(), ['CREATE  Pod pushgateway-0 in ']],
    [{ apiVersion: 'batch/v1', kind: 'Job', metadata: { generateName: 'a-' } }, ['CREATE batch Job a-* in ']],
    [{ apiVersion: 'other.example/v1', kind: 'StatefulSet', metadata: {} }, ['CREATE other.example StatefulSet  in ']]
  ]
  for (const [object, expected] of rows) {
    const subjects = subjectsOf(object, undefined, 'lab')
    t.strictSame(
      subjects.map(({ subject: { operation, group, kind, name }, within }) => {
        return `${operation} ${group} ${kind} ${name} in ${within.join('.')}`
      }),
      expected
    )
    for (const { subject } of subjects)
      t.strictSame([subject.namespace, subject.phases], ['lab', ['mutate', 'validate']])
  }
})

t.test('an update compares what the API server would have', async (t) => {
  const [own, made] = subjectsOf({ ...statefulSet(), spec: {} }, { ...statefulSet(), spec: { replicas: 2 } }, 'lab')
  t.equal(own?.subject.operation, 'UPDATE')
  t.match(own?.subject, {
    oldObject: { spec: { replicas: 2, podManagementPolicy: 'OrderedReady' } },
    object: { spec: { replicas: 1 } }
  })
  t.match(made?.subject, { operation: 'CREATE', oldObject: {} }, 'its Pods are new ones')
})

t.test('a Pod of a template knows its owner', async (t) => {
  const object = prometheus({
    spec: { template: { metadata: { labels: { a: 'b' }, annotations: { c: 'd' } }, spec: {} } }
  })
  const [, made] = subjectsOf(object, undefined, '')
  t.match(metadataOf(made?.subject.object ?? {}), {
    labels: { a: 'b' },
    annotations: { c: 'd' },
    ownerReferences: [{ apiVersion: 'apps/v1', kind: 'Deployment', controller: true }]
  })
})
