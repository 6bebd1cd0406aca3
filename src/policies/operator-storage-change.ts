import { OPERATOR_RESOURCES, PROMETHEUS_RESOURCE, STATEFUL_SET } from '../core/objects/kinds.ts'
import { deleteCommand, inNamespace, pasteable } from '../core/objects/kubectl.ts'
import { specOf } from '../core/objects/metadata.ts'
import { isSameQuantity } from '../core/objects/quantity.ts'
import { type Replacement, replacementOf } from '../core/objects/replacement.ts'
import { definePolicy, type Finding } from '../core/policy.ts'
import { shardsOf } from '../core/programs/operated.ts'
import type { Subject } from '../core/subject.ts'
import { type Differences, differencesBetween } from '../core/values/differences.ts'
import { isObject, type JsonObject, objectOf } from '../core/values/json.ts'
import { fieldPath, type Path } from '../core/values/path.ts'
import { count, quote } from '../core/values/text.ts'
import { valueChange } from '../core/values/value-change.ts'

/** How many changes of a claim template a message names. */
const NAMED_CHANGES = 8

export default definePolicy({
  id: 'operator-storage-change',
  summary: 'A change of storage does not make prometheus-operator stop all replicas at once, or leave history behind.',
  defaultMode: 'warn',
  matches: OPERATOR_RESOURCES.map((resource) => ({
    phase: 'validate',
    operation: 'UPDATE',
    resource,
    about: { kind: 'any' }
  })),
  options: {},
  comparesOld: true,
  *check(subject) {
    yield* changedClaims(subject)
    if (subject.kind === PROMETHEUS_RESOURCE.kind) yield* fewerShards(subject)
  }
})

const TEMPLATE: Path = ['spec', 'storage', 'volumeClaimTemplate']

const STOPS = 'prometheus-operator deletes the StatefulSet and creates it again, so that all its Pods stop at once'

/** The operator recreates what an update cannot change. While it is paused, it does nothing: that is the way around it. */
function* changedClaims(subject: Subject): Generator<Finding> {
  const [before, after] = [templateOf(subject.oldObject), templateOf(subject.object)]
  if (specOf(subject.object).paused === true) return
  if (before === undefined && after === undefined) return
  if (before === undefined || after === undefined) {
    yield otherVolume(after !== undefined)
    return
  }
  const changes = changesBetween(before, after)
  if (changes.total === 0) return
  const replacement = replacementOf(asStatefulSets(subject, before, after))
  yield {
    field: TEMPLATE,
    problem: `the claim template changes (${inWords(changes)}): ${STOPS}${whatStays(replacement)}`,
    remediation: wayAround(subject, replacement),
    changes: changes.changes.map(({ path, before: one, after: other }) => valueChange(fieldPath(path), one, other)),
    ...(replacement.ownsClaims && { caution: CLAIMS_GO })
  }
}

const CLAIMS_GO =
  'persistentVolumeClaimRetentionPolicy.whenDeleted is Delete: the PVCs and their data go with the StatefulSet, so set it to Retain before'

/** The claim template that the operator gives its StatefulSet; undefined where the data lie elsewhere. */
function templateOf(object: JsonObject): JsonObject | undefined {
  const { storage } = specOf(object)
  if (!isObject(storage) || isObject(storage.emptyDir) || isObject(storage.ephemeral)) return undefined
  return asStored(objectOf(storage.volumeClaimTemplate))
}

/** As the operator takes it over: with a name, an access mode, and nothing that only a claim has. */
function asStored({ metadata, spec }: JsonObject): JsonObject {
  return {
    metadata: { name: 'db', ...objectOf(metadata) },
    spec: { accessModes: ['ReadWriteOnce'], ...objectOf(spec) }
  }
}

function changesBetween(before: JsonObject, after: JsonObject): Differences {
  return differencesBetween(before, after, {
    keep: NAMED_CHANGES,
    isSame: (path, one, other) => path[1] === 'resources' && isSameQuantity(one, other)
  })
}

