import { decodeReview } from '../src/admission/review.ts'
import { defaultConfiguration } from '../src/config/configuration.ts'
import { decisionFor } from '../src/core/decide.ts'
import type { Subject } from '../src/core/subject.ts'
import type { JsonObject } from '../src/core/values/json.ts'
import { POLICIES } from '../src/policies/index.ts'
import { statefulSetUpdate } from '../test/fixtures/reviews.ts'
import { filledStatefulSet, podReview } from './reviews.ts'

const CIRCUMSTANCES = { cluster: { version: { major: 1, minor: 36 } }, ceiling: 'enforce', now: 0 } as const

/** Evaluating alone, without HTTP and JSON, beside the time that parsing the same review takes. */
export function measureEvaluation(): string[] {
  const update = statefulSetUpdate(filledStatefulSet(300_000, 'pgw-1'), filledStatefulSet(300_000, 'pgw-2'))
  const cases: readonly (readonly [string, JsonObject])[] = [
    ['a 6 KB Pod', podReview(6000)],
    ['a 60 KB Pod', podReview(60_000)],
    ['a 600 KB StatefulSet update', update]
  ]
  return [
    'evaluating alone, all policies:',
    ...cases.map(([name, review]) => `  ${name.padEnd(28)} ${measure(review)}`)
  ]
}

function measure(review: JsonObject): string {
  const text = JSON.stringify(review)
  const { subject } = decodeReview(review, 'mutate')
  const rules = defaultConfiguration(POLICIES).policiesFor('')
  const evaluating = best(() => decisionFor(subject as Subject, rules, CIRCUMSTANCES))
  const parsing = best(() => JSON.parse(text))
  return `${evaluating.toFixed(1).padStart(6)} µs a review, ${((100 * evaluating) / parsing).toFixed(1)} % of parsing it`
}

/** Microseconds of one call: the best of some batches, because everything else on the machine only adds. */
function best(call: () => unknown): number {
  const budget = 20_000
  let fastest = Number.POSITIVE_INFINITY
  for (let batch = 0; batch < 15; batch++) {
    let calls = 0
    const start = performance.now()
    while ((performance.now() - start) * 1000 < budget) {
      for (let i = 0; i < 10; i++) call()
      calls += 10
    }
    fastest = Math.min(fastest, ((performance.now() - start) * 1000) / calls)
  }
  return fastest
}
