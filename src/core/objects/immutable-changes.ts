import type { Cluster } from '../cluster.ts'
import type { Edit } from '../patch.ts'
import type { Subject } from '../subject.ts'
import {
  type Differences,
  differencesBetween,
  type FieldChange,
  isNothing,
  visitDifferences
} from '../values/differences.ts'
import { isObject, type JsonObject, listOf, objectOf, textOf } from '../values/json.ts'
import { fieldPath, type Path, valueAt } from '../values/path.ts'
import { count, oneLine, quote } from '../values/text.ts'
import { claimTemplatesOf, templateNameOf } from './claim-templates.ts'
import { IMMUTABLE_FIELDS, type ImmutableField, immutableFieldAt } from './immutable-fields.ts'
import { metadataOf, specOf } from './metadata.ts'
import { isSameQuantity } from './quantity.ts'

/** How many changes a message names; a chart changes at most nine, and a message has to end somewhere. */
const NAMED_CHANGES = 32

/** The maps in a claim template's metadata that name what they are, where other fields are named by their path. */
const LABEL_MAPS = ['labels', 'annotations'] as const

/** What an update of a StatefulSet changes although not every API server lets it. */
export interface ImmutableChanges {
  /** What the API server refuses; undefined where that is nothing. */
  readonly refused: RefusedChanges | undefined
  /** What it refuses or not, depending on what is not known of it; undefined where that is nothing. */
  readonly uncertain: Differences | undefined
}

export interface RefusedChanges extends Differences {
  /** The fields that change, where all of them can be put back; otherwise none. */
  readonly restorable: readonly ImmutableField[]
}

/** @param subject both of its objects with the API server's defaults, or one that leaves them out would seem to change */
export function immutableChangesOf({ object, oldObject }: Subject, cluster: Cluster): ImmutableChanges {
  const refused = new FirstChanges()
  const uncertain = new FirstChanges()
  const fields = new Set<ImmutableField>()
  visitDifferences(immutablePartOf(oldObject), immutablePartOf(object), (change) => {
    if (isAmount(change.path.slice(3)) && isSameQuantity(change.before, change.after)) return
    const field = immutableFieldAt(change.path)
    const isRefused = field.refused.by(cluster)
    if (isRefused === false) return
    if (isRefused) fields.add(field)
    ;(isRefused ? refused : uncertain).add(change)
  })
  const restorable = [...fields].every((field) => field.restorable !== undefined) ? inOrder(fields) : []
  return {
    refused: refused.total === 0 ? undefined : { changes: refused.changes, total: refused.total, restorable },
    uncertain: uncertain.total === 0 ? undefined : uncertain
  }
}

/** Counts changes and keeps those that a message names. */
class FirstChanges implements Differences {
  readonly changes: FieldChange[] = []
  total = 0

  add(change: FieldChange): void {
    this.total++
    if (this.changes.length < NAMED_CHANGES) this.changes.push(change)
  }
}

function inOrder(fields: ReadonlySet<ImmutableField>): readonly ImmutableField[] {
  return IMMUTABLE_FIELDS.filter((field) => fields.has(field))
}

/** Puts back each of the fields that has a change in it, as a whole, and no other. */
export function restoringEdits({ object, oldObject }: Subject, fields: readonly ImmutableField[]): Edit[] {
  return fields
    .flatMap(({ path }) => placesOf(path, object))
    .flatMap((path) => {
      const [old, now] = [valueAt(oldObject, path), valueAt(object, path)]
      if (differencesBetween(old, now, { keep: 0, isSame: () => false }).total === 0) return []
      return [{ path, value: old ?? undefined }]
    })
}

/** A path with `*` in it once for each item of the list. */
function placesOf(path: Path, object: JsonObject): Path[] {
  const at = path.indexOf('*')
  if (at < 0) return [path]
  const items = listOf(valueAt(object, path.slice(0, at)))
  return items.map((_, index) => [...path.slice(0, at), index, ...path.slice(at + 1)])
}

/**
 * Whether a quantity stands there, which has several spellings: `spec.resources.…`, and not a label called resources.
 *
 * @param path in a claim template
 */
export function isResource(path: Path): boolean {
  return path[0] === 'spec' && path[1] === 'resources'
}

const AMOUNTS_IN_STATUS: readonly unknown[] = ['capacity', 'allocatedResources']

