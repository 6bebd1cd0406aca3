import { isDeepStrictEqual } from 'node:util'
import jsonpatch from 'fast-json-patch'
import { withoutManagedFields } from '../../src/admission/managed-fields.ts'
import { encodeResponse } from '../../src/admission/response.ts'
import { decodeReview, type Review } from '../../src/admission/review.ts'
import { type Decision, decisionFor } from '../../src/core/decide.ts'
import { STATEFUL_SET } from '../../src/core/objects/kinds.ts'
import { metadataOf } from '../../src/core/objects/metadata.ts'
import type { ConfiguredPolicy } from '../../src/core/policy.ts'
import type { Subject } from '../../src/core/subject.ts'
import { isObject, type JsonObject } from '../../src/core/values/json.ts'
import { fieldPath, type Path, valueAt } from '../../src/core/values/path.ts'
import type { FindingVerdict, Verdict } from '../../src/core/verdict.ts'
import { HoldfastError } from '../../src/errors.ts'
import { upgradePlanFor } from '../../src/upgrade/plan.ts'
import { planMarkdown, planText } from '../../src/upgrade/plan-text.ts'
import { faultsIn, faultsInJson } from '../helpers/harmless.ts'
import { contextOf, POLICY_SETS, type ReviewCase } from './cases.ts'
import { applyJsonPatch } from './json-patch.ts'
import { clone } from './mutate.ts'
import { faultsInCommand, faultsInSentence } from './shell.ts'
import type { Tally } from './tally.ts'

/** Errors of a review that cannot be evaluated: docs/errors.md. */
const UNDECODABLE = ['REVIEW_MALFORMED', 'REVIEW_VERSION', 'REVIEW_KIND_MISMATCH']

/**
 * What is wrong with how the webhook answers a review; empty where nothing is.
 *
 * @param isWhole also what takes long: recipes, and that an answer is the same once more
 */
export function faultsOfReview(
  given: ReviewCase,
  isWhole: boolean,
  tally: Tally,
  policies: readonly ConfiguredPolicy[] = POLICY_SETS[given.policies] ?? []
): string[] {
  const { review, phase } = given
  let decoded: Review
  try {
    decoded = decodeReview(review, phase)
  } catch (error) {
    if (error instanceof HoldfastError && UNDECODABLE.includes(error.code)) {
      tally.add('reviews that cannot be evaluated')
      return faultsInJson(error.message).map((fault) => `error: ${fault}`)
    }
    throw error
  }
  const { subject } = decoded
  if (subject === undefined) return []
  const before = isWhole ? JSON.stringify(review) : ''
  const context = contextOf(given)
  const enforced = decisionFor(subject, policies, context)
  tally.add('reviews')
  if (!enforced.allowed) tally.add('denials')
  if (enforced.operations.length > 0) tally.add('patches')
  if (enforced.verdicts.length > 0) tally.add('reviews with findings')
  const audited = decisionFor(subject, policies, { ...context, ceiling: 'audit' })
  const faults = [
    ...faultsOfDecision(subject, enforced),
    ...faultsOfAnswer(decoded, enforced),
    ...faultsOfAudit(subject, enforced, audited),
    ...faultsOfAnswer(decoded, audited)
  ]
  if (enforced.operations.length > 0) {
    const again = decisionFor({ ...subject, object: clone(enforced.object) }, policies, context)
    if (again.operations.length > 0) faults.push(`idempotence: ${JSON.stringify(again.operations)}`)
    if (!again.allowed) faults.push('idempotence: what was repaired is refused')
  }
  if (!isWhole) return faults
  const warned = decisionFor(subject, policies, { ...context, ceiling: 'warn' })
  if (!warned.allowed || warned.operations.length > 0) faults.push('warn: it refuses or repairs')
  faults.push(...faultsOfAnswer(decoded, warned))
  const repeated = encodeResponse(decoded, decisionFor(subject, policies, context))
  if (repeated !== encodeResponse(decoded, enforced)) faults.push('repetition: another answer')
  if (JSON.stringify(review) !== before) faults.push('input: it was changed')
  faults.push(...faultsOfManagedFields(given, subject, policies, tally))
  return [...faults, ...faultsOfRecipe(subject, given, tally)]
}

