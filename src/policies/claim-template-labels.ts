import type { Cluster } from '../core/cluster.ts'
import { claimTemplatesOf, templateNameOf } from '../core/objects/claim-templates.ts'
import {
  changesInWords,
  commonPath,
  immutableChangesOf,
  isLabelChange,
  keyOfChange,
  labelsInWords,
  type RefusedChanges,
  restoringEdits,
  shown,
  uncertaintyInWords
} from '../core/objects/immutable-changes.ts'
import { STATEFUL_SET } from '../core/objects/kinds.ts'
import { deleteCommand } from '../core/objects/kubectl.ts'
import { metadataOf } from '../core/objects/metadata.ts'
import { isOwnedByPrometheusOperator } from '../core/objects/operator.ts'
import { chartReleaseOf, volatileKeysIn } from '../core/objects/release.ts'
import { type Consequence, type Replacement, replacementOf } from '../core/objects/replacement.ts'
import { definePolicy, type Finding } from '../core/policy.ts'
import type { Subject } from '../core/subject.ts'
import type { Differences } from '../core/values/differences.ts'
import { type JsonObject, objectOf } from '../core/values/json.ts'
import { count, quote } from '../core/values/text.ts'
import { type ValueChange, valueChange } from '../core/values/value-change.ts'

export default definePolicy({
  id: 'claim-template-labels',
  summary: 'Labels of volumeClaimTemplates do not change, so that an upgrade of the chart succeeds.',
  defaultMode: 'enforce',
  matches: [
    // Built-in validation refuses a changed claim template before the validating phase, which never sees it.
    { phase: 'mutate', operation: 'UPDATE', resource: STATEFUL_SET, about: { kind: 'immutable-fields' } },
    { phase: 'validate', operation: 'CREATE', resource: STATEFUL_SET, about: { kind: 'labelled-claim-templates' } }
  ],
  options: {
    onChange: {
      type: 'string',
      enum: ['reject', 'restore'],
      enforcedOnly: ['reject', 'restore'],
      default: 'reject',
      description:
        'What to do with an update whose only immutable changes are labels or annotations of claim templates, or ' +
        '`revisionHistoryLimit` before Kubernetes 1.33: `reject` refuses it and names the remediation, `restore` ' +
        'restores the old values so that the update succeeds.'
    },
    volatileLabels: {
      type: 'array',
      items: { type: 'string', minLength: 1 },
      uniqueItems: true,
      default: [],
      description:
        'More label keys that change with releases. A new StatefulSet with one of them in a claim template gets a warning, ' +
        'as with labels that name a chart or a version of it.'
    }
  },
  comparesOld: true,
  *check(subject, { options, cluster }) {
    if (isOwnedByPrometheusOperator(subject.object) || isOwnedByPrometheusOperator(subject.oldObject)) return
    if (subject.operation === 'UPDATE') yield* changes(subject, options.onChange, cluster)
    // With restore, no upgrade will fail for these labels.
    else if (options.onChange === 'reject') yield* volatileLabels(subject, options.volatileLabels)
  }
})

function* volatileLabels({ object }: Subject, further: readonly string[]): Generator<Finding> {
  for (const [index, template] of claimTemplatesOf(object).entries()) {
    const labels = labelsIn(template)
    const found = volatileKeysIn(labels, object)
    const keys = [...found, ...further.filter((key) => Object.hasOwn(labels, key) && !found.includes(key))]
    if (keys.length === 0) continue
    const field = ['spec', 'volumeClaimTemplates', index, 'metadata', 'labels']
    yield {
      field,
      problem: `claim template ${quote(templateNameOf(template))} has labels that change with every release (${inWords(keys)}), and no update may change them`,
      remediation: `${firstWay(object)} before the next upgrade, or set onChange: restore`,
      advice: true,
      failsNextUpgrade: true
    }
  }
}

/** How many keys a message names. */
const NAMED_KEYS = 8

function inWords(keys: readonly string[]): string {
  const named = keys.slice(0, NAMED_KEYS).join(', ')
  return keys.length > NAMED_KEYS ? `${named} and ${count(keys.length - NAMED_KEYS, 'more label')}` : named
}

/** Charts that labelled a claim template by their version, and the first version that does not. */
const MENDED: ReadonlyMap<string, string> = new Map([['prometheus-pushgateway', '3.0.0']])

