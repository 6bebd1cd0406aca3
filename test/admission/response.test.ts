import t from 'tap'
import { encodeResponse } from '../../src/admission/response.ts'
import { decodeReview } from '../../src/admission/review.ts'
import { defaultConfiguration } from '../../src/config/configuration.ts'
import { parseConfiguration } from '../../src/config/parse-configuration.ts'
import { decisionFor } from '../../src/core/decide.ts'
import type { Mode } from '../../src/core/mode.ts'
import type { Subject } from '../../src/core/subject.ts'
import type { JsonObject } from '../../src/core/values/json.ts'
import { oneLine } from '../../src/core/values/text.ts'
import { POLICIES } from '../../src/policies/index.ts'
import { claimTemplate, container, pod, pushgateway, statefulSet } from '../fixtures/objects.ts'
import { podCreation, statefulSetUpdate } from '../fixtures/reviews.ts'
import { context, defaultPolicies } from '../helpers/configured.ts'

const before = statefulSet({ templates: [claimTemplate({ labels: { v: '1' } })] })
const after = statefulSet({ templates: [claimTemplate({ labels: { v: '2' } })] })

interface Response {
  uid: string
  allowed: boolean
  status?: { message: string; details: { causes: unknown[] } }
  patchType?: string
  patch?: string
  warnings?: string[]
  auditAnnotations?: Record<string, string>
}

