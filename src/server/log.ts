import type { Logger } from 'pino'
import type { Review } from '../admission/review.ts'
import type { Decision } from '../core/decide.ts'
import { type ErrorCode, messageOf } from '../errors.ts'
import { outcomeOf } from './metrics.ts'

/**
 * One line for each decision. Names and outcomes only: never the object, whose environment may hold secrets, and never
 * a label's or an annotation's value.
 */
export function logDecision(logger: Logger, review: Review, decision: Decision | undefined, seconds: number): void {
  logCrashes(logger, review, decision)
  if (!logger.isLevelEnabled('info')) return
  // One member with everything in it: pino takes a map as a whole, which costs half of what eight members do.
  const line = {
    uid: review.uid,
    operation: review.operation,
    kind: review.kind,
    namespace: review.subject?.namespace,
    name: review.subject?.name,
    outcome: outcomeOf(decision),
    policies: decision?.verdicts.map(({ policy, mode, outcome }) => ({ policy, mode, outcome })),
    ms: Math.round(seconds * 1e6) / 1e3
  }
  logger.info({ review: line }, 'decided')
}

function logCrashes(logger: Logger, review: Review, decision: Decision | undefined): void {
  for (const verdict of decision?.verdicts ?? []) {
    if (verdict.outcome !== 'crashed') continue
    logger.error({ uid: review.uid, policy: verdict.policy, err: verdict.error }, 'policy crashed')
  }
}

export function logFailure(logger: Logger, code: ErrorCode, error: unknown): void {
  if (code === 'INTERNAL') logger.error({ code, err: error }, 'could not judge a review')
  else logger.warn({ code, reason: messageOf(error) }, 'could not judge a review')
}
