import { decisionFor } from '../../core/decide.ts'
import type { EvaluationContext } from '../../core/evaluate.ts'
import { identityOf } from '../../core/identity.ts'
import { claimTemplatesOf } from '../../core/objects/claim-templates.ts'
import { labelsOf, metadataOf, specOf } from '../../core/objects/metadata.ts'
import { CHART_KEYS } from '../../core/objects/release.ts'
import type { ConfiguredPolicy, Finding } from '../../core/policy.ts'
import type { Subject } from '../../core/subject.ts'
import type { JsonObject } from '../../core/values/json.ts'
import { fieldPath } from '../../core/values/path.ts'
import type { FindingVerdict, Verdict } from '../../core/verdict.ts'
import { subjectOf } from '../../inventory/subjects.ts'
import claimTemplateLabels from '../../policies/claim-template-labels.ts'

/**
 * Adds what the next version of a chart will be refused for, as an update from the object as it is rendered now. Of the same
 * fields, advice says no more, and a refusal of this update says it already.
 *
 * Takes away advice about labels that name the chart where its next version leaves them as they are.
 *
 * @param verdicts on the object as it is now
 * @param next the object as the next version of the chart renders it
 */
export function withNextVersion(
  verdicts: readonly Verdict[],
  subject: Subject,
  next: JsonObject,
  policies: readonly ConfiguredPolicy[],
  context: EvaluationContext
): readonly Verdict[] {
  const update = subjectOf(next, subject.object, subject.namespace)
  const own = policies.filter(({ policy }) => policy.id === claimTemplateLabels.id)
  const refused = decisionFor(update, own, context).verdicts.filter(isRefusal)
  const known = new Set(verdicts.filter(isRefusal).map(({ finding }) => fieldPath(finding.field)))
  const more = refused.filter(({ finding }) => !known.has(fieldPath(finding.field)))
  const others = verdicts.filter((verdict) => !isAdvice(verdict))
  if (others.length === verdicts.length && refused.length === 0) return verdicts
  if (refused.length === 0) {
    // Labels that name a chart and stay where its version moves make no upgrade fail; other versions may move without it.
    const without = { ...subject, object: withoutChartLabels(subject.object) }
    return [...others, ...decisionFor(without, own, context).verdicts.filter(isAdvice)]
  }
  return [...others, ...more.map((verdict) => ({ ...verdict, finding: aboutNextVersion(verdict.finding, update) }))]
}

function isOwn(verdict: Verdict): verdict is FindingVerdict {
  return verdict.policy === claimTemplateLabels.id && verdict.outcome !== 'crashed'
}

/** That the next upgrade will fail. */
function isAdvice(verdict: Verdict): boolean {
  return isOwn(verdict) && verdict.finding.failsNextUpgrade === true
}

function withoutChartLabels(set: JsonObject): JsonObject {
  const volumeClaimTemplates = claimTemplatesOf(set).map((template) => {
    const labels = Object.entries(labelsOf(template)).filter(([key]) => !CHART_KEYS.some((chart) => chart === key))
    return { ...template, metadata: { ...metadataOf(template), labels: Object.fromEntries(labels) } }
  })
  return { ...set, spec: { ...specOf(set), volumeClaimTemplates } }
}

/** A repair lets the upgrade through. */
function isRefusal(verdict: Verdict): verdict is FindingVerdict {
  return isOwn(verdict) && verdict.outcome !== 'patched' && verdict.finding.advice === undefined
}

function aboutNextVersion(finding: Finding, subject: Subject): Finding {
  const { fix: _, ...others } = finding
  const restore = finding.remediation.includes('onChange: restore') ? ', or set onChange: restore' : ''
  return {
    ...others,
    problem: `the next version of the chart changes what no update may change: ${finding.problem}`,
    remediation: `take the version out of it before the next upgrade${restore}`,
    identity: `next version: ${identityOf(finding, subject)}`,
    failsNextUpgrade: true
  }
}
