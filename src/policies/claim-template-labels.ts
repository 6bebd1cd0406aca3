import { type Change, type Differences, differencesBetween } from '../core/differences.ts'
import { type JsonObject, listOf, objectOf, textOf } from '../core/json.ts'
import type { Edit } from '../core/patch.ts'
import { fieldPath, type Path } from '../core/path.ts'
import { definePolicy, type Finding } from '../core/policy.ts'
import { isOwnedByPrometheusOperator } from '../core/prometheus-operator.ts'
import { isSameQuantity } from '../core/quantity.ts'
import { STATEFUL_SET } from '../core/resource.ts'
import { metadataOf, type Subject, specOf } from '../core/subject.ts'
import { count, quote } from '../core/text.ts'

/**
 * Fields that no update of a StatefulSet may change, on any Kubernetes version. Others are left to the API server,
 * because later versions allow more of them.
 */
const IMMUTABLE = ['serviceName', 'podManagementPolicy', 'selector'] as const

/** How many changes a message names; a chart changes at most nine, and a message has to end somewhere. */
const NAMED_CHANGES = 32

const LABEL_MAPS = ['labels', 'annotations'] as const

export default definePolicy({
  id: 'claim-template-labels',
  summary: 'Labels of volumeClaimTemplates stay as they are, so that an upgrade of the chart goes through.',
  defaultMode: 'enforce',
  watches: [
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
        'claim templates: `reject` explains the way out, `restore` puts the old ones back so that the update goes through.'
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
    if (subject.operation === 'CREATE') yield* volatileLabels(subject, options.volatileLabels)
    else yield* changes(subject, options.onChange)
  }
})

function* volatileLabels({ object }: Subject, volatile: readonly string[]): Generator<Finding> {
  for (const [index, template] of templatesOf(object).entries()) {
    const keys = volatile.filter((key) => Object.hasOwn(labelsIn(template), key))
    if (keys.length === 0) continue
    yield {
      field: ['spec', 'volumeClaimTemplates', index, 'metadata', 'labels'],
      problem: `claim template ${nameOf(template)} carries ${keys.join(', ')}, which changes with a release, and no update may change it`,
      remedy: 'take the label out of the claim template before there is an upgrade to fail, or set onChange: restore',
      advice: true
    }
  }
}

function* changes(subject: Subject, onChange: 'reject' | 'restore'): Generator<Finding> {
  const differences = immutableDifferences(subject)
  if (differences.total === 0) return
  const labelsOnly = differences.total === differences.changes.length && differences.changes.every(isLabelChange)
  const field = commonPath(differences.changes)
  const problem = problemOf(differences, subject)
  if (!labelsOnly) {
    yield { field, problem, remedy: recreate(subject, differences.changes) }
    return
  }
  const finding = { field, problem, remedy: replaceAroundPods(subject) }
  if (onChange === 'reject') yield finding
  else yield { ...finding, fix: { edits: restoringEdits(subject, differences), does: keeping(differences, subject) } }
}

/** What changed among the fields that no update may change. */
function immutableDifferences({ object, oldObject }: Subject): Differences {
  return differencesBetween(immutablePartOf(oldObject), immutablePartOf(object), {
    keep: NAMED_CHANGES,
    isSame: (path, before, after) => isResource(path) && isSameQuantity(before, after)
  })
}

/** `spec.volumeClaimTemplates[0].spec.resources.…`: a label may be called resources too. */
function isResource(path: Path): boolean {
  return path[3] === 'spec' && path[4] === 'resources'
}

/** Drops what the API server fills in or never compares: apiVersion, kind, status and creationTimestamp of a template. */
function immutablePartOf(object: JsonObject): JsonObject {
  const spec = specOf(object)
  const templates = templatesOf(object).map((template) => {
    const { creationTimestamp: _, ...metadata } = metadataOf(template)
    return { metadata, spec: template.spec }
  })
  const part: Record<string, unknown> = { volumeClaimTemplates: templates }
  for (const field of IMMUTABLE) part[field] = spec[field]
  return { spec: part }
}

function templatesOf(object: JsonObject): readonly JsonObject[] {
  return listOf(specOf(object).volumeClaimTemplates).map(objectOf)
}

function labelsIn(template: JsonObject): JsonObject {
  return objectOf(metadataOf(template).labels)
}

function nameOf(template: JsonObject | undefined): string {
  return quote(textOf(metadataOf(template ?? {}).name) ?? '')
}

/** `spec.volumeClaimTemplates[0].metadata.labels[chart]`, or a whole map of labels that came or went. */
function isLabelChange({ path }: Change): boolean {
  return path[1] === 'volumeClaimTemplates' && path[3] === 'metadata' && LABEL_MAPS.some((map) => map === path[4])
}

