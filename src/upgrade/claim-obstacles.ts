import { claimTemplatesOf, templateNameOf } from '../core/objects/claim-templates.ts'
import { claimSpec } from '../core/objects/immutable-changes.ts'
import { inNamespace } from '../core/objects/kubectl.ts'
import { annotationsOf, metadataOf, nameOfObject, specOf } from '../core/objects/metadata.ts'
import { amountOf } from '../core/objects/quantity.ts'
import type { Subject } from '../core/subject.ts'
import { canonical } from '../core/values/canonical.ts'
import { type JsonObject, objectOf, own, textOf, textsOf, wordOf } from '../core/values/json.ts'
import { oneLine, quote } from '../core/values/text.ts'
import { someInWords } from './commands.ts'
import { type ClusterFacts, isClaimOf, isTerminating } from './facts.ts'
import type { Obstacle, ObstacleKind } from './obstacle.ts'

/** What claims that are there have against a replacement. */
export function claimObstacles(subject: Subject, facts: ClusterFacts): Obstacle[] {
  return [...absentClaims(subject, facts), ...pairsOf(subject).flatMap((pair) => obstaclesOf(pair, subject, facts))]
}

/** A Pod cannot start anew without each of its claims, and a new one would be empty. */
function absentClaims(subject: Subject, { pods, claims }: ClusterFacts): Obstacle[] {
  const byName = new Map(claims.map((claim) => [nameOfObject(claim), claim]))
  const templates = claimTemplatesOf(subject.oldObject).map(templateNameOf)
  const wanted = pods.flatMap((pod) => templates.map((template) => `${template}-${nameOfObject(pod)}`))
  const missing = wanted.filter((name) => !byName.has(name))
  const terminating = claims.filter(isTerminating).map(nameOfObject)
  return [
    ...(missing.length === 0
      ? []
      : [
          {
            kind: 'missing-claim' as const,
            reason: `PVCs of Pods are missing: ${named(missing)}`,
            fix: 'find out what happened to their data first: a Pod that starts again would get an empty PVC'
          }
        ]),
    ...(terminating.length === 0
      ? []
      : [
          {
            kind: 'terminating-claim' as const,
            reason: `PVCs are being deleted: ${named(terminating)}`,
            fix: 'they and their data are deleted when their Pod stops: save the data, and run this again with PVCs that stay'
          }
        ])
  ]
}

/** The same template before and after. */
interface Pair {
  readonly template: string
  readonly before: JsonObject
  readonly after: JsonObject
}

function pairsOf({ object, oldObject }: Subject): Pair[] {
  const before = new Map(claimTemplatesOf(oldObject).map((template) => [templateNameOf(template), template]))
  return claimTemplatesOf(object).flatMap((template) => {
    const name = templateNameOf(template)
    const old = before.get(name)
    return old === undefined ? [] : [{ template: name, before: withSpec(old), after: withSpec(template) }]
  })
}

function withSpec(template: JsonObject): JsonObject {
  return objectOf(claimSpec(template))
}

function obstaclesOf(pair: Pair, subject: Subject, facts: ClusterFacts): Obstacle[] {
  const claims = facts.claims.filter((claim) => isClaimOf(claim, pair.template, subject.name))
  return [
    ...sizeOf(pair, claims, subject, facts),
    ...classOf(pair, claims, facts),
    ...fieldOf('accessModes', 'access-modes', pair, claims),
    ...fieldOf('volumeMode', 'volume-mode', pair, claims),
    ...sourcesOf(pair, claims)
  ]
}

function sizeOf({ template, before, after }: Pair, claims: JsonObject[], subject: Subject, facts: ClusterFacts) {
  const [from, to] = [storageOf(before), storageOf(after)]
  const wanted = amountOf(to)
  if (wanted === undefined || wanted === amountOf(from)) return []
  const larger = claims.filter((claim) => (amountOf(storageOf(specOf(claim))) ?? 0) > wanted)
  const smaller = claims.filter((claim) => (amountOf(storageOf(specOf(claim))) ?? 0) < wanted)
  // A template that grows, past claims that somebody has made larger still, is no shrink.
  if (larger.length > 0 && wanted < (amountOf(from) ?? 0)) {
    return [
      obstacle(
        'shrink',
        `no PVC can become smaller, and these have more than ${quote(to)}: ${names(larger)}`,
        `keep ${quote(from)} in the claim template ${quote(template)}, or copy the data to new PVCs`
      )
    ]
  }
  return [...unbound(smaller), ...fixedSize(smaller, subject, facts)]
}

