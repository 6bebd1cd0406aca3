import type { EvaluationContext } from './evaluate.ts'
import { isExempt } from './exemption.ts'
import { lowest, type Mode } from './mode.ts'
import type { Resource } from './objects/kinds.ts'
import { type ConfiguredPolicy, isSetPolicy, type SetFinding, type SetPolicy } from './policy.ts'
import type { SubjectSet } from './set.ts'
import { skippedIn } from './skip.ts'
import type { Subject } from './subject.ts'
import { enforcedOutcome, type FindingVerdict, outcomeIn, type Verdict } from './verdict.ts'

/** One finding about a Set: about the object that has to change. */
export interface SetVerdict {
  readonly subject: Subject
  readonly verdict: Verdict
}

/** A policy that had something to look at and said nothing, because it could not see what it needs. */
export interface Silence {
  readonly policy: string
  /** As an end of "not evaluated: …", without a full stop. */
  readonly why: string
}

export interface SetEvaluation {
  readonly verdicts: readonly SetVerdict[]
  readonly silences: readonly Silence[]
}

/** Whether any policy that is on would look at the Set. */
export function anyPolicyAppliesToSet(policies: readonly ConfiguredPolicy[], set: SubjectSet): boolean {
  return policies.some(({ policy, mode }) => mode !== 'off' && isSetPolicy(policy) && policy.appliesTo(set))
}

/** Whether any policy over Sets that is on looks at objects of a kind. */
export function anySetPolicyReads(
  policies: readonly ConfiguredPolicy[],
  { group, kind }: Pick<Resource, 'group' | 'kind'>
): boolean {
  const isIt = (resource: Resource): boolean => resource.kind === kind && resource.group === group
  return policies.some(({ policy, mode }) => mode !== 'off' && isSetPolicy(policy) && policy.reads.some(isIt))
}

/** Asks every policy over Sets, in order. One that throws becomes a verdict about the first member, and the others go on. */
export function evaluateSet(
  set: SubjectSet,
  policies: readonly ConfiguredPolicy[],
  context: EvaluationContext
): SetEvaluation {
  const verdicts: SetVerdict[] = []
  const silences: Silence[] = []
  for (const configured of policies) {
    const { policy } = configured
    const mode = lowest(configured.mode, context.ceiling)
    if (mode === 'off' || !isSetPolicy(policy)) continue
    try {
      const found = resultOf({ ...configured, policy, mode }, set, context)
      verdicts.push(...found.verdicts)
      silences.push(...found.silences)
    } catch (error) {
      const [subject] = set.members
      if (subject) verdicts.push({ subject, verdict: { policy: policy.id, mode, outcome: 'crashed', error } })
    }
  }
  return { verdicts, silences }
}

interface ConfiguredSetPolicy extends ConfiguredPolicy {
  readonly policy: SetPolicy
}

function resultOf(configured: ConfiguredSetPolicy, set: SubjectSet, context: EvaluationContext): SetEvaluation {
  const { policy, options } = configured
  const { cluster } = context
  if (!policy.appliesTo(set)) return { verdicts: [], silences: [] }
  const gaps = set.gapsIn(policy.needs)
  if (gaps.length > 0) return { verdicts: [], silences: gaps.map(({ why }) => ({ policy: policy.id, why })) }
  const results = [...policy.checkSet(set, { options, cluster })]
  return {
    verdicts: results.flatMap((result) =>
      'unclear' in result ? [] : [{ subject: result.object, verdict: verdictOn(result, configured, set, context) }]
    ),
    silences: results.flatMap((result) => ('unclear' in result ? [{ policy: policy.id, why: result.unclear }] : []))
  }
}

function verdictOn(
  finding: SetFinding,
  { policy, mode, exemptions }: ConfiguredSetPolicy,
  set: SubjectSet,
  { now }: EvaluationContext
): FindingVerdict {
  const { object } = finding
  const enforced = enforcedOutcome(finding)
  const skipped = skippedIn(object.object).includes(policy.id) || isExempt(exemptions, object, now)
  const outcome = outcomeIn(allowedBy(finding, mode, set, policy.reads), enforced, skipped)
  return { policy: policy.id, mode, outcome, enforced, finding }
}

const ONE_LESS: Readonly<Record<Mode, Mode>> = { enforce: 'warn', warn: 'audit', audit: 'audit', off: 'off' }

/** In a cluster of which something was not seen, what looks like a fault may be none. */
function allowedBy({ advice, info }: SetFinding, mode: Mode, set: SubjectSet, reads: SetPolicy['reads']): Mode {
  const most = lowest(mode, info ? 'audit' : advice ? 'warn' : 'enforce')
  return set.origin === 'cluster' && set.gapsIn(reads).length > 0 ? ONE_LESS[most] : most
}