/** Puts back each map of labels or annotations that has a change in it, and no other. */
function restoringEdits({ oldObject }: Subject, { changes }: Differences): Edit[] {
  const before = templatesOf(oldObject)
  const maps = new Map(changes.map(({ path }) => [fieldPath(path.slice(0, 5)), path.slice(0, 5)]))
  return [...maps.values()].map((path) => ({
    path,
    value: metadataOf(before[path[2] as number] ?? {})[path[4] as string] ?? undefined
  }))
}

/** `labels of claim template "data" change: chart "a" → "b"; spec.selector.matchLabels.app "x" → none`. */
function problemOf(differences: Differences, subject: Subject): string {
  const before = templatesOf(subject.oldObject)
  const after = templatesOf(subject.object)
  const parts: string[] = []
  if (before.length !== after.length)
    parts.push(`the number of claim templates changes from ${before.length} to ${after.length}`)
  for (const [heading, changes] of Map.groupBy(differences.changes, (change) => headingOf(change, before))) {
    const named = changes.map((change) => `${keyOf(change)} ${shown(change.before)} → ${shown(change.after)}`)
    parts.push(`${heading}${named.join(', ')}`)
  }
  const unnamed = differences.total - differences.changes.length
  if (unnamed > 0) parts.push(`and ${count(unnamed, 'more change')}`)
  return parts.join('; ')
}

/** What a repair does: the same keys, seen from the side of the old values. */
function keeping({ changes }: Differences, { oldObject }: Subject): string {
  const before = templatesOf(oldObject)
  const parts = [
    ...Map.groupBy(changes, ({ path }) => `${path[4]} of claim template ${nameOf(before[path[2] as number])}`)
  ]
  return parts
    .map(([what, kept]) => {
      const named = kept.map((change) => `${keyOf(change)} ${shown(change.before)} (not ${shown(change.after)})`)
      return `keeps the ${what}: ${named.join(', ')}`
    })
    .join('; ')
}

function headingOf(change: Change, before: readonly JsonObject[]): string {
  const { path } = change
  return isLabelChange(change) ? `${path[4]} of claim template ${nameOf(before[path[2] as number])} change: ` : ''
}

/** The label's key, or the path of a field that is no label. */
function keyOf(change: Change): string {
  return isLabelChange(change) ? change.path.slice(5).join('.') : fieldPath(change.path)
}

function shown(value: unknown): string {
  return value === undefined || value === null ? 'none' : quote(value)
}

function commonPath(changes: readonly Change[]): Path {
  const [first, ...rest] = changes.map(({ path }) => path)
  if (first === undefined) return ['spec']
  // A label's key is named in the problem; the field is the map that it stands in.
  let length = LABEL_MAPS.some((map) => map === first[4]) ? Math.min(first.length, 5) : first.length
  for (const path of rest) while (!first.slice(0, length).every((step, index) => step === path[index])) length--
  return first.slice(0, length)
}

/** Labels only: the Pods can stay while their StatefulSet is replaced, and the new one adopts them. */
function replaceAroundPods(subject: Subject): string {
  const command = deleteCommand(subject, ' --cascade=orphan')
  return `${claimsAtRisk(subject)}no update can change claim templates; run ${command} (its Pods and claims stay) and upgrade again, or set onChange: restore`
}

function recreate(subject: Subject, changes: readonly Change[]): string {
  const risk = claimsAtRisk(subject)
  if (changes.some(({ path }) => path[1] === 'selector')) {
    return `${risk}no update can change a selector, and a new StatefulSet does not adopt the old one's Pods; run ${deleteCommand(subject, '')} (its Pods stop, its claims stay) and upgrade again`
  }
  const first = changes.some(({ path }) => isResource(path))
    ? 'resize the existing claims (kubectl patch pvc), then '
    : ''
  return `${risk}no update can change this; ${first}run ${deleteCommand(subject, ' --cascade=orphan')} (its Pods and claims stay) and upgrade again`
}

const DNS_NAME = /^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/

/** Ready to paste: a name that a shell could read as more than a name is left for the reader to fill in. */
function deleteCommand({ name, namespace }: Subject, flags: string): string {
  const where = DNS_NAME.test(namespace) ? ` -n ${namespace}` : ''
  return `"kubectl delete statefulset ${DNS_NAME.test(name) ? name : 'NAME'}${where}${flags}"`
}

/** Comes first, because it is what must not be cut off. */
function claimsAtRisk({ oldObject, object }: Subject): string {
  const deletes = [oldObject, object].some(
    (set) => objectOf(specOf(set).persistentVolumeClaimRetentionPolicy).whenDeleted === 'Delete'
  )
  return deletes
    ? 'CAREFUL: whenDeleted is Delete, so set it to Retain first or the claims and their data go too; '
    : ''
}
