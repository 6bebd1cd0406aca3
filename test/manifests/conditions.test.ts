// The tables of conditions.ts against the shipped conditions, as far as these can be evaluated without an API server, and
// against the policies: whatever a policy has something to say about has to be called for. That the API server calls as
// the tables say is conditions.e2e.ts's to find out.
import t from 'tap'
import type { Cluster } from '../../src/core/cluster.ts'
import { evaluate } from '../../src/core/evaluate.ts'
import { kindOf } from '../../src/core/objects/metadata.ts'
import type { Operation, Phase, Subject } from '../../src/core/subject.ts'
import { withDefaults } from '../../src/inventory/defaults.ts'
import autoshardingLabels from '../../src/policies/autosharding-labels.ts'
import { claimTemplate, container } from '../fixtures/objects.ts'
import { subjectOf } from '../fixtures/reviews.ts'
import { context, defaultPolicies, enforced } from '../helpers/configured.ts'
import { entriesCalled } from './called.ts'
import {
  creations,
  type Manifest,
  MUTATE_POD,
  MUTATE_SET,
  NGINX,
  OPERATE,
  OPERATED,
  positives,
  updates,
  VALIDATE,
  workload
} from './conditions.ts'

const RULES = [...defaultPolicies(), enforced(autoshardingLabels, { onChange: 'restart' })]
/** A version that refuses everything that some version refuses. */
const STRICTEST: Cluster = { version: { major: 1, minor: 31 } }
const PHASES: readonly Phase[] = ['mutate', 'validate']

function isOperated(kind: Manifest['kind']): boolean {
  return OPERATED.some((it) => it === kind)
}

/** The entries whose call would have led to something. */
function needed(operation: Operation, object: Manifest, oldObject: Partial<Manifest> = {}): string[] {
  const { kind, metadata } = object
  const [namespace, name] = [String(metadata.namespace), String(metadata.name)]
  const { group } = kindOf(object)
  return PHASES.filter((phase) => {
    const objects = { object: withDefaults(object), oldObject: withDefaults(oldObject) }
    const subject: Subject = { phases: [phase], operation, group, kind, namespace, name, ...objects }
    // What an object is has been evaluated when its spec was written; only a change of the spec is news.
    if (phase === 'validate' && JSON.stringify(object.spec) === JSON.stringify(oldObject.spec)) return false
    return evaluate(subject, RULES, context({ cluster: STRICTEST })).verdicts.length > 0
  }).map((phase) =>
    phase === 'mutate' ? (kind === 'Pod' ? MUTATE_POD : MUTATE_SET) : isOperated(kind) ? OPERATE : VALIDATE
  )
}

t.test('a new object', async (t) => {
  let findings = 0
  for (const [what, object, expected] of creations()) {
    const entries = needed('CREATE', object)
    findings += entries.length
    for (const entry of entries) t.ok(expected.includes(entry), `${object.kind}, ${what}: ${entry}`)
  }
  t.ok(findings > 20, `${findings} findings`)
})

t.test('a change', async (t) => {
  let findings = 0
  for (const [what, before, after, expected] of updates()) {
    const entries = needed('UPDATE', after, before)
    findings += entries.length
    for (const entry of entries) t.ok(expected.includes(entry), `${before.kind}, ${what}: ${entry}`)
  }
  t.ok(findings > 10, `${findings} findings`)
})

t.test('the shipped conditions are those that the tables tell of', async (t) => {
  for (const [what, object, expected] of creations())
    t.strictSame(entriesCalled(subjectOf(object, undefined)), expected, `${object.kind}, ${what}`)
  for (const [what, before, after, expected] of updates())
    t.strictSame(entriesCalled(subjectOf(after, before)), expected, `${before.kind}, ${what}`)
})

t.test('what a policy finds something in is called for, whatever policy there is', async (t) => {
  for (const { what, subject, entry } of positives()) t.strictSame(entriesCalled(subject), [entry], what)
})

t.test('a change of any field of a StatefulSet that a policy speaks of', async (t) => {
  const fields: Readonly<Record<string, readonly [before: unknown, after: unknown]>> = {
    minReadySeconds: [0, 3],
    ordinals: [{ start: 0 }, { start: 1 }],
    persistentVolumeClaimRetentionPolicy: [{ whenDeleted: 'Retain' }, { whenDeleted: 'Delete' }],
    podManagementPolicy: ['OrderedReady', 'Parallel'],
    replicas: [1, 2],
    revisionHistoryLimit: [10, 3],
    selector: [{ matchLabels: { app: 'a' } }, { matchLabels: { app: 'b' } }],
    serviceName: ['a', 'b'],
    template: [{ spec: { containers: [NGINX] } }, { spec: { containers: [container('app', 'nginx:2')] } }],
    updateStrategy: [{ type: 'RollingUpdate' }, { type: 'OnDelete' }],
    volumeClaimTemplates: [[claimTemplate({ size: '1Gi' })], [claimTemplate({ size: '2Gi' })]]
  }
  const versions = [undefined, ...Array.from({ length: 20 }, (_, index) => ({ major: 1, minor: 28 + index }))]
  const spoken = Object.entries(fields).filter(([field, [before, after]]) => {
    const subject = subjectOf(setWith(field, after), setWith(field, before), ['mutate'])
    const isSpoken = versions.some(
      (version) => evaluate(subject, RULES, context({ cluster: { version } })).verdicts.length > 0
    )
    if (isSpoken) t.strictSame(entriesCalled(subject), [MUTATE_SET], field)
    return isSpoken
  })
  t.ok(spoken.length >= 4, `${spoken.length} fields`)
})

function setWith(field: string, value: unknown): Manifest {
  const set = workload('StatefulSet', [NGINX])
  return { ...set, spec: { ...(set.spec as object), [field]: value } }
}
