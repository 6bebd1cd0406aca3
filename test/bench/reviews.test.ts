import t from 'tap'
import { deniedReview, podReview, unrelatedReview } from '../../bench/reviews.ts'
import { decodeReview } from '../../src/admission/review.ts'
import { decisionFor } from '../../src/core/decide.ts'
import type { Subject } from '../../src/core/subject.ts'
import { context, defaultPolicies } from '../helpers/configured.ts'

const REVIEWS = [
  [{ allowed: true, isPatched: true }, podReview],
  [{ allowed: true, isPatched: false }, unrelatedReview],
  [{ allowed: false, isPatched: false }, deniedReview]
] as const

t.test('reviews have the size and the answer that their row says', async (t) => {
  for (const bytes of [4000, 60_000]) {
    for (const [answer, reviewOf] of REVIEWS) {
      const what = `${reviewOf.name} of ${bytes}`
      const review = reviewOf(bytes)
      const { length } = JSON.stringify(review)
      t.ok(length > 0.8 * bytes && length < 1.2 * bytes, `${what}: ${length}`)
      const share = 1 - JSON.stringify(review, (key, value) => (key === 'managedFields' ? [] : value)).length / length
      t.ok(share > 0.25 && share < 0.45, `${what}: ${share} of the text are managedFields`)
      const { subject } = decodeReview(review, 'mutate')
      const { allowed, operations } = decisionFor(subject as Subject, defaultPolicies(), context())
      t.strictSame({ allowed, isPatched: operations.length > 0 }, answer, what)
    }
  }
})
