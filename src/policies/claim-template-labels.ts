import { claimTemplatesOf, templateNameOf } from '../core/objects/claim-templates.ts'
import {
  changesInWords,
  commonPath,
  immutableChangesOf,
  keyOfChange,
  LABEL_MAPS,
  labelsInWords,
  shown
} from '../core/objects/immutable.ts'
import { STATEFUL_SET } from '../core/objects/kinds.ts'
import { metadataOf } from '../core/objects/metadata.ts'
import { isOwnedByPrometheusOperator } from '../core/objects/operator.ts'
import { type Consequence, deleteCommand, type Replacement, replacementOf } from '../core/objects/replacement.ts'
import type { Edit } from '../core/patch.ts'
import { definePolicy, type Finding } from '../core/policy.ts'
import type { Subject } from '../core/subject.ts'
import { type Differences, differencesBetween } from '../core/values/differences.ts'
import { type JsonObject, objectOf } from '../core/values/json.ts'
import { quote } from '../core/values/text.ts'
import { valueChange } from '../core/values/value-change.ts'

export default definePolicy({
  id: 'claim-template-labels',
  summary: 'Labels of volumeClaimTemplates stay as they are, so that an upgrade of the chart goes through.',
  defaultMode: 'enforce',
  matches: [
    // Built-in validation refuses a changed claim template before the validating phase, which never sees it.
    { phase: 'mutate', operation: 'UPDATE', resource: STATEFUL_SET },
    { phase: 'validate', operation: 'CREATE', resource: STATEFUL_SET }
  ],
  options: {
    onChange: {
      type: 'string',
      enum: ['reject', 'restore'],
      default: 'reject',
      description:
        'What an update meets that changes nothing of a StatefulSet that is immutable but labels or annotations of its ' +
        'claim templates: `reject` explains the remediation, `restore` puts the old ones back so that the update goes through.'
    },
    volatileLabels: {
      type: 'array',
      items: { type: 'string', minLength: 1 },
      uniqueItems: true,
      default: ['helm.sh/chart', 'app.kubernetes.io/version', 'chart', 'heritage'],
      description:
        'Label keys that change with releases: a new StatefulSet with one of them in a claim template is warned about.'
    }
  },
  comparesOld: true,
  *check(subject, { options }) {
    if (isOwnedByPrometheusOperator(subject.object) || isOwnedByPrometheusOperator(subject.oldObject)) return
    if (subject.operation === 'UPDATE') yield* changes(subject, options.onChange)
    // With restore, no upgrade will fail for these labels.
    else if (options.onChange === 'reject') yield* volatileLabels(subject, options.volatileLabels)
  }
})

function* volatileLabels({ object }: Subject, volatile: readonly string[]): Generator<Finding> {
  for (const [index, template] of claimTemplatesOf(object).entries()) {
    const keys = volatile.filter((key) => Object.hasOwn(labelsIn(template), key))
    if (keys.length === 0) continue
    yield {
      field: ['spec', 'volumeClaimTemplates', index, 'metadata', 'labels'],
      problem: `claim template ${quote(templateNameOf(template))} carries ${keys.join(', ')}, which changes with a release, and no update may change it`,
      remediation:
        'take the label out of the claim template before there is an upgrade to fail, or set onChange: restore',
      advice: true,
      failsNextUpgrade: true
    }
  }
}

function* changes(subject: Subject, onChange: 'reject' | 'restore'): Generator<Finding> {
  const changes = immutableChangesOf(subject)
  if (changes === undefined) return
  const replacement = replacementOf(subject)
  const finding = {
    field: commonPath(changes.changes),
    problem: changesInWords(changes, subject),
    changes: changes.changes.map((change) => valueChange(keyOfChange(change), change.before, change.after)),
    ...(replacement.claimsAtRisk && { caution: CLAIMS_AT_RISK })
  }
  const remediation = remediationOf(subject, replacement)
  if (!changes.labelsOnly) yield { ...finding, remediation }
  else if (onChange === 'reject') yield { ...finding, remediation: `${remediation}, or set onChange: restore` }
  else {
    const fix = { edits: restoringEdits(subject), does: keeping(changes, subject) }
    yield { ...finding, remediation: `${remediation}; enforced, the old ones would be kept`, fix }
  }
}

/** What a deletion without its flag would destroy. */
const CLAIMS_AT_RISK =
  'persistentVolumeClaimRetentionPolicy.whenDeleted is Delete: set it to Retain first and see that no claim keeps its owner, or the claims and their data may go with the StatefulSet'

function labelsIn(template: JsonObject): JsonObject {
  return objectOf(metadataOf(template).labels)
}

/** Puts back each map of labels or annotations that has a change in it, and no other. */
function restoringEdits({ object, oldObject }: Subject): Edit[] {
  const before = claimTemplatesOf(oldObject)
  return claimTemplatesOf(object).flatMap((template, index) =>
    LABEL_MAPS.flatMap((map) => {
      const [old, now] = [metadataOf(before[index] ?? {})[map], metadataOf(template)[map]]
      if (differencesBetween(old, now, { keep: 0, isSame: () => false }).total === 0) return []
      return [{ path: ['spec', 'volumeClaimTemplates', index, 'metadata', map], value: old ?? undefined }]
    })
  )
}

/** What a repair does: the same keys, seen from the side of the old values. */
function keeping({ changes }: Differences, { oldObject }: Subject): string {
  const before = claimTemplatesOf(oldObject)
  const parts = [...Map.groupBy(changes, (change) => labelsInWords(change, before))]
  return parts
    .map(([what, kept]) => {
      const named = kept.map((change) => `${keyOfChange(change)} ${shown(change.before)} (not ${shown(change.after)})`)
      return `keeps the ${what}: ${named.join(', ')}`
    })
    .join('; ')
}

/** The remediation in one line: what to run, and what that does not bring about by itself. */
function remediationOf(subject: Subject, { cascade, podsStopFor, consequences }: Replacement): string {
  const stays = cascade === 'orphan' ? 'its Pods and claims stay' : 'its Pods stop, its claims stay'
  const way = `run "${deleteCommand(subject, cascade)}" (${stays}) and upgrade again`
  if (podsStopFor !== undefined) return `${way}: ${REASONS[podsStopFor]}`
  return [way, ...new Set(consequences.flatMap(({ what }) => NOTES[what] ?? []))].join('; ')
}

const REASONS: Readonly<Record<NonNullable<Replacement['podsStopFor']>, string>> = {
  selector: 'a new StatefulSet does not adopt Pods that another selector chose',
  'new-template': 'a Pod that runs cannot get a new volume; claims of a new name start empty, so copy the data'
}

/** Those that a line has room for; what is left of a template that is gone does no harm. */
const NOTES: Readonly<Partial<Record<Consequence['what'], string>>> = {
  'restart-pods': 'restart the Pods then, which keep the DNS name of the old service',
  'resize-claims-first': 'before that, resize the claims that are there (kubectl patch pvc)',
  'claims-never-shrink': 'claims never shrink, so copy the data to new ones',
  'claims-keep-what-they-have': 'claims that are there keep what they have'
}
