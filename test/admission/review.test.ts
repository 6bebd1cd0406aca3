import t from 'tap'
import { decodeReview } from '../../src/admission/review.ts'
import { POD, STATEFUL_SET } from '../../src/core/objects/kinds.ts'
import type { JsonObject } from '../../src/core/values/json.ts'
import { pod, statefulSet } from '../fixtures/objects.ts'
import { podCreation, reviewOf, statefulSetUpdate } from '../fixtures/reviews.ts'

const SCALE = { group: 'autoscaling', version: 'v1', resource: 'statefulsets', kind: 'Scale' }

t.test('what a policy gets to see', async (t) => {
  const { subject, uid } = decodeReview(statefulSetUpdate(statefulSet(), statefulSet({ name: 'other' })), 'mutate')
  t.equal(uid, '705ab4f5-6393-11e8-b7cc-42010a800002')
  t.match(subject, {
    phases: ['mutate'],
    operation: 'UPDATE',
    group: 'apps',
    kind: 'StatefulSet',
    namespace: 'monitoring',
    name: 'other'
  })
  t.strictSame(subject?.oldObject, statefulSet())
  t.strictSame(decodeReview(podCreation(pod()), 'validate').subject?.oldObject, {})
})

t.test('names come from where there are some', async (t) => {
  const named = (metadata: unknown, parts: JsonObject = {}): string | undefined =>
    decodeReview(podCreation({ ...pod(), metadata }, parts), 'mutate').subject?.name
  t.equal(named({ name: 'a' }, { name: 'b' }), 'b', 'the request')
  t.equal(named({ name: 'a' }, { name: '' }), 'a', 'the object')
  t.equal(named({ generateName: 'a-' }), 'a-*', 'a name to be generated')
  t.equal(named(null), '*', 'no metadata')
  t.equal(decodeReview(podCreation(pod(), { namespace: undefined }), 'mutate').subject?.namespace, '')
})

t.test('nothing to look at', async (t) => {
  const table: readonly (readonly [string, JsonObject])[] = [
    ['a deletion', reviewOf(POD, 'DELETE', { oldObject: pod() })],
    ['a deletion without any object', reviewOf(POD, 'DELETE')],
    [
      'a connection',
      reviewOf(POD, 'CONNECT', { subResource: 'exec', object: { kind: 'PodExecOptions', apiVersion: 'v1' } })
    ],
    ['an operation to come', reviewOf(POD, 'MELT', { object: pod() })],
    ['a scale', reviewOf(SCALE, 'UPDATE', { subResource: 'scale', object: {}, oldObject: {} })],
    [
      'a status',
      reviewOf(STATEFUL_SET, 'UPDATE', { subResource: 'status', object: statefulSet(), oldObject: statefulSet() })
    ]
  ]
  for (const [name, review] of table) t.equal(decodeReview(review, 'mutate').subject, undefined, name)
})

t.test('tolerated', async (t) => {
  const { kind: _kind, apiVersion: _apiVersion, ...anonymous } = pod() as Record<string, unknown>
  const table: readonly (readonly [string, JsonObject])[] = [
    ['an object without kind takes it from the request', podCreation(anonymous)],
    [
      'a kind that nobody watches',
      reviewOf({ group: 'x.org', version: 'v1', resource: 'ys', kind: 'Y' }, 'CREATE', {
        object: { kind: 'Y', apiVersion: 'x.org/v1' }
      })
    ],
    ['a subresource of nothing', podCreation(pod(), { subResource: '' })],
    ['null where nothing is', podCreation(pod(), { subResource: null, userInfo: null, options: null, dryRun: null })],
    ['fields of later versions', podCreation(pod(), { novelty: { a: 1 } })]
  ]
  for (const [name, review] of table) t.ok(decodeReview(review, 'mutate').subject, name)
})

t.test('refused', async (t) => {
  const without = (...fields: string[]): JsonObject => {
    const review = structuredClone(podCreation(pod())) as { request: Record<string, unknown> }
    for (const field of fields) delete review.request[field]
    return review as unknown as JsonObject
  }
  const table: readonly (readonly [string, unknown, string])[] = [
    ['null', null, 'REVIEW_MALFORMED'],
    ['a list', [], 'REVIEW_MALFORMED'],
    ['another kind', { ...podCreation(pod()), kind: 'Pod' }, 'REVIEW_MALFORMED'],
    ['v1beta1', { ...podCreation(pod()), apiVersion: 'admission.k8s.io/v1beta1' }, 'REVIEW_VERSION'],
    ['no version', { kind: 'AdmissionReview' }, 'REVIEW_VERSION'],
    ['no request', { kind: 'AdmissionReview', apiVersion: 'admission.k8s.io/v1' }, 'REVIEW_MALFORMED'],
    ['an answer', { kind: 'AdmissionReview', apiVersion: 'admission.k8s.io/v1', response: {} }, 'REVIEW_MALFORMED'],
    ['no uid', without('uid'), 'REVIEW_MALFORMED'],
    ['an empty uid', podCreation(pod(), { uid: '' }), 'REVIEW_MALFORMED'],
    ['no operation', without('operation'), 'REVIEW_MALFORMED'],
    ['no kind', without('kind'), 'REVIEW_MALFORMED'],
    ['a creation of nothing', podCreation(null), 'REVIEW_MALFORMED'],
    ['a creation of a text', podCreation('pod'), 'REVIEW_MALFORMED'],
    ['an update of nothing', statefulSetUpdate(null, statefulSet()), 'REVIEW_MALFORMED'],
    ['a Pod that is called a StatefulSet', reviewOf(STATEFUL_SET, 'CREATE', { object: pod() }), 'REVIEW_KIND_MISMATCH'],
    ['an old object of another kind', statefulSetUpdate(pod(), statefulSet()), 'REVIEW_KIND_MISMATCH'],
    ['another version of the kind', podCreation({ ...pod(), apiVersion: 'v2' }), 'REVIEW_KIND_MISMATCH'],
    ['a kind that is no text', podCreation({ ...pod(), kind: {} }), 'REVIEW_KIND_MISMATCH']
  ]
  for (const [name, body, code] of table) t.throws(() => decodeReview(body, 'mutate'), { code, statusCode: 400 }, name)
})
