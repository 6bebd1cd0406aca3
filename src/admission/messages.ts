import { preExistingInWords } from '../core/identity.ts'
import { unknownSkipsInWords } from '../core/skip.ts'
import { fieldPath } from '../core/values/path.ts'
import { oneLine } from '../core/values/text.ts'
import type { FindingVerdict, Verdict } from '../core/verdict.ts'

/**
 * What Holdfast says, in the words of whoever passes it on. Each sentence stands alone: that it was Holdfast, which
 * policy, what is wrong and the remediation. All of it is deterministic, so that repeated warnings fall into one.
 */

/** kube-apiserver may cut a warning that is longer (code points). */
const WARNING_LIMIT = 256
const ANNOTATION_LIMIT = 512
const MOST_LINES = 15
/** Causes of one denial; each may be a sentence of several hundred characters. */
const MOST_CAUSES = 8
/** Of one of them: more than thirty-two changes in words take. */
const CAUSE_LIMIT = 16_384

export interface Denial {
  /** For clients that print `status.message`: Helm, Argo CD, client-go. */
  readonly message: string
  /** For kubectl, which prints these and nothing else. */
  readonly causes: readonly { readonly field: string; readonly message: string }[]
}

export function denialOf(verdicts: readonly Verdict[]): Denial {
  const denied = findingsOf(verdicts)
    .filter(({ outcome }) => outcome === 'denied')
    .slice(0, MOST_CAUSES)
  const causes = denied.map(({ policy, finding }) => ({
    field: fieldPath(finding.field),
    message: oneLine(
      `${finding.problem}.${cautionOf(finding)} Fix: ${finding.remediation} (Holdfast, policy ${policy})`,
      CAUSE_LIMIT
    )
  }))
  return { message: causes.map(({ field, message }) => `${field}: ${message}`).join('; '), causes }
}

/**
 * What and the remediation, for each finding that the client is told of; before them why an exemption of his is none.
 *
 * @param unknownSkips ids in the object's annotation of which there is no policy
 */
export function warningsOf(verdicts: readonly Verdict[], unknownSkips: readonly string[] = []): string[] {
  const lines = unknownSkips.length === 0 ? [] : [`Holdfast: ${unknownSkipsInWords(unknownSkips)}`]
  for (const verdict of verdicts) {
    for (const line of linesOf(verdict)) lines.push(`Holdfast ${verdict.policy}: ${line}`)
    if (lines.length > MOST_LINES) break
  }
  // The API server drops what comes after 4096 characters; better to say that there is more.
  if (lines.length > MOST_LINES)
    lines.splice(MOST_LINES, lines.length, 'Holdfast: and more, which the audit log and the metrics have')
  return lines.map((line) => oneLine(line, WARNING_LIMIT))
}

function linesOf(verdict: Verdict): string[] {
  if (verdict.outcome === 'crashed') return verdict.mode === 'audit' ? [] : [CRASHED]
  if (verdict.outcome === 'patched') return [intent(verdict)]
  if (verdict.outcome !== 'warned') return []
  const { caution, remediation } = verdict.finding
  return [intent(verdict), ...(caution === undefined ? [] : [`caution: ${caution}`]), `fix: ${remediation}`]
}

const CRASHED = 'could not evaluate this object; its log has the reason'

function cautionOf({ caution }: FindingVerdict['finding']): string {
  return caution === undefined ? '' : ` Caution: ${caution}.`
}

/** For the audit log of the API server: the outcome, and in one sentence why. */
export function annotationOf(verdicts: readonly Verdict[]): string {
  const parts = verdicts.slice(0, MOST_CAUSES).map((verdict) => {
    if (verdict.outcome === 'crashed') return 'crashed'
    return `${verdict.outcome}: ${fieldPath(verdict.finding.field)}: ${intent(verdict)}`
  })
  return oneLine(parts.join('; '), ANNOTATION_LIMIT)
}

/** Says what enforcing would have done, where it was not done. */
function intent({ outcome, enforced, preExisting, finding }: FindingVerdict): string {
  if (preExisting) return preExistingInWords(finding.problem)
  if (enforced === 'patched') {
    return outcome === 'patched' ? (finding.fix?.does ?? '') : `would patch: ${finding.fix?.does}`
  }
  return enforced === 'denied' && outcome !== 'denied' ? `would reject: ${finding.problem}` : finding.problem
}

function findingsOf(verdicts: readonly Verdict[]): FindingVerdict[] {
  return verdicts.filter((verdict) => verdict.outcome !== 'crashed')
}