function firstWay(object: JsonObject): string {
  const chart = chartReleaseOf(object)
  const mended = chart && MENDED.get(chart.name)
  const way = 'take the label out of the claim template'
  // Of a release that is mended already, somebody else put the label there.
  if (chart === undefined || mended === undefined || majorOf(chart.version) >= majorOf(mended)) return way
  return `install the chart ${chart.name} ${mended} or later, which has no such label, or ${way}`
}

function majorOf(version: string): number {
  return Number.parseInt(version.replace(/^v/, ''), 10)
}

function* changes(subject: Subject, onChange: 'reject' | 'restore', cluster: Cluster): Generator<Finding> {
  const { refused, uncertain } = immutableChangesOf(subject, cluster)
  if (refused !== undefined) yield refusal(subject, refused, onChange)
  if (uncertain !== undefined) {
    yield {
      field: commonPath(uncertain.changes),
      problem: uncertaintyInWords(uncertain, subject),
      remediation: 'do not change it on older API servers, or set --kubernetes-version',
      changes: valuesIn(uncertain),
      advice: true
    }
  }
}

function refusal(subject: Subject, changes: RefusedChanges, onChange: 'reject' | 'restore'): Finding {
  const replacement = replacementOf(subject)
  const finding = {
    field: commonPath(changes.changes),
    problem: changesInWords(changes, subject),
    changes: valuesIn(changes),
    ...(replacement.claimsAtRisk && { caution: CLAIMS_AT_RISK })
  }
  const remediation = remediationOf(subject, replacement)
  if (changes.restorable.length === 0) return { ...finding, remediation }
  if (onChange === 'reject') return { ...finding, remediation: `${remediation}, or set onChange: restore` }
  const fix = { edits: restoringEdits(subject, changes.restorable), does: keeping(changes, subject) }
  return { ...finding, remediation: `${remediation}; in enforce mode, Holdfast keeps the old values`, fix }
}

function valuesIn({ changes }: Differences): ValueChange[] {
  return changes.map((change) => valueChange(keyOfChange(change), change.before, change.after))
}

/** What a deletion without its flag would destroy. */
const CLAIMS_AT_RISK =
  'persistentVolumeClaimRetentionPolicy.whenDeleted is Delete: set it to Retain first and verify that no PVC still has an owner; otherwise PVCs and their data may be deleted with the StatefulSet'

function labelsIn(template: JsonObject): JsonObject {
  return objectOf(metadataOf(template).labels)
}

/** What a repair does: the same keys, seen from the side of the old values. */
function keeping({ changes }: Differences, { oldObject }: Subject): string {
  const before = claimTemplatesOf(oldObject)
  const headings = Map.groupBy(changes, (change) =>
    isLabelChange(change) ? `the ${labelsInWords(change, before)}: ` : ''
  )
  return [...headings]
    .map(([heading, kept]) => {
      const named = kept.map((change) => `${keyOfChange(change)} ${shown(change.before)} (not ${shown(change.after)})`)
      return `keeps ${heading}${named.join(', ')}`
    })
    .join('; ')
}

/** The remediation in one line: what to run, and what that does not bring about by itself. */
function remediationOf(subject: Subject, { cascade, podsStopFor, consequences }: Replacement): string {
  const stays = cascade === 'orphan' ? 'this keeps its Pods and PVCs' : 'this stops its Pods and keeps its PVCs'
  const way = `run "${deleteCommand(subject, cascade)}" (${stays}) and upgrade again`
  if (podsStopFor !== undefined) return `${way}: ${REASONS[podsStopFor]}`
  return [way, ...new Set(consequences.flatMap(({ what }) => NOTES[what] ?? []))].join('; ')
}

const REASONS: Readonly<Record<NonNullable<Replacement['podsStopFor']>, string>> = {
  selector: 'a new StatefulSet does not adopt Pods that another selector chose',
  'new-template': 'a running Pod cannot get a new volume; PVCs with a new name start empty, so copy the data'
}

/** Those that a line has room for; what is left of a template that is gone does no harm. */
const NOTES: Readonly<Partial<Record<Consequence['what'], string>>> = {
  'restart-pods': 'restart the Pods then, which keep the DNS name of the old service',
  'resize-claims-first': 'before that, resize the existing PVCs (kubectl patch pvc)',
  'claims-never-shrink': 'PVCs cannot shrink, so copy the data to new ones',
  'claims-keep-what-they-have': 'existing PVCs do not change'
}
