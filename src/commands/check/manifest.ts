import type { Configuration } from '../../config/configuration.ts'
import { decisionFor } from '../../core/decide.ts'
import { anyPolicyApplies, type EvaluationContext } from '../../core/evaluate.ts'
import type { Resource } from '../../core/objects/kinds.ts'
import type { PatchOperation } from '../../core/patch.ts'
import { isSetPolicy } from '../../core/policy.ts'
import type { Subject } from '../../core/subject.ts'
import { detached, type JsonObject } from '../../core/values/json.ts'
import { type Before, namespaceFor } from '../../inventory/files/previous.ts'
import { isOfKind, subjectsOf } from '../../inventory/subjects.ts'
import { Kinds } from '../../inventory/yaml/kind.ts'
import type { Manifest } from '../../inventory/yaml/manifests.ts'
import { POLICIES } from '../../policies/index.ts'
import { calledAs, NO_FINDINGS, type ReportedObject, reportedObject, sumOf } from '../../report/report.ts'
import type { UnknownSkips } from '../unknown-skips.ts'
import { withNextVersion } from './next-version.ts'
import { placeIn } from './place.ts'
import type { UsedExemptions } from './used-exemptions.ts'

/** What objects of files are checked by. */
export interface CheckContext {
  readonly configuration: Configuration
  readonly evaluation: EvaluationContext
  /** The namespace of objects that name none; undefined where nobody said. */
  readonly namespace: string | undefined
  /** Takes the annotations that exempt from nothing. */
  readonly unknownSkips: UnknownSkips
  /** Takes the exemptions that exempt from something. */
  readonly usedExemptions: UsedExemptions
  /** Findings say why the file is not changed for them. */
  readonly isFixing: boolean
}

export interface Checked {
  /** Whether any policy looked at it. */
  readonly evaluated: boolean
  readonly reported: ReportedObject | undefined
  /** The object with the defaults that the API server fills in; undefined where it was not needed. */
  readonly stored: JsonObject | undefined
  /** What the webhook would change in the object as it is applied. */
  readonly operations: readonly PatchOperation[]
}

const NOTHING: Checked = { evaluated: false, reported: undefined, stored: undefined, operations: [] }

/**
 * Checks one object of a file, and the Pods that it will make.
 *
 * @param before what it is compared with
 * @param line the line of the file at which the object's document begins, from 1
 */
export function checkManifest(
  manifest: Manifest,
  before: Before,
  file: string,
  line: number,
  context: CheckContext
): Checked {
  const { object } = manifest
  const { isFixing } = context
  if (matchedResource(object) === undefined) return NOTHING
  const previous = before.kind === 'known' ? before.object : undefined
  const namespace = namespaceFor(object, context.namespace, previous)
  const policies = context.configuration.policiesFor(namespace)
  const [own, ...made] = subjectsOf(object, previous, namespace)
  const checked = [own, ...made].filter(({ subject }) => anyPolicyApplies(policies, subject))
  const stored = own.subject.object
  if (checked.length === 0) return { ...NOTHING, stored }

  const operations: PatchOperation[] = []
  const reports = checked.flatMap(({ subject, within }) => {
    const decision = decisionFor(subject, policies, context.evaluation)
    context.unknownSkips.add(subject, policies, own.subject)
    context.usedExemptions.add(subject, policies, decision.verdicts, context.evaluation.now)
    // A Pod that a controller will create is not in the file: what is changed in it is changed later.
    if (within.length === 0) operations.push(...decision.operations)
    const { next } = within.length === 0 ? manifest : {}
    const verdicts =
      next === undefined
        ? decision.verdicts
        : withNextVersion(decision.verdicts, subject, next, policies, context.evaluation)
    return reportedObject(subject, verdicts, placeIn(manifest, file, line, { within, isFixing })) ?? []
  })
  return { evaluated: true, reported: together(own.subject, reports), stored, operations }
}

/** The kinds of objects that any policy, in whatever mode, wants to see, by themselves or together with others. */
export const CHECKED_KINDS = new Kinds(
  POLICIES.flatMap((policy) => (isSetPolicy(policy) ? policy.reads : policy.matches.map(({ resource }) => resource)))
)

/** The kind of the object, where any policy, in whatever mode, wants to see objects of it. */
export function matchedResource(object: JsonObject): Resource | undefined {
  return MATCHED.find((resource) => isOfKind(resource, object))
}

const MATCHED = [...new Set(POLICIES.flatMap(({ matches }) => matches.map(({ resource }) => resource)))]

/** What is said about an object and about its Pods stands under the object, which is what the reader can change. */
function together(own: Subject, reports: readonly ReportedObject[]): ReportedObject | undefined {
  const [first] = reports
  if (first === undefined) return undefined
  const findings = reports.flatMap((report) => report.findings)
  const more = reports.flatMap(({ leftOut }) => leftOut ?? [])
  const leftOut = more.length > 0 && { leftOut: more.reduce(sumOf, NO_FINDINGS) }
  return detached({ ...first, ...calledAs(own), findings, ...leftOut })
}
