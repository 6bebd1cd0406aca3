import type { Subject } from '../subject.ts'
import { differencesBetween } from '../values/differences.ts'
import type { JsonObject } from '../values/json.ts'
import { claimTemplatesOf, deletesClaims, templateNameOf } from './claim-templates.ts'
import { claimSpec, isResource, serviceNameOf } from './immutable-changes.ts'
import { specOf } from './metadata.ts'
import { amountOf, isSameQuantity } from './quantity.ts'

/**
 * How a StatefulSet is replaced when an update changes what is immutable: it is deleted, and the upgrade creates it
 * anew. `orphan` leaves its Pods running, and the new one adopts them; `background` takes them with it.
 */
export interface Replacement {
  readonly cascade: Cascade
  /** Why the new StatefulSet cannot go on with the Pods of the old one. */
  readonly podsStopFor?: 'selector' | 'new-template'
  /** What replacing the StatefulSet does not bring about by itself, in the order of its fields. */
  readonly consequences: readonly Consequence[]
  /** The StatefulSet that runs deletes its claims when it is deleted. */
  readonly ownsClaims: boolean
  /** It does, or the new one will. */
  readonly claimsAtRisk: boolean
}

export type Cascade = 'orphan' | 'background'

export type Consequence =
  /** Pods that run keep the DNS name that the old service gave them. */
  | { readonly what: 'restart-pods' }
  /** Claims that are there have to be told, and while the old StatefulSet is there nothing is lost if that fails. */
  | ({ readonly what: 'resize-claims-first' } & Resize)
  /** No claim can become smaller. */
  | ({ readonly what: 'claims-never-shrink' } & Resize)
  /** A class or an access mode is for claims that are yet to come. */
  | { readonly what: 'claims-keep-what-they-have'; readonly template: string; readonly field: string }
  /** A claim's name comes from its template's. */
  | { readonly what: 'claims-start-empty'; readonly template: string }
  /** A template less, and nobody deletes what it made. */
  | { readonly what: 'claims-are-left'; readonly template: string }

export interface Resize {
  readonly template: string
  /** In `spec.resources` of the claim: `requests.storage`. */
  readonly resource: string
  readonly from: unknown
  readonly to: unknown
}

/** @param subject an update that changes something immutable */
export function replacementOf(subject: Subject): Replacement {
  const { object, oldObject } = subject
  const podsStopFor = reasonToStop(subject)
  const ownsClaims = deletesClaims(oldObject)
  return {
    cascade: podsStopFor === undefined ? 'orphan' : 'background',
    ...(podsStopFor && { podsStopFor }),
    consequences: consequencesOf(subject),
    ownsClaims,
    claimsAtRisk: ownsClaims || deletesClaims(object)
  }
}

function reasonToStop({ object, oldObject }: Subject): Replacement['podsStopFor'] {
  if (differs(specOf(oldObject).selector, specOf(object).selector)) return 'selector'
  // The controller would try to give it to an adopted Pod, which no update of a Pod may do, and go no further.
  const before = templatesByName(oldObject)
  return claimTemplatesOf(object).some((template) => !before.has(templateNameOf(template))) ? 'new-template' : undefined
}

function consequencesOf({ object, oldObject }: Subject): Consequence[] {
  const [before, after] = [templatesByName(oldObject), templatesByName(object)]
  const consequences: Consequence[] = []
  for (const [name, template] of after) consequences.push(...consequencesFor(name, before.get(name), template))
  for (const name of before.keys()) if (!after.has(name)) consequences.push({ what: 'claims-are-left', template: name })
  if (serviceNameOf(oldObject) !== serviceNameOf(object)) consequences.push({ what: 'restart-pods' })
  return consequences
}

function differs(before: unknown, after: unknown): boolean {
  return differencesBetween(before, after, { keep: 0, isSame: () => false }).total > 0
}

/** By name, because claims follow the name of their template and not its place. */
function templatesByName(set: JsonObject): ReadonlyMap<string, JsonObject> {
  return new Map(claimTemplatesOf(set).map((template) => [templateNameOf(template), template]))
}

function consequencesFor(template: string, before: JsonObject | undefined, after: JsonObject): Consequence[] {
  if (before === undefined) return [{ what: 'claims-start-empty', template }]
  const { changes } = differencesBetween(
    { spec: claimSpec(before) },
    { spec: claimSpec(after) },
    { keep: 32, isSame: (path, one, other) => isResource(path) && isSameQuantity(one, other) }
  )
  return changes.map(({ path, before: from, after: to }) => {
    if (!isResource(path)) return { what: 'claims-keep-what-they-have', template, field: String(path[1]) }
    const isLarger = (amountOf(to) ?? 0) > (amountOf(from) ?? 0)
    const what = isLarger ? 'resize-claims-first' : 'claims-never-shrink'
    return { what, template, resource: path.slice(2).join('.'), from, to }
  })
}