/** The answer to a review is the same without the list of who manages its object, here the object itself. */
function faultsOfManagedFields(
  given: ReviewCase,
  { object }: Subject,
  policies: readonly ConfiguredPolicy[],
  tally: Tally
): string[] {
  const request = given.review.request as JsonObject
  const managed = { ...object, metadata: { ...metadataOf(object), managedFields: [object] } }
  const text = JSON.stringify({ ...given.review, request: { ...request, object: managed } })
  const cut = withoutManagedFields(text)
  if (cut === text) return []
  tally.add('reviews without managedFields')
  const [whole, less] = [text, cut].map((json) => {
    const review = decodeReview(JSON.parse(json), given.phase)
    return encodeResponse(review, review.subject && decisionFor(review.subject, policies, contextOf(given)))
  })
  return whole === less ? [] : ['managedFields: another answer without them']
}

/** What a repair may change: of a Pod, and of a StatefulSet. */
const REPAIRABLE: Readonly<Record<string, RegExp>> = {
  Pod: /^spec\/(?:containers\/\d+\/lifecycle(?:\/preStop(?:\/.*)?)?|terminationGracePeriodSeconds)$/s,
  StatefulSet:
    /^spec\/(?:volumeClaimTemplates\/\d+\/metadata(?:\/(?:labels|annotations)(?:\/.*)?)?|revisionHistoryLimit(?:\/.*)?|template\/metadata(?:\/annotations(?:\/holdfast\.dev~sharding-labels)?)?)$/s
}

function faultsOfDecision({ object, oldObject, kind }: Subject, decision: Decision): string[] {
  const faults = crashesIn(decision.verdicts)
  const { operations, allowed } = decision
  if (operations.length === 0) return decision.object === object ? faults : [...faults, 'patch: none, and changes']
  if (!allowed) faults.push('patch: of what is refused')
  // What is sent is JSON text, and the object is not ours to change.
  const sent = clone(operations)
  const byLibrary = jsonpatch.applyPatch(clone(object), sent, true).newDocument
  const byStandard = applyJsonPatch(clone(object), clone(operations))
  if (!isDeepStrictEqual(byLibrary, byStandard)) faults.push('patch: two implementations differ')
  if (!isDeepStrictEqual(byStandard, clone(decision.object))) faults.push('patch: it makes something else')
  for (const path of changedPaths(object, byStandard, [])) {
    const place = path.map((step) => String(step).replaceAll('/', '~')).join('/')
    if (!REPAIRABLE[kind]?.test(place)) faults.push(`patch: it changes ${place}`)
    if (kind === STATEFUL_SET.kind && path[1] !== 'template') {
      const [made, old] = [valueAt(byStandard, path), valueAt(oldObject, path)]
      if (!isDeepStrictEqual(made ?? null, old ?? null)) faults.push(`restore: ${place} is not what it was`)
    }
  }
  return faults
}

function crashesIn(verdicts: readonly Verdict[]): string[] {
  return verdicts.flatMap((verdict) =>
    verdict.outcome === 'crashed' ? [`crash: ${verdict.policy}: ${(verdict.error as Error)?.stack}`] : []
  )
}

/** Where two values differ, as far down as both are maps or both are lists of one length. */
function changedPaths(before: unknown, after: unknown, path: Path): Path[] {
  if (before === after) return []
  if (Array.isArray(before) && Array.isArray(after) && before.length === after.length) {
    return before.flatMap((item, index) => changedPaths(item, after[index], [...path, index]))
  }
  if (!isObject(before) || !isObject(after)) return isDeepStrictEqual(before, after) ? [] : [path]
  const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])]
  return keys.flatMap((key) => changedPaths(valueAt(before, [key]), valueAt(after, [key]), [...path, key]))
}

interface Response {
  readonly uid: unknown
  readonly allowed: unknown
  readonly status?: { readonly code: number; readonly reason: string; readonly details: { readonly causes: unknown[] } }
  readonly patchType?: string
  readonly patch?: string
  readonly warnings?: readonly string[]
  readonly auditAnnotations?: Readonly<Record<string, string>>
}