function inWords({ changes, total }: Differences): string {
  const named = changes.map(({ path, before, after }) => `${fieldPath(path)} ${shown(before)} → ${shown(after)}`)
  const more = total > changes.length ? ` and ${count(total - changes.length, 'more change')}` : ''
  return `${named.join(', ')}${more}`
}

function shown(value: unknown): string {
  return value === undefined ? 'none' : quote(value)
}

function otherVolume(isNew: boolean): Finding {
  const what = isNew ? 'comes in the place of a volume that goes with its Pod' : 'is taken away, and the PVCs are left'
  return {
    field: TEMPLATE,
    problem: `the claim template ${what}: ${STOPS}, and they start without history`,
    remediation: 'change it during a maintenance window',
    advice: true
  }
}

/** The change as that of the StatefulSets that the operator makes. */
function asStatefulSets(subject: Subject, before: JsonObject, after: JsonObject): Subject {
  const setWith = (object: JsonObject, template: JsonObject): JsonObject => {
    const { persistentVolumeClaimRetentionPolicy } = specOf(object)
    return { kind: STATEFUL_SET.kind, spec: { volumeClaimTemplates: [template], persistentVolumeClaimRetentionPolicy } }
  }
  return { ...subject, object: setWith(subject.object, after), oldObject: setWith(subject.oldObject, before) }
}

function whatStays({ podsStopFor, consequences }: Replacement): string {
  if (podsStopFor !== undefined) return ', and PVCs with a new name start empty'
  return consequences.length === 0 ? '' : ', and existing PVCs do not change'
}

function wayAround(subject: Subject, { podsStopFor, consequences }: Replacement): string {
  const what = new Set(consequences.map((consequence) => consequence.what))
  if (podsStopFor !== undefined) return 'keep the name, or copy the data, when the server may stop'
  if (what.has('claims-never-shrink')) return 'keep the size: PVCs cannot shrink, so copy the data to new ones'
  const resize = what.has('resize-claims-first') ? ', resize the PVCs (kubectl patch pvc)' : ''
  return `set spec.paused: true in the same change${resize}, run "${orphanCommand(subject)}" and set spec.paused: false`
}

/** How the operator calls the StatefulSet that it makes of an object. */
const PREFIXES: Readonly<Record<string, string>> = {
  Prometheus: 'prometheus-',
  PrometheusAgent: 'prom-agent-',
  Alertmanager: 'alertmanager-',
  ThanosRuler: 'thanos-ruler-'
}

/** A sharded server has several, which have a label in common. */
function orphanCommand(subject: Subject): string {
  const { kind, name, namespace, oldObject } = subject
  if (shardsOf(specOf(oldObject)) === 1) {
    return deleteCommand({ ...subject, name: `${PREFIXES[kind]}${name}` }, 'orphan')
  }
  const mode = kind === PROMETHEUS_RESOURCE.kind ? 'server' : 'agent'
  const labels = `operator.prometheus.io/name=${pasteable(name, 'NAME')},operator.prometheus.io/mode=${mode}`
  return `kubectl delete statefulset --cascade=orphan -l ${labels}${inNamespace(namespace)}`
}

function* fewerShards({ object, oldObject }: Subject): Generator<Finding> {
  const [before, after] = [shardsOf(specOf(oldObject)), shardsOf(specOf(object))]
  const { shardRetentionPolicy, persistentVolumeClaimRetentionPolicy } = specOf(object)
  if (after >= before || objectOf(shardRetentionPolicy).whenScaled === 'Retain') return
  const isLost = objectOf(persistentVolumeClaimRetentionPolicy).whenDeleted === 'Delete'
  yield {
    field: ['spec', 'shards'],
    problem: `shards go from ${before} to ${after}: prometheus-operator deletes the StatefulSets of the others, and nothing moves their history`,
    remediation:
      'set spec.shardRetentionPolicy.whenScaled: Retain until the history is no longer needed, or copy it before',
    advice: true,
    ...(isLost && { caution: CLAIMS_GO })
  }
}
