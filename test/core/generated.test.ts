import fc from 'fast-check'
import jsonpatch from 'fast-json-patch'
import t from 'tap'
import { decodeReview } from '../../src/admission/review.ts'
import { type Decision, decisionFor } from '../../src/core/decide.ts'
import type { JsonObject } from '../../src/core/values/json.ts'
import { container, pod, pushgateway, statefulSet } from '../fixtures/objects.ts'
import { podCreation, statefulSetUpdate } from '../fixtures/reviews.ts'
import { context, policiesWith } from '../helpers/configured.ts'
import { deepFreeze } from '../helpers/policy-tester.ts'

/** What holds for every Pod and every StatefulSet, likely or not, under every policy that repairs. */

const RULES = policiesWith({ onChange: 'restore' })

const odd = fc.oneof(fc.constant(null), fc.constant('text'), fc.constant([]), fc.constant({}), fc.integer())
const key = fc.constantFrom('helm.sh/chart', 'a/b~c', 'team', 'constructor', '', '__proto__', 'length')
const labels = fc.oneof(
  { weight: 5, arbitrary: fc.dictionary(key, fc.string({ maxLength: 5 })) },
  { weight: 1, arbitrary: odd }
)
const preStop = fc.oneof(
  fc.record({ sleep: fc.record({ seconds: fc.integer({ min: -5, max: 9000 }) }) }),
  fc.record({ exec: fc.record({ command: fc.array(fc.constantFrom('sh', '-c', 'sleep 30', 'sleep', '5m', ';/')) }) }),
  odd
)
const lifecycle = fc.oneof(fc.record({ preStop, postStart: odd }, { requiredKeys: [] }), odd)
const image = fc.constantFrom(
  'prom/pushgateway:v1.11.3',
  'h:5000/x/pushgateway@sha256:0',
  'nginx',
  ' ',
  'pushgateway-cleaner'
)
const anyContainer = fc.oneof(
  fc.tuple(image, lifecycle).map(([name, hooks]) => pushgateway({ image: name, lifecycle: hooks })),
  image.map((name) => container('side', name)),
  odd
)
const anyPod = fc
  .record({
    containers: fc.oneof(fc.array(anyContainer, { maxLength: 4 }), odd),
    grace: fc.oneof(fc.integer({ min: -2, max: 200 }), fc.constant(null)),
    restartPolicy: fc.constantFrom('Always', 'Never'),
    annotations: fc.dictionary(
      fc.constantFrom('holdfast.dev/drain-profile', 'holdfast.dev/drain-seconds', 'holdfast.dev/skip'),
      fc.constantFrom('heavy', '7', 'nonsense', 'pushgateway-graceful-stop')
    )
  })
  .map((parts) => pod(parts))

const template = fc
  .record({
    name: fc.constantFrom('data', 'more'),
    labels,
    annotations: labels,
    size: fc.constantFrom('1Gi', '1024Mi', '2Gi')
  })
  .map(({ name, size, ...maps }) => ({
    metadata: { name, ...maps },
    spec: { resources: { requests: { storage: size } } }
  }))
const anySet = fc
  .record({
    templates: fc.oneof(fc.array(fc.oneof(template, odd), { maxLength: 2 }), odd),
    labels: fc.dictionary(key, fc.string())
  })
  .map((parts) => statefulSet(parts))

function decide(review: JsonObject): Decision {
  const { subject } = decodeReview(review, 'mutate')
  if (subject === undefined) throw new Error('there is nothing to evaluate')
  return decisionFor(subject, RULES, context())
}

/** Evaluates a review, checks what has to be true of any decision, and answers whether it was. */
function holds(generated: JsonObject, reviewOf: (object: JsonObject, parts?: JsonObject) => JsonObject): boolean {
  // As from a wire: no two places of a JSON document are the same object.
  const object = JSON.parse(JSON.stringify(generated))
  const decision = decide(reviewOf(deepFreeze(object)))
  if (decision.verdicts.some(({ outcome }) => outcome === 'crashed')) return false
  const operations = structuredClone(decision.operations) as typeof decision.operations
  const byLibrary = jsonpatch.applyPatch(structuredClone(object), [...operations], true).newDocument
  const again = decide(reviewOf(decision.object))
  const dry = decide(reviewOf(object, { dryRun: true }))
  return (
    JSON.stringify(byLibrary) === JSON.stringify(decision.object) &&
    again.operations.length === 0 &&
    JSON.stringify(dry) === JSON.stringify(decision) &&
    decision.operations.every(({ op }) => op !== 'test') &&
    (decision.allowed || decision.operations.length === 0)
  )
}

t.test('any Pod', async (t) => {
  t.doesNotThrow(() =>
    fc.assert(
      fc.property(anyPod, (object) => holds(object, podCreation)),
      { numRuns: 400 }
    )
  )
})

t.test('any update of any StatefulSet', async (t) => {
  const property = fc.property(anySet, anySet, (before, after) =>
    holds(after, (object, parts) => statefulSetUpdate(deepFreeze(before), object, parts))
  )
  t.doesNotThrow(() => fc.assert(property, { numRuns: 600 }))
})
