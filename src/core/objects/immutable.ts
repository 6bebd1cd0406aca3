import type { Subject } from '../subject.ts'
import { type Differences, differencesBetween, type FieldChange } from '../values/differences.ts'
import { isObject, type JsonObject, objectOf, textOf } from '../values/json.ts'
import { fieldPath, type Path } from '../values/path.ts'
import { count, cut, oneLine, quote } from '../values/text.ts'
import { claimTemplatesOf, templateNameOf } from './claim-templates.ts'
import { metadataOf, specOf } from './metadata.ts'
import { isSameQuantity } from './quantity.ts'

/** How many changes a message names; a chart changes at most nine, and a message has to end somewhere. */
const NAMED_CHANGES = 32

/** The maps in a claim template's metadata that an old object may keep without anybody noticing. */
export const LABEL_MAPS = ['labels', 'annotations'] as const

/** What an update of a StatefulSet changes although no update may. */
export interface ImmutableChanges extends Differences {
  /** Nothing but labels and annotations of claim templates. */
  readonly labelsOnly: boolean
}

/**
 * Undefined where everything that is immutable stays.
 *
 * @param subject both of its objects with the API server's defaults, or one that leaves them out would seem to change
 */
export function immutableChangesOf(subject: Subject): ImmutableChanges | undefined {
  const differences = differencesIn(subject, immutablePartOf)
  if (differences.total === 0) return undefined
  const others = differencesIn(subject, (object) => immutablePartOf(object, LABEL_MAPS))
  return { ...differences, labelsOnly: others.total === 0 }
}

function differencesIn({ object, oldObject }: Subject, part: (object: JsonObject) => JsonObject): Differences {
  return differencesBetween(part(oldObject), part(object), {
    keep: NAMED_CHANGES,
    isSame: (path, before, after) => isResource(path.slice(3)) && isSameQuantity(before, after)
  })
}

/**
 * Whether a quantity stands there, which has several spellings: `spec.resources.…`, and not a label called resources.
 *
 * @param path in a claim template
 */
export function isResource(path: Path): boolean {
  return path[0] === 'spec' && path[1] === 'resources'
}

/**
 * The fields that no update of a StatefulSet may change, on any Kubernetes version. Others are left to the API server,
 * because later versions allow more of them. Of a template this drops what the API server never compares: apiVersion,
 * kind and status.
 *
 * @param without names of maps in a template's metadata to leave out as well
 */
function immutablePartOf(object: JsonObject, without: readonly string[] = []): JsonObject {
  const spec = specOf(object)
  const templates = claimTemplatesOf(object).map((template) => {
    const left = Object.entries(metadataOf(template)).filter(([key]) => !without.includes(key))
    return { metadata: Object.fromEntries(left), spec: claimSpec(template.spec) }
  })
  return {
    spec: {
      volumeClaimTemplates: templates,
      serviceName: serviceNameOf(object),
      podManagementPolicy: spec.podManagementPolicy,
      selector: spec.selector
    }
  }
}

/** Nothing and empty are the same nearly everywhere. A selector without terms is one, and chooses among all volumes. */
function claimSpec(spec: unknown): unknown {
  const { selector } = objectOf(spec)
  const isEmpty = isObject(selector) && Object.keys(selector).length === 0
  return isEmpty ? { ...objectOf(spec), selector: 'all volumes' } : spec
}

/** The service that names the Pods; to the API server no name and an empty one are the same. */
export function serviceNameOf(set: JsonObject): string | undefined {
  return textOf(specOf(set).serviceName) || undefined
}

/** `spec.volumeClaimTemplates[0].metadata.labels[chart]`, or a whole map of labels that came or went. */
function isLabelChange({ path }: FieldChange): boolean {
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

/** The label's key, or the path of a field that is no label. */
export function keyOfChange(change: FieldChange): string {
  return cut(oneLine(isLabelChange(change) ? change.path.slice(5).join('.') : fieldPath(change.path)), 200)
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