function answerTo(body: JsonObject, ceiling: Mode = 'enforce', configuration = ''): Response {
  const review = decodeReview(body, 'mutate')
  const settings =
    configuration === '' ? defaultConfiguration(POLICIES) : parseConfiguration(configuration, 'test', POLICIES)
  const decision =
    review.subject && decisionFor(review.subject, settings.policiesFor('monitoring'), context({ ceiling }))
  const answer = JSON.parse(encodeResponse(review, decision))
  t.match(answer, { apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview' })
  t.equal(answer.response.uid, review.uid)
  return answer.response
}

t.test('nothing to say', async (t) => {
  t.strictSame(Object.keys(answerTo(podCreation(pod({ containers: [container('nginx', 'nginx')] })))), [
    'uid',
    'allowed'
  ])
  t.strictSame(Object.keys(answerTo(statefulSetUpdate(before, after, { subResource: 'status' }))), ['uid', 'allowed'])
})

t.test('an annotation that exempts from nothing is warned of, whatever is found', async (t) => {
  const skipping = { annotations: { 'holdfast.dev/skip': 'claim-labels' } }
  const harmless = statefulSetUpdate(statefulSet(skipping), statefulSet({ ...skipping, spec: { serviceName: 'pgw' } }))
  const warning = /^Holdfast: annotation holdfast\.dev\/skip names "claim-labels", which is no policy/
  t.match(answerTo(harmless), { allowed: true, warnings: [warning] })
  t.strictSame(Object.keys(answerTo(harmless, 'audit')), ['uid', 'allowed'])
  const denied = statefulSetUpdate(before, { ...after, metadata: { ...(after.metadata as JsonObject), ...skipping } })
  t.match(answerTo(denied), { allowed: false, warnings: [warning] })
})

t.test('a denial is the 422 that kubectl prints in one clean line', async (t) => {
  const { allowed, status, patch, patchType, warnings, auditAnnotations } = answerTo(statefulSetUpdate(before, after))
  t.equal(allowed, false)
  t.match(status, {
    status: 'Failure',
    code: 422,
    reason: 'Invalid',
    details: {
      group: 'apps',
      kind: 'StatefulSet',
      name: 'pgw',
      causes: [
        {
          reason: 'FieldValueForbidden',
          field: 'spec.volumeClaimTemplates[0].metadata.labels',
          message: /v "1" → "2".*--cascade=orphan.*Holdfast, policy claim-template-labels/
        }
      ]
    }
  })
  t.match(status?.message, /v "1" → "2".*--cascade=orphan.*Holdfast, policy claim-template-labels/)
  t.strictSame([patch, patchType, warnings], [undefined, undefined, undefined])
  t.match(auditAnnotations, { 'claim-template-labels': /^denied: spec\.volumeClaimTemplates/ })
})

t.test('a repair', async (t) => {
  const { allowed, status, patch = '', patchType, warnings, auditAnnotations } = answerTo(podCreation(pod()))
  t.equal(allowed, true)
  t.equal(status, undefined)
  t.equal(patchType, 'JSONPatch')
  t.strictSame(JSON.parse(Buffer.from(patch, 'base64').toString()), [
    { op: 'add', path: '/spec/containers/0/lifecycle', value: { preStop: { sleep: { seconds: 15 } } } }
  ])
  t.strictSame(warnings, ['Holdfast pushgateway-graceful-stop: adds a preStop of 15 s to container "pushgateway"'])
  t.match(auditAnnotations, { 'pushgateway-graceful-stop': /^patched: / })
})

t.test('warn and audit change nothing', async (t) => {
  const restore = 'policies: { claim-template-labels: { onChange: restore } }'
  for (const [body, configuration] of [
    [statefulSetUpdate(before, after)],
    [statefulSetUpdate(before, after), restore],
    [podCreation(pod())]
  ] as const) {
    const warned = answerTo(body as JsonObject, 'warn', configuration)
    t.match(warned, { allowed: true, status: undefined, patch: undefined, patchType: undefined })
    t.equal(warned.warnings?.length, 2)
    const audited = answerTo(body as JsonObject, 'audit', configuration)
    t.match(audited, { allowed: true, status: undefined, patch: undefined, patchType: undefined, warnings: undefined })
    t.equal(Object.keys(audited.auditAnnotations ?? {}).length, 1)
  }
})

t.test('a dry run is answered like any other request', async (t) => {
  for (const body of [statefulSetUpdate(before, after), podCreation(pod())]) {
    const request = body.request as JsonObject
    t.strictSame(answerTo({ ...body, request: { ...request, dryRun: true } }), answerTo(body))
  }
})

t.test('keys and values of audit annotations are what the API server takes', async (t) => {
  for (const { id } of POLICIES) t.match(id, /^[a-z]([-a-z0-9]{0,61}[a-z0-9])?$/)
})

t.test('what people read is in one line, also where it is not our sentence', async (t) => {
  const names = [
    'pgw',
    'a"b',
    'a\\b',
    'a\\',
    'a\nb',
    'a\tb',
    'a::b',
    '##[b]',
    'a\u001b[2J',
    'a\u007f',
    'a\u202eb',
    'grün'
  ]
  for (const name of names) {
    const named = (set: JsonObject): JsonObject => ({ ...set, metadata: { ...(set.metadata as JsonObject), name } })
    const { status } = answerTo(statefulSetUpdate(named(before), named(after), { name }))
    t.match(status, { details: { name: oneLine(name) } }, JSON.stringify(name))
  }
})

t.test('a patch is encoded as it is, and takes no piece of the pool of Buffers', async (t) => {
  const patchOf = (name: string): string =>
    answerTo(
      podCreation(pod({ containers: [pushgateway({ name })], annotations: { 'holdfast.dev/drain-seconds': '20' } }))
    ).patch ?? ''
  for (const name of ['pushgateway', 'grün'])
    t.match(JSON.parse(Buffer.from(patchOf(name), 'base64').toString()), [{ op: 'add' }], name)
  const review = decodeReview(podCreation(pod()), 'mutate')
  const decision = decisionFor(review.subject as Subject, defaultPolicies(), context())
  const { arrayBuffers } = process.memoryUsage()
  for (let time = 0; time < 3000; time++) encodeResponse(review, decision)
  t.equal(
    process.memoryUsage().arrayBuffers - arrayBuffers,
    0,
    'bytes that 3000 patches leave behind outside of the heap'
  )
})
