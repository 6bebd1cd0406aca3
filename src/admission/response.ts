import type { Decision } from '../core/decide.ts'
import { isHarmless, oneLine } from '../core/values/text.ts'
import type { Verdict } from '../core/verdict.ts'
import { annotationOf, denialOf, warningsOf } from './messages.ts'
import type { Review } from './review.ts'

/**
 * The answer as the API server wants it, as JSON text. HTTP 200 whatever it says: it was evaluated.
 *
 * A denial is `422 Invalid` with causes. kubectl prints the causes and drops the message, Helm and Argo CD print the
 * message and drop the causes, so each says everything; and prometheus-operator looks for just this status.
 */
export function encodeResponse(review: Review, decision: Decision | undefined): string {
  const answer = { apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview', response: answerOf(review, decision) }
  const text = JSON.stringify(answer)
  // To look through the text once takes less than a call for each member.
  return isInLines(text) ? text : JSON.stringify(answer, inLines)
}

/** Whether no text in it can need `oneLine`: it is harmless as a whole, and escapes nothing but quotation marks. */
function isInLines(json: string): boolean {
  return isHarmless(json) && !/\\[^"]/.test(json)
}

/** What people will read is on one line, whoever wrote it. The uid and the patch are for the API server, as they are. */
function inLines(member: string, value: unknown): unknown {
  return typeof value !== 'string' || member === 'uid' || member === 'patch' ? value : oneLine(value)
}

function answerOf(review: Review, decision: Decision | undefined): object {
  const { uid } = review
  if (decision === undefined) return { uid, allowed: true }
  const { allowed, verdicts, unknownSkips, operations } = decision
  // Members that are undefined do not reach the JSON text. `patch` and `patchType` come together or not at all.
  const warnings = nonEmpty(warningsOf(verdicts, unknownSkips))
  if (verdicts.length === 0) return { uid, allowed: true, warnings }
  const auditAnnotations = annotationsFor(verdicts)
  if (!allowed) return { uid, allowed, status: statusOf(review, decision), warnings, auditAnnotations }
  if (operations.length === 0) return { uid, allowed, warnings, auditAnnotations }
  const patch = base64(JSON.stringify(operations))
  return { uid, allowed, patchType: 'JSONPatch', patch, warnings, auditAnnotations }
}

/** Without a Buffer where there is a way: a piece of their pool keeps the whole alive until the next large collection. */
function base64(text: string): string {
  return /^[ -~]*$/.test(text) ? btoa(text) : Buffer.from(text).toString('base64')
}

function nonEmpty(list: string[]): string[] | undefined {
  return list.length === 0 ? undefined : list
}

function statusOf(review: Review, decision: Decision): object {
  const { message, causes } = denialOf(decision.verdicts)
  const { group, kind, name } = review.subject ?? { group: '', kind: review.kind, name: '' }
  return {
    status: 'Failure',
    code: 422,
    reason: 'Invalid',
    message,
    details: { group, kind, name, causes: causes.map((cause) => ({ reason: 'FieldValueForbidden', ...cause })) }
  }
}

/** One annotation a policy. The API server puts the webhook's name and a slash before the key. */
function annotationsFor(verdicts: readonly Verdict[]): Record<string, string> {
  const annotations: Record<string, string> = {}
  for (const [policy, own] of Map.groupBy(verdicts, (verdict) => verdict.policy))
    annotations[policy] = annotationOf(own)
  return annotations
}
