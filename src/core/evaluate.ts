import type { Cluster } from './cluster.ts'
import { isExempt } from './exemption.ts'
import { identityOf } from './identity.ts'
import { lowest, type Mode } from './mode.ts'
import { type PatchOperation, patchOf } from './patch.ts'
import { type ConfiguredPolicy, type Finding, isSetPolicy, type ObjectPolicy } from './policy.ts'
import { skippedIn, unknownSkipsIn } from './skip.ts'
import { isMatched, type Subject } from './subject.ts'
import type { JsonObject } from './values/json.ts'
import { enforcedOutcome, type FindingVerdict, outcomeIn, type Verdict } from './verdict.ts'

export interface EvaluationContext {
  readonly cluster: Cluster
  /** Milliseconds since 1970, for exemptions that end. */
  readonly now: number
  /** What the door allows at the most, such as the mode in a webhook's path. */
  readonly ceiling: Mode
}

/** What all policies together made of a Subject. */
export interface Evaluation {
  readonly verdicts: readonly Verdict[]
  /** How many policies looked at the Subject, crashed ones included. */
  readonly consulted: number
  /**
   * Ids in the object's annotation `holdfast.dev/skip` of which there is no policy. None where no policy looked that may
   * tell the client something.
   */
  readonly unknownSkips: readonly string[]
  readonly operations: readonly PatchOperation[]
  /** The object with all repairs made; the Subject's own object where there are none. */
  readonly object: JsonObject
}

/**
 * Asks every policy that matches the Subject, in order; each sees the repairs of those before it. A policy that throws,
 * or whose repair cannot be applied, becomes a verdict of its own and the others go on.
 */
export function evaluate(
  subject: Subject,
  policies: readonly ConfiguredPolicy[],
  context: EvaluationContext
): Evaluation {
  const verdicts: Verdict[] = []
  const operations: PatchOperation[] = []
  let object = subject.object
  let consulted = 0
  let isTold = false
  for (const configured of policiesForKind(policies, subject.kind)) {
    const { policy } = configured
    if (!isMatched(policy.matches, subject)) continue
    const mode = lowest(configured.mode, context.ceiling)
    if (mode === 'off') continue
    consulted++
    isTold ||= mode !== 'audit'
    try {
      const found = findingsOf(configured, { ...subject, object }, mode, context)
      const edits = found.flatMap(({ outcome, finding }) => (outcome === 'patched' ? (finding.fix?.edits ?? []) : []))
      if (edits.length > 0) {
        const patched = patchOf(object, edits)
        object = patched.object
        for (const operation of patched.operations) operations.push(operation)
      }
      for (const verdict of found) verdicts.push(verdict)
    } catch (error) {
      verdicts.push({ policy: policy.id, mode, outcome: 'crashed', error })
    }
  }
  const unknownSkips = isTold ? unknownSkipsIn(subject.object, policies) : []
  return { verdicts, consulted, unknownSkips, operations, object }
}

/** Whether any policy that is on would look at the Subject, whatever it may say about it. */
export function anyPolicyApplies(policies: readonly ConfiguredPolicy[], subject: Subject): boolean {
  return policies.some(({ policy, mode }) => mode !== 'off' && isMatched(policy.matches, subject))
}

interface ConfiguredObjectPolicy extends ConfiguredPolicy {
  readonly policy: ObjectPolicy
}

type ByKind = ReadonlyMap<string, readonly ConfiguredObjectPolicy[]>

/** Of each list of policies, once: a configuration makes one for all namespaces that it treats alike. */
const byKind = new WeakMap<readonly ConfiguredPolicy[], ByKind>()

/** In their order. Most policies match other kinds, and to ask each of them takes a tenth of the evaluation of a Pod. */
function policiesForKind(policies: readonly ConfiguredPolicy[], kind: string): readonly ConfiguredObjectPolicy[] {
  let groups = byKind.get(policies)
  if (groups === undefined) {
    groups = groupedByKind(policies)
    byKind.set(policies, groups)
  }
  return groups.get(kind) ?? []
}

function groupedByKind(policies: readonly ConfiguredPolicy[]): ByKind {
  const groups = new Map<string, ConfiguredObjectPolicy[]>()
  for (const configured of policies) {
    const { policy } = configured
    if (isSetPolicy(policy)) continue
    for (const kind of new Set(policy.matches.map(({ resource }) => resource.kind))) {
      groups.set(kind, [...(groups.get(kind) ?? []), { ...configured, policy }])
    }
  }
  return groups
}

function findingsOf(
  configured: ConfiguredObjectPolicy,
  subject: Subject,
  mode: Mode,
  { cluster, now }: EvaluationContext
): FindingVerdict[] {
  const { policy, options, exemptions } = configured
  const found = [...policy.check(subject, { options, cluster })]
  if (found.length === 0) return []
  const skipped = skippedIn(subject.object).includes(policy.id) || isExempt(exemptions, subject, now)
  const before = found.some(isRefused) ? preExistingIdentities(configured, subject, cluster) : NONE_BEFORE
  return found.map((finding) => {
    const enforced = enforcedOutcome(finding)
    const preExisting = enforced === 'denied' && before.has(identityOf(finding, subject))
    const allowed = preExisting ? lowest(mode, 'warn') : finding.info ? lowest(mode, 'audit') : mode
    const outcome = outcomeIn(allowed, enforced, skipped)
    return { policy: policy.id, mode, outcome, enforced, preExisting, finding }
  })
}

function isRefused(finding: Finding): boolean {
  return enforcedOutcome(finding) === 'denied'
}

const NONE_BEFORE: ReadonlySet<string> = new Set()

/**
 * The ratchet: what the policy says about the old object as it stands. An update that leaves a fault where it was is not
 * refused for it, or nobody could scale or mend a workload that was there before Holdfast.
 */
function preExistingIdentities(
  { policy, options }: ConfiguredObjectPolicy,
  subject: Subject,
  cluster: Cluster
): ReadonlySet<string> {
  if (subject.operation !== 'UPDATE' || policy.comparesOld) return NONE_BEFORE
  const before: Subject = { ...subject, operation: 'CREATE', object: subject.oldObject, oldObject: {} }
  return new Set(
    [...policy.check(before, { options, cluster })].filter(isRefused).map((finding) => identityOf(finding, before))
  )
}
