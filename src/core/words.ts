import type { FindingVerdict, Verdict } from './evaluate.ts'
import { fieldPath } from './path.ts'
import { cut, oneLine } from './text.ts'

/**
 * What Holdfast says, in the words of whoever passes it on. Each sentence stands alone: that it was Holdfast, which
 * policy, what is wrong and the way out. All of it is deterministic, so that repeated warnings fall into one.
 */

/** kube-apiserver may cut a warning that is longer (code points). */
const WARNING_LIMIT = 256
const ANNOTATION_LIMIT = 512

export interface Denial {
  /** For clients that print `status.message`: Helm, Argo CD, client-go. */
  readonly message: string
  /** For kubectl, which prints these and nothing else. */
  readonly causes: readonly { readonly field: string; readonly message: string }[]
}

export function denialOf(verdicts: readonly Verdict[]): Denial {
  const denied = findingsOf(verdicts).filter(({ outcome }) => outcome === 'denied')
  const causes = denied.map(({ policy, finding }) => ({
    field: fieldPath(finding.field),
    message: oneLine(`${finding.problem}. Way out: ${finding.remedy} (Holdfast, policy ${policy})`)
  }))
  return { message: causes.map(({ field, message }) => `${field}: ${message}`).join('; '), causes }
}

/** Two lines for each finding that the client is told of: what, and the way out. */
export function warningsOf(verdicts: readonly Verdict[]): string[] {
  const lines = verdicts.flatMap((verdict) => {
    if (verdict.outcome === 'crashed') return verdict.mode === 'audit' ? [] : [crashWarning(verdict.policy)]
    if (verdict.outcome === 'patched') return [`Holdfast ${verdict.policy}: ${verdict.finding.fix?.does}`]
    if (verdict.outcome !== 'warned') return []
    return [
      `Holdfast ${verdict.policy}: ${intent(verdict)}`,
      `Holdfast ${verdict.policy}: way out: ${verdict.finding.remedy}`
    ]
  })
  return lines.map((line) => cut(oneLine(line), WARNING_LIMIT))
}

function crashWarning(policy: string): string {
  return `Holdfast ${policy}: could not judge this object; its log has the reason`
}

/** For the audit log of the API server: the outcome, and in one sentence why. */
export function annotationOf(verdicts: readonly Verdict[]): string {
  const parts = verdicts.map((verdict) => {
    if (verdict.outcome === 'crashed') return 'crashed'
    return `${verdict.outcome}: ${fieldPath(verdict.finding.field)}: ${intent(verdict)}`
  })
  return cut(oneLine(parts.join('; ')), ANNOTATION_LIMIT)
}

/** Says what enforcing would have done, where it was not done. */
function intent({ outcome, enforced, known, finding }: FindingVerdict): string {
  if (known) return `was so before this update: ${finding.problem}`
  if (enforced === 'patched') {
    return outcome === 'patched' ? (finding.fix?.does ?? '') : `would patch: ${finding.fix?.does}`
  }
  return enforced === 'denied' && outcome !== 'denied' ? `would reject: ${finding.problem}` : finding.problem
}

function findingsOf(verdicts: readonly Verdict[]): FindingVerdict[] {
  return verdicts.filter((verdict) => verdict.outcome !== 'crashed')
}
