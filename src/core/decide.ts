import { type Evaluation, type EvaluationContext, evaluate } from './evaluate.ts'
import type { PatchOperation } from './patch.ts'
import type { ConfiguredPolicy } from './policy.ts'
import type { Subject } from './subject.ts'
import type { JsonObject } from './values/json.ts'
import type { Verdict } from './verdict.ts'

/** What is answered. The only place where "allowed" is decided. */
export interface Decision {
  readonly allowed: boolean
  readonly verdicts: readonly Verdict[]
  /** The JSON Patch to send: empty unless allowed. Applied already, once, by whoever made it. */
  readonly operations: readonly PatchOperation[]
  /** The object as it would be admitted. */
  readonly object: JsonObject
  /** As of the Evaluation: what the client is told besides the verdicts. */
  readonly unknownSkips: readonly string[]
  /** Policies looked at the Subject and every one of them crashed: nobody evaluated it. */
  readonly unevaluated: boolean
}

export function decisionFor(
  subject: Subject,
  policies: readonly ConfiguredPolicy[],
  context: EvaluationContext
): Decision {
  return decide(subject, evaluate(subject, policies, context))
}

/** One denial denies. A repair is then withheld, because the object that it repairs is not admitted. */
function decide(subject: Subject, evaluation: Evaluation): Decision {
  const { verdicts, consulted, unknownSkips } = evaluation
  const denied = verdicts.some(({ outcome }) => outcome === 'denied')
  const crashed = verdicts.filter(({ outcome }) => outcome === 'crashed').length
  return {
    allowed: !denied,
    verdicts: denied ? verdicts.map(withheld) : verdicts,
    operations: denied ? [] : evaluation.operations,
    object: denied ? subject.object : evaluation.object,
    unknownSkips,
    unevaluated: consulted > 0 && crashed === consulted
  }
}

function withheld(verdict: Verdict): Verdict {
  return verdict.outcome === 'patched' ? { ...verdict, outcome: 'warned' } : verdict
}
