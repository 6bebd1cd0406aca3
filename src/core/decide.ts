import { type Circumstances, evaluate, type Judgement, type Verdict } from './evaluate.ts'
import type { Operation } from './patch.ts'
import type { Rule } from './policy.ts'
import type { Subject } from './subject.ts'
import type { JsonObject } from './values/json.ts'

/** What is answered. The only place where "allowed" is decided. */
export interface Decision {
  readonly allowed: boolean
  readonly verdicts: readonly Verdict[]
  /** The JSON Patch to send: empty unless allowed. Applied already, once, by whoever made it. */
  readonly operations: readonly Operation[]
  /** The object as it would be admitted. */
  readonly object: JsonObject
  /** Policies looked at the Subject and every one of them crashed: nobody judged it. */
  readonly unjudged: boolean
}

export function judge(subject: Subject, rules: readonly Rule[], circumstances: Circumstances): Decision {
  return decide(subject, evaluate(subject, rules, circumstances))
}

/** One denial denies. A repair is then withheld, because the object that it repairs is not admitted. */
export function decide(subject: Subject, judgement: Judgement): Decision {
  const { verdicts, consulted } = judgement
  const denied = verdicts.some(({ outcome }) => outcome === 'denied')
  const crashed = verdicts.filter(({ outcome }) => outcome === 'crashed').length
  return {
    allowed: !denied,
    verdicts: denied ? verdicts.map(withheld) : verdicts,
    operations: denied ? [] : judgement.operations,
    object: denied ? subject.object : judgement.object,
    unjudged: consulted > 0 && crashed === consulted
  }
}

function withheld(verdict: Verdict): Verdict {
  return verdict.outcome === 'patched' ? { ...verdict, outcome: 'warned' } : verdict
}
