import { type Change, type Differences, differencesBetween } from '../core/differences.ts'
import { type JsonObject, listOf, objectOf, textOf } from '../core/json.ts'
import type { Edit } from '../core/patch.ts'
import { fieldPath, type Path } from '../core/path.ts'
import { definePolicy, type Finding } from '../core/policy.ts'
import { isOwnedByPrometheusOperator } from '../core/prometheus-operator.ts'
import { amountOf, isSameQuantity } from '../core/quantity.ts'
import { STATEFUL_SET } from '../core/resource.ts'
import { metadataOf, type Subject, specOf } from '../core/subject.ts'
import { count, cut, oneLine, quote } from '../core/text.ts'

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
    if (subject.operation === 'UPDATE') yield* changes(subject, options.onChange)
    // With restore, no upgrade will fail for these labels.
    else if (options.onChange === 'reject') yield* volatileLabels(subject, options.volatileLabels)
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
  const differences = immutableDifferences(subject, immutablePartOf)
  if (differences.total === 0) return
  const caution = claimsAtRisk(subject)
  const finding = {
    field: commonPath(differences.changes),
    problem: problemOf(differences, subject),
    ...(caution !== undefined && { caution })
  }
  const labelsOnly = immutableDifferences(subject, (object) => immutablePartOf(object, LABEL_MAPS)).total === 0
  if (!labelsOnly) yield { ...finding, remedy: recreate(subject, differences.changes) }
  else if (onChange === 'reject')
    yield { ...finding, remedy: `${replaceAroundPods(subject)}, or set onChange: restore` }
  else {
    const fix = { edits: restoringEdits(subject), does: keeping(differences, subject) }
    yield { ...finding, remedy: `${replaceAroundPods(subject)}; enforced, the old ones would be kept`, fix }
  }
}

/** What changed among the fields that no update may change. */
function immutableDifferences({ object, oldObject }: Subject, part: (object: JsonObject) => JsonObject): Differences {
  return differencesBetween(part(oldObject), part(object), {
    keep: NAMED_CHANGES,
    isSame: (path, before, after) => isResource(path) && isSameQuantity(before, after)
  })
}

/** `spec.volumeClaimTemplates[0].spec.resources.…`: a label may be called resources too. */
function isResource(path: Path): boolean {
  return path[3] === 'spec' && path[4] === 'resources'
}

/**
 * Drops what the API server fills in or never compares: apiVersion, kind, status and creationTimestamp of a template.
 *
 * @param without names of maps in a template's metadata to leave out as well
 */
function immutablePartOf(object: JsonObject, without: readonly string[] = []): JsonObject {
  const spec = specOf(object)
  const templates = templatesOf(object).map((template) => {
    const left = Object.entries(metadataOf(template)).filter(
      ([key]) => key !== 'creationTimestamp' && !without.includes(key)
    )
    return { metadata: Object.fromEntries(left), spec: template.spec }
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
function restoringEdits({ object, oldObject }: Subject): Edit[] {
  const before = templatesOf(oldObject)
  return templatesOf(object).flatMap((template, index) =>
    LABEL_MAPS.flatMap((map) => {
      const [old, now] = [metadataOf(before[index] ?? {})[map], metadataOf(template)[map]]
      if (differencesBetween(old, now, { keep: 0, isSame: () => false }).total === 0) return []
      return [{ path: ['spec', 'volumeClaimTemplates', index, 'metadata', map], value: old ?? undefined }]
    })
  )
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
  return cut(oneLine(isLabelChange(change) ? change.path.slice(5).join('.') : fieldPath(change.path)), 200)
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
  return `run ${deleteCommand(subject, ' --cascade=orphan')} (its Pods and claims stay) and upgrade again`
}

function recreate(subject: Subject, changes: readonly Change[]): string {
  if (changes.some(({ path }) => path[1] === 'selector')) {
    return `run ${deleteCommand(subject, '')} (its Pods stop, its claims stay) and upgrade again: a new StatefulSet does not adopt Pods that another selector chose`
  }
  if (hasNewTemplate(subject)) {
    return `run ${deleteCommand(subject, '')} (its Pods stop, its claims stay) and upgrade again: a Pod that runs cannot get a new volume; claims of a new name start empty, so copy the data`
  }
  return [replaceAroundPods(subject), ...consequences(changes)].join('; ')
}

/** The controller would try to give it to an adopted Pod, which no update of a Pod may do, and go no further. */
function hasNewTemplate({ object, oldObject }: Subject): boolean {
  const before = templatesOf(oldObject).map(nameOf)
  return templatesOf(object).some((template) => !before.includes(nameOf(template)))
}

/** What replacing the StatefulSet does not bring about by itself. */
function consequences(changes: readonly Change[]): string[] {
  const notes = new Set<string>()
  for (const { path, before: old, after: now } of changes) {
    if (path[1] === 'serviceName') notes.add('restart the Pods then, which keep the DNS name of the old service')
    else if (isResource(path)) notes.add(resizing(old, now))
    else if (path[3] === 'spec') notes.add('claims that are there keep what they have')
  }
  return [...notes]
}

function resizing(before: unknown, after: unknown): string {
  const isLarger = (amountOf(after) ?? 0) > (amountOf(before) ?? 0)
  return isLarger
    ? 'before that, resize the claims that are there (kubectl patch pvc)'
    : 'claims never shrink, so copy the data to new ones'
}

const DNS_NAME = /^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/

/** Ready to paste, its flags before its names, which may be long: a name that a shell could read as more than a name is left for the reader to fill in. */
function deleteCommand({ name, namespace }: Subject, flags: string): string {
  const where = DNS_NAME.test(namespace) ? ` -n ${namespace}` : ''
  return `"kubectl delete statefulset${flags} ${DNS_NAME.test(name) ? name : 'NAME'}${where}"`
}

/** What a deletion without its flag would destroy. */
function claimsAtRisk({ oldObject, object }: Subject): string | undefined {
  const deletes = [oldObject, object].some(
    (set) => objectOf(specOf(set).persistentVolumeClaimRetentionPolicy).whenDeleted === 'Delete'
  )
  return deletes
    ? 'persistentVolumeClaimRetentionPolicy.whenDeleted is Delete: set it to Retain first, or the claims and their data may go with the StatefulSet'
    : undefined
}