/** Code points that kube-apiserver takes in a warning. */
const WARNING = 256

function faultsOfAnswer(review: Review, decision: Decision): string[] {
  const { patch, uid, ...response } = responseTo(review, decision)
  const { allowed, status, patchType, warnings = [], auditAnnotations = {} } = response
  const faults: string[] = []
  if (uid !== review.uid || allowed !== decision.allowed) faults.push('answer: uid or allowed')
  if (
    (patch === undefined) !== (decision.operations.length === 0) ||
    (patch === undefined) !== (patchType === undefined)
  ) {
    faults.push('answer: patch')
  }
  if ((status === undefined) !== (allowed === true)) faults.push('answer: status')
  if (status && (status.code !== 422 || status.reason !== 'Invalid' || status.details.causes.length === 0)) {
    faults.push('answer: status of a denial')
  }
  for (const warning of warnings) if ([...warning].length > WARNING) faults.push(`warning: too long: ${warning}`)
  for (const text of Object.values(auditAnnotations)) if (text.length > 1024) faults.push('annotation: too long')
  for (const fault of faultsInJson(response)) faults.push(`text: ${fault}`)
  for (const { finding } of findingsIn(decision.verdicts)) {
    for (const fault of faultsInSentence(finding.remediation)) faults.push(`recipe: ${fault}`)
  }
  return faults
}

function responseTo(review: Review, decision: Decision): Response {
  return JSON.parse(encodeResponse(review, decision)).response
}

function findingsIn(verdicts: readonly Verdict[]): FindingVerdict[] {
  return verdicts.filter((verdict) => verdict.outcome !== 'crashed')
}

/** Audit changes nothing and refuses nothing, and says what enforcing makes of it. */
function faultsOfAudit(subject: Subject, enforced: Decision, audited: Decision): string[] {
  const faults: string[] = crashesIn(audited.verdicts)
  if (!audited.allowed || audited.operations.length > 0 || audited.object !== subject.object) {
    faults.push('audit: it refuses or repairs')
  }
  for (const { policy, outcome } of audited.verdicts) {
    if (outcome !== 'audited' && outcome !== 'skipped' && outcome !== 'crashed')
      faults.push(`audit: ${policy} ${outcome}`)
  }
  const said = findingsIn(audited.verdicts)
  for (const [index, verdict] of findingsIn(enforced.verdicts).entries()) {
    const other = said[index]
    if (other === undefined || sayingOf(other) !== sayingOf(verdict)) {
      faults.push(`audit: enforcing says ${sayingOf(verdict)}, and it ${other && sayingOf(other)}`)
      break
    }
    // Those that come after the first repair see another object.
    if (verdict.enforced === 'patched') return faults
  }
  return said.length > findingsIn(enforced.verdicts).length ? [...faults, 'audit: it says more than enforcing'] : faults
}

function sayingOf({ policy, enforced, preExisting, outcome, finding }: FindingVerdict): string {
  const { field, problem, fix } = finding
  const isSkipped = outcome === 'skipped'
  return [policy, enforced, preExisting, isSkipped, fieldPath(field), problem, fix?.does].join(' ')
}

/** What a name must not bring about in a recipe that people paste. */
function faultsOfRecipe(subject: Subject, given: ReviewCase, tally: Tally): string[] {
  if (subject.kind !== STATEFUL_SET.kind || subject.operation !== 'UPDATE') return []
  const plan = upgradePlanFor(subject, { cluster: contextOf(given).cluster, file: fileFrom(subject) })
  const commands = plan.steps.flatMap(({ parts }) => parts.flatMap((part) => ('run' in part ? part.run : [])))
  tally.add('commands of recipes', commands.length)
  const texts = [planText([plan]), planMarkdown([plan])]
  return [
    ...commands.flatMap(faultsInCommand).map((fault) => `recipe: ${fault}`),
    ...texts.flatMap(faultsIn).map((fault) => `recipe: ${fault}`)
  ]
}

/** A file may be called anything, too. */
function fileFrom({ object }: Subject): string {
  const { metadata } = object as { metadata?: JsonObject }
  return isObject(metadata) && typeof metadata.name === 'string' ? `${metadata.name}.yaml` : 'after.yaml'
}