function unbound(claims: readonly JsonObject[]): Obstacle[] {
  const loose = claims.filter((claim) => objectOf(claim.status).phase !== 'Bound')
  if (loose.length === 0) return []
  return [
    obstacle(
      'unbound-claim',
      `only a PVC that is bound can be resized, and these are not: ${names(loose)}`,
      'wait until they are bound, or delete those that no Pod uses'
    )
  ]
}

function fixedSize(claims: readonly JsonObject[], { namespace }: Subject, { classes }: ClusterFacts): Obstacle[] {
  const expanding = new Set(classes.filter((one) => one.allowVolumeExpansion === true).map(nameOfObject))
  const fixed = claims.filter((claim) => !expanding.has(textOf(specOf(claim).storageClassName) ?? ''))
  if (fixed.length === 0) return []
  const storage = [...new Set(fixed.map((claim) => shown(textOf(specOf(claim).storageClassName))))].join(', ')
  return [
    obstacle(
      'expansion',
      `the storage class of these PVCs (${storage}) does not expand volumes (allowVolumeExpansion): ${names(fixed)}`,
      `set allowVolumeExpansion: true in the class where its driver can, or copy the data to new PVCs (kubectl get pvc${inNamespace(namespace)})`
    )
  ]
}

/** A class that is not named is the default one, for claims that are yet to come. */
function classOf({ template, before, after }: Pair, claims: JsonObject[], { classes }: ClusterFacts): Obstacle[] {
  const [from, to] = [before.storageClassName, after.storageClassName]
  if (from === to) return []
  const wanted = to === undefined ? defaultOf(classes) : to
  const others = claims.filter((claim) => specOf(claim).storageClassName !== wanted)
  if (others.length === 0) return []
  const found = [...new Set(others.map((claim) => shown(specOf(claim).storageClassName)))].join(', ')
  const meant = to === undefined ? `none, which here is ${shown(wanted)}` : shown(wanted)
  return [
    obstacle(
      'class',
      `the claim template ${quote(template)} names another storage class (${meant}) than these PVCs have (${found}): ${names(others)}`,
      'name the class of the PVCs in the manifest ("" is not the same as none), or copy the data to new PVCs'
    )
  ]
}

const DEFAULT_CLASS = 'storageclass.kubernetes.io/is-default-class'

/** Of several, API servers take the youngest. */
function defaultOf(classes: readonly JsonObject[]): string | undefined {
  const defaults = classes.filter((one) => own(annotationsOf(one), DEFAULT_CLASS) === 'true')
  const created = (one: JsonObject): string => textOf(metadataOf(one).creationTimestamp) ?? ''
  const [youngest] = defaults.toSorted((one, other) => created(other).localeCompare(created(one)))
  return youngest && nameOfObject(youngest)
}

function fieldOf(
  field: 'accessModes' | 'volumeMode',
  kind: ObstacleKind,
  { template, before, after }: Pair,
  claims: readonly JsonObject[]
): Obstacle[] {
  if (comparable(before[field]) === comparable(after[field])) return []
  const others = claims.filter((claim) => comparable(specOf(claim)[field]) !== comparable(after[field]))
  if (others.length === 0) return []
  return [
    obstacle(
      kind,
      `the claim template ${quote(template)} has another ${field} than these PVCs, which keep theirs: ${names(others)}`,
      `keep ${field} in the manifest as the PVCs have it, or copy the data to new PVCs`
    )
  ]
}

/** A list of modes has no order, and no mode is the usual one. */
function comparable(value: unknown): string {
  return Array.isArray(value) ? textsOf(value).toSorted().join() : wordOf(value ?? 'Filesystem')
}

const SOURCES = ['dataSource', 'dataSourceRef', 'selector', 'volumeName']

function sourcesOf({ template, before, after }: Pair, claims: readonly JsonObject[]): Obstacle[] {
  const changed = SOURCES.filter((field) => canonical(before[field] ?? null) !== canonical(after[field] ?? null))
  if (changed.length === 0 || claims.length === 0) return []
  return [
    obstacle(
      'source',
      `the claim template ${quote(template)} has another ${changed.join(', ')}, which says where data comes from, and existing PVCs do not change`,
      'keep it in the manifest, or copy the data to new PVCs'
    )
  ]
}

function storageOf(spec: JsonObject): unknown {
  return objectOf(objectOf(spec.resources).requests).storage
}

function shown(name: unknown): string {
  return name === undefined ? 'none' : quote(name)
}

function names(claims: readonly JsonObject[]): string {
  return named(claims.map(nameOfObject))
}

function named(all: readonly string[]): string {
  return oneLine(someInWords(all), 1000)
}

function obstacle(kind: ObstacleKind, reason: string, fix: string): Obstacle {
  return { kind, reason, fix }
}