function isAmount(path: Path): boolean {
  return isResource(path) || (path[0] === 'status' && AMOUNTS_IN_STATUS.includes(path[1]))
}

const NAMES = new Set(IMMUTABLE_FIELDS.map(({ path }) => String(path[1])))

/** The fields of IMMUTABLE_FIELDS, without what the API server never compares: apiVersion and kind of a template. */
function immutablePartOf(object: JsonObject): JsonObject {
  const spec: Record<string, unknown> = {}
  for (const name of NAMES) spec[name] = specOf(object)[name]
  spec.serviceName = serviceNameOf(object)
  spec.volumeClaimTemplates = claimTemplatesOf(object).map((template) => {
    return { metadata: metadataOf(template), spec: claimSpec(template), status: template.status }
  })
  return { spec }
}

/**
 * The spec of a claim template as it is compared. Nothing and empty are the same nearly everywhere, but a selector without
 * terms is one, and chooses among all volumes.
 */
export function claimSpec({ spec }: JsonObject): unknown {
  const { selector } = objectOf(spec)
  const isEmpty = isObject(selector) && Object.values(selector).every(isNothing)
  return isEmpty ? { ...objectOf(spec), selector: 'all volumes' } : spec
}

/** The service that names the Pods; to the API server no name and an empty one are the same. */
export function serviceNameOf(set: JsonObject): string | undefined {
  return textOf(specOf(set).serviceName) || undefined
}

/** `spec.volumeClaimTemplates[0].metadata.labels[chart]`, or a whole map of labels that came or went. */
export function isLabelChange({ path }: FieldChange): boolean {
  return path[1] === 'volumeClaimTemplates' && path[3] === 'metadata' && LABEL_MAPS.some((map) => map === path[4])
}

/** `labels of claim template "data" change: chart "a" → "b"; spec.selector.matchLabels.app "x" → none`. */
export function changesInWords(differences: Differences, subject: Subject): string {
  const before = claimTemplatesOf(subject.oldObject)
  const after = claimTemplatesOf(subject.object)
  const parts: string[] = []
  if (before.length !== after.length)
    parts.push(`the number of claim templates changes from ${before.length} to ${after.length}`)
  for (const [heading, changes] of Map.groupBy(differences.changes, (change) => headingOf(change, before))) {
    const named = changes.map((change) => `${keyOfChange(change)} ${shown(change.before)} → ${shown(change.after)}`)
    parts.push(`${heading}${named.join(', ')}`)
  }
  const unnamed = differences.total - differences.changes.length
  if (unnamed > 0) parts.push(`and ${count(unnamed, 'more change')}`)
  return parts.join('; ')
}

function headingOf(change: FieldChange, before: readonly JsonObject[]): string {
  return isLabelChange(change) ? `${labelsInWords(change, before)} change: ` : ''
}

/** `labels of claim template "data"`, for a change of labels or annotations. */
export function labelsInWords({ path }: FieldChange, templates: readonly JsonObject[]): string {
  return `${path[4]} of claim template ${quote(templateNameOf(templates[path[2] as number]))}`
}

/** `spec.revisionHistoryLimit "10" → "5"`, of what is uncertain: what it depends on. */
export function uncertaintyInWords(differences: Differences, subject: Subject): string {
  const refusals = new Set(differences.changes.map(({ path }) => immutableFieldAt(path).refused.inWords))
  return `${changesInWords(differences, subject)}: ${[...refusals].join('; ')}`
}

/** The label's key, or the path of a field that is no label. */
export function keyOfChange(change: FieldChange): string {
  return oneLine(isLabelChange(change) ? change.path.slice(5).join('.') : fieldPath(change.path), 200)
}

/** A value as a sentence shows it. */
export function shown(value: unknown): string {
  return value === undefined || value === null ? 'none' : quote(value)
}

/** The field that all changes have in common. */
export function commonPath(changes: readonly FieldChange[]): Path {
  const [first, ...rest] = changes.map(({ path }) => path)
  if (first === undefined) return ['spec']
  // A label's key is named in the problem; the field is the map that it stands in.
  let length = LABEL_MAPS.some((map) => map === first[4]) ? Math.min(first.length, 5) : first.length
  for (const path of rest) while (!first.slice(0, length).every((step, index) => step === path[index])) length--
  return first.slice(0, length)
}
