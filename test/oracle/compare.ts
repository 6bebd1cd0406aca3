import { encodeResponse } from '../../src/admission/response.ts'
import { decodeReview } from '../../src/admission/review.ts'
import { checkManifest } from '../../src/commands/check/manifest.ts'
import { UsedExemptions } from '../../src/commands/check/used-exemptions.ts'
import { UnknownSkips } from '../../src/commands/unknown-skips.ts'
import { defaultConfiguration } from '../../src/config/configuration.ts'
import { type KubernetesVersion, UNKNOWN_CLUSTER } from '../../src/core/cluster.ts'
import { decisionFor } from '../../src/core/decide.ts'
import type { EvaluationContext } from '../../src/core/evaluate.ts'
import { immutableChangesOf } from '../../src/core/objects/immutable-changes.ts'
import type { Subject } from '../../src/core/subject.ts'
import type { JsonObject } from '../../src/core/values/json.ts'
import { fieldPath, type Path, valueAt } from '../../src/core/values/path.ts'
import { subjectOf } from '../../src/inventory/subjects.ts'
import { POLICIES } from '../../src/policies/index.ts'
import { upgradePlanFor } from '../../src/upgrade/plan.ts'
import { context, defaultPolicies, policiesWith } from '../helpers/configured.ts'

/** What Holdfast says about an update, through each of its doors. */
export interface Opinion {
  /** Which door: `check` with the file, `check` with what is stored, the webhook, `explain-upgrade`. */
  readonly door: string
  readonly refuses: boolean
  /** The field that it names, and those that it says have changed; empty where it refuses nothing. */
  readonly field: string
  readonly changed: readonly string[]
}

const POLICY = 'claim-template-labels'
const ENFORCED = defaultPolicies()
const RESTORING = policiesWith({ onChange: 'restore' })
const CONFIGURATION = defaultConfiguration(POLICIES)

/**
 * @param before the file that was applied
 * @param stored what the API server made of it
 * @param after the file that is applied now
 */
export function opinionsOfCheck(
  before: JsonObject,
  stored: JsonObject,
  after: JsonObject,
  version: KubernetesVersion
): Opinion[] {
  const evaluation = context({ cluster: { version } })
  return [
    opinionOfCheck('check --previous FILE', before, after, evaluation),
    opinionOfCheck('check --live', stored, after, evaluation),
    opinionOfPlan(subjectOf(after, before, 'oracle'), evaluation)
  ]
}

function opinionOfCheck(door: string, previous: JsonObject, after: JsonObject, evaluation: EvaluationContext): Opinion {
  const manifest = {
    ...{ object: after, within: [], begin: 0, end: 0, line: 0, template: undefined },
    positionOf: () => undefined
  }
  const given = {
    ...{ configuration: CONFIGURATION, evaluation, namespace: undefined, isFixing: false },
    ...{ unknownSkips: new UnknownSkips(), usedExemptions: new UsedExemptions() }
  }
  const { reported } = checkManifest(manifest, { kind: 'known', object: previous }, 'after.yaml', 1, given)
  const finding = reported?.findings.find(({ policy, level }) => policy === POLICY && level === 'error')
  const changed = changedIn(subjectOf(after, previous, 'oracle'), evaluation)
  return { door, refuses: finding !== undefined, field: finding?.field ?? '', changed }
}

function opinionOfPlan(subject: Subject, evaluation: EvaluationContext): Opinion {
  const { fate } = upgradePlanFor(subject, { cluster: evaluation.cluster })
  const refuses = fate === 'blocked'
  return { door: 'explain-upgrade', refuses, field: '', changed: changedIn(subject, evaluation) }
}

function changedIn(subject: Subject, { cluster }: EvaluationContext): string[] {
  const { changes = [] } = immutableChangesOf(subject, cluster).refused ?? {}
  // The order is that of the fields in the object, which a file and the API server write as they like.
  return changes.map(({ path }) => fieldPath(path)).sort()
}

export interface OpinionOfWebhook extends Opinion {
  readonly subject: Subject
  /** Which values change that may not. */
  readonly paths: readonly Path[]
  /** Whether those are all. */
  readonly isWhole: boolean
  /** The object as `onChange: restore` would have it admitted; undefined where it would repair nothing. */
  readonly restored: JsonObject | undefined
  /** Whether the update would be refused by somebody who does not know the version of the API server. */
  readonly refusesUnknown: boolean
}

/** @param review as the API server sent it */
export function opinionOfWebhook(review: JsonObject, version: KubernetesVersion): OpinionOfWebhook {
  const decoded = decodeReview(review, 'mutate')
  const { subject } = decoded
  if (subject === undefined) throw new Error('the review has nothing to evaluate')
  const evaluation = context({ cluster: { version } })
  const decision = decisionFor(subject, ENFORCED, evaluation)
  const { status } = JSON.parse(encodeResponse(decoded, decision)).response
  const refused = immutableChangesOf(subject, evaluation.cluster).refused
  const restoring = decisionFor(subject, RESTORING, evaluation)
  return {
    door: 'webhook',
    subject,
    refuses: !decision.allowed,
    field: status?.details.causes[0].field ?? '',
    changed: changedIn(subject, evaluation),
    paths: (refused?.changes ?? []).map(({ path }) => path),
    isWhole: refused === undefined || refused.total === refused.changes.length,
    restored: restoring.operations.length > 0 ? restoring.object : undefined,
    refusesUnknown: !decisionFor(subject, ENFORCED, context({ cluster: UNKNOWN_CLUSTER })).allowed
  }
}

const TEMPLATES: Path = ['spec', 'volumeClaimTemplates']

/**
 * The parts of the object that would have to be put back: a label or an annotation by itself, otherwise a field of a claim
 * template or of the spec, and all claim templates where there are more or fewer of them.
 */
export function unitsOf({ paths, subject }: OpinionOfWebhook): readonly Path[] {
  const count = ({ spec }: JsonObject): number => ((spec as JsonObject).volumeClaimTemplates as unknown[])?.length ?? 0
  const isSameCount = count(subject.object) === count(subject.oldObject)
  const units = paths.map((path) => {
    if (path[1] !== 'volumeClaimTemplates') return path.slice(0, 2)
    if (!isSameCount) return TEMPLATES
    return path.slice(0, path[4] === 'labels' || path[4] === 'annotations' ? 6 : 5)
  })
  return [...new Map(units.map((unit) => [JSON.stringify(unit), unit])).values()]
}

/** The new object of an update with some of its fields as they were. */
export function putBack({ object, oldObject }: Subject, units: readonly Path[]): JsonObject {
  const copy = structuredClone(object) as JsonObject
  for (const unit of units) {
    const old = valueAt(oldObject, unit)
    let parent = copy as Record<string | number, unknown>
    for (const step of unit.slice(0, -1)) {
      parent[step] ??= {}
      parent = parent[step] as typeof parent
    }
    const last = unit.at(-1) as string | number
    if (old === undefined) delete parent[last]
    else parent[last] = structuredClone(old)
  }
  return copy
}
