import type { JsonObject } from '../../src/core/values/json.ts'
import { Random } from '../helpers/random.ts'

/** StatefulSets as files spell them, and what an update makes of them. Nothing here knows which updates are refused. */

export interface Generated {
  readonly before: JsonObject
  /** Each is an update of `before`, and of no other one. */
  readonly updates: readonly JsonObject[]
}

/** A StatefulSet and its updates, which its number and the seed decide. */
export function generatedBase(seed: string, number: number, updates: number): Generated {
  const random = new Random(`${seed}/${number}`)
  const fields = drawn(random, SET)
  fields.volumeClaimTemplates = templates(random)
  const before = statefulSet(number, fields)
  return {
    before,
    updates: Array.from({ length: updates }, () => statefulSet(number, changed(random, fields)))
  }
}

const ABSENT = Symbol('absent')

type Pools = Readonly<Record<string, readonly unknown[]>>
type Fields = Record<string, unknown>

const QUANTITIES = [
  ...[
    '1Gi',
    '1024Mi',
    '1073741824',
    1073741824,
    '1.0Gi',
    '+1Gi',
    '1073741824000m',
    '1048576Ki',
    '0.5Gi',
    '.5Gi',
    '1.Gi'
  ],
  ...[
    '2Gi',
    '2G',
    '2e9',
    '2E9',
    '2000000000',
    2e9,
    '2000M',
    '2000000k',
    '2000000000000000u',
    '2.000G',
    '1Ti',
    '1024Gi'
  ],
  ...['8Ei', '9Ei', '9223372036854775807', '9223372036854775808', '10000P', '1E', '1e18', '100E', '1n', '0.1n', '1u'],
  ...['1e-9', '1e-10', '1.0000000001', '1.0000000000001Gi', '1', '1000m', '1m', '999u', '0001Gi', '1e0', '12e6', '12M']
]
const STORAGE: readonly unknown[] = ['1Gi', '1Gi', '1Gi', '1024Mi', '2Gi', ...QUANTITIES]

const TIMES = [ABSENT, null, '2024-01-01T00:00:00Z', '2024-01-01T01:00:00+01:00', '2025-01-01T00:00:00Z']

const LABELS: readonly unknown[] = [
  ...[
    ABSENT,
    ABSENT,
    null,
    {},
    { app: 'a' },
    { chart: 'x-1.0.0' },
    { chart: 'x-1.1.0' },
    { chart: 'x-1.1.0', app: 'a' }
  ],
  ...[{ 'helm.sh/chart': 'x-1', 'app.kubernetes.io/version': '1' }, { 'helm.sh/chart': 'x-2' }, { chart: '' }],
  ...[{ chart: null }, { constructor: 'a' }, { status: 'a', spec: 'b' }, { resources: '1Gi' }, { resources: '1024Mi' }]
]

const ANNOTATIONS: readonly unknown[] = [
  ...LABELS,
  { note: 'several\nlines \u001b[2J' },
  { note: ' 😀' },
  { note: '{"a": [1]}' }
]

const METADATA: Pools = {
  labels: LABELS,
  annotations: ANNOTATIONS,
  ...rarely({
    namespace: [null, '', 'oracle', 'elsewhere'],
    generateName: [null, '', 'data-'],
    finalizers: [null, [], ['example.com/keep'], ['example.com/keep', 'example.com/other']],
    ownerReferences: [null, [], [{ apiVersion: 'v1', kind: 'ConfigMap', name: 'a', uid: 'b' }]],
    creationTimestamp: TIMES,
    deletionTimestamp: TIMES,
    deletionGracePeriodSeconds: [null, 0, 30],
    uid: [null, '', '00000000-0000-4000-8000-000000000000'],
    resourceVersion: [null, '', '7'],
    generation: [null, 0, 7],
    selfLink: [null, '', '/a'],
    managedFields: [null, [], [{ manager: 'a', operation: 'Apply', apiVersion: 'v1' }]],
    unknown: ['a', 'b']
  })
}

const REFERENCES = [
  ...[null, {}, { kind: 'PersistentVolumeClaim', name: 'old' }, { kind: 'PersistentVolumeClaim', name: 'older' }],
  ...[null, ''].map((apiGroup) => ({ apiGroup, kind: 'PersistentVolumeClaim', name: 'old' })),
  { apiGroup: 'snapshot.storage.k8s.io', kind: 'VolumeSnapshot', name: 'old' },
  { apiGroup: 'snapshot.storage.k8s.io', kind: 'VolumeSnapshot', name: 'old', namespace: '' }
]

const CLAIM: Pools = {
  accessModes: [
    ...[['ReadWriteOnce'], ['ReadWriteOnce'], ['ReadWriteOnce'], ['ReadWriteMany'], ['ReadWriteOncePod']],
    ...[
      ['ReadWriteOnce', 'ReadOnlyMany'],
      ['ReadOnlyMany', 'ReadWriteOnce'],
      ['ReadWriteOnce', 'ReadWriteOnce']
    ]
  ],
  storageClassName: [ABSENT, ABSENT, null, '', 'fast', 'slow'],
  volumeMode: [ABSENT, ABSENT, null, '', 'Filesystem', 'Block'],
  ...rarely({
    volumeAttributesClassName: [null, '', 'gold', 'silver'],
    selector: [
      ...[
        null,
        {},
        { matchLabels: {} },
        { matchLabels: null },
        { matchLabels: { a: 'b' } },
        { matchLabels: { a: '' } }
      ],
      ...[{ matchExpressions: [] }, { matchExpressions: null }, { matchLabels: {}, matchExpressions: [] }],
      ...[{ matchExpressions: [{ key: 'a', operator: 'Exists' }] }, { matchLabels: { a: null } }],
      ...[null, []].map((values) => ({ matchExpressions: [{ key: 'a', operator: 'Exists', values }] }))
    ],
    volumeName: [null, '', 'pv-1'],
    dataSource: REFERENCES,
    dataSourceRef: REFERENCES,
    unknown: ['a', 'b']
  })
}

const STATUS: readonly unknown[] = [
  ...[ABSENT, ABSENT, ABSENT, null, {}, { phase: '' }, { phase: 'Pending' }, { phase: null }, { phase: 'Bound' }],
  ...[{ capacity: { storage: '1Gi' } }, { capacity: { storage: '1024Mi' } }, { capacity: {} }, { capacity: null }],
  ...[{ accessModes: ['ReadWriteOnce'] }, { accessModes: [] }, { conditions: [] }, { conditions: null }],
  ...[{ conditions: [{ type: 'Resizing', status: 'True' }] }, { allocatedResources: { storage: '1Gi' } }],
  ...[{ allocatedResources: { storage: '1024Mi' } }, { allocatedResourceStatuses: { storage: 'NodeResizePending' } }],
  ...[{ currentVolumeAttributesClassName: 'gold' }, { currentVolumeAttributesClassName: '' }],
  ...[{ modifyVolumeStatus: { status: 'Pending', targetVolumeAttributesClassName: '' } }, { modifyVolumeStatus: null }],
  ...[{ conditions: [{ type: 'Resizing', status: 'True', lastProbeTime: null }] }]
]

const TEMPLATE: Pools = {
  apiVersion: [ABSENT, ABSENT, 'v1', null, '', 'v2'],
  kind: [ABSENT, ABSENT, 'PersistentVolumeClaim', null, '', 'Claim'],
  status: STATUS
}

const SELECTORS = [
  ...[{ matchLabels: { app: 'a' } }, { matchLabels: { app: 'a' } }, { matchLabels: { app: 'a' } }],
  ...[{ matchLabels: { app: 'a', tier: 'b' } }, { matchLabels: { app: 'a', empty: '' } }],
  ...[null, []].map((matchExpressions) => ({ matchLabels: { app: 'a' }, matchExpressions })),
  { matchLabels: { app: 'a', empty: null } },
  { matchExpressions: [{ key: 'app', operator: 'In', values: ['a', 'c'] }] },
  { matchExpressions: [{ key: 'app', operator: 'In', values: ['c', 'a'] }] },
  ...[ABSENT, null, []].map((values) => ({
    matchLabels: null,
    matchExpressions: [withValues({ key: 'app', operator: 'Exists' }, values)]
  })),
  { matchLabels: {}, matchExpressions: [{ key: 'tier', operator: 'Exists' }] }
]

function withValues(expression: JsonObject, values: unknown): JsonObject {
  return values === ABSENT ? expression : { ...expression, values }
}

/** Fields of the spec but for claim templates, with the labels and annotations of the object itself. */
const SET: Pools = {
  metadataLabels: [ABSENT, null, {}, { chart: 'x-1' }, { chart: 'x-2' }],
  metadataAnnotations: [ABSENT, null, { a: 'b' }, { a: 'c' }],
  status: [ABSENT, ABSENT, null, { replicas: 0 }, { replicas: 3, readyReplicas: 1 }],
  replicas: [ABSENT, null, 0, 1, 3],
  serviceName: [ABSENT, null, '', 'a', 'a', 'b'],
  podManagementPolicy: [ABSENT, null, '', 'OrderedReady', 'OrderedReady', 'Parallel'],
  revisionHistoryLimit: [ABSENT, ABSENT, null, 0, 10, 5],
  minReadySeconds: [ABSENT, null, 0, 5],
  ordinals: [ABSENT, null, {}, { start: 0 }, { start: 2 }, { start: null }],
  persistentVolumeClaimRetentionPolicy: [
    ...[ABSENT, null, {}, { whenDeleted: 'Delete' }, { whenDeleted: 'Retain', whenScaled: 'Retain' }],
    ...[{ whenScaled: 'Delete' }, { whenDeleted: '', whenScaled: null }]
  ],
  updateStrategy: [
    ...[ABSENT, null, {}, { type: '' }, { type: 'OnDelete' }, { type: 'RollingUpdate' }, { rollingUpdate: {} }],
    ...[{ type: 'RollingUpdate', rollingUpdate: null }, { rollingUpdate: { partition: 0 } }],
    ...[{ rollingUpdate: { partition: 1 } }, { rollingUpdate: { maxUnavailable: 1 } }]
  ],
  selector: SELECTORS,
  image: ['a:1', 'a:2', 'quay.io/prometheus/pushgateway:v1.11.3'],
  grace: [ABSENT, null, 0, 30, 60],
  unknown: [ABSENT, ABSENT, 'a']
}

/** Mostly absent, so that an object has few of such fields at once. */
function rarely(pools: Pools): Pools {
  const draws = (pool: readonly unknown[]): readonly unknown[] => [
    ...Array.from({ length: pool.length * 9 }, () => ABSENT),
    ...pool
  ]
  return Object.fromEntries(Object.entries(pools).map(([name, pool]) => [name, draws(pool)]))
}

function drawn(random: Random, pools: Pools): Fields {
  return Object.fromEntries(Object.entries(pools).map(([name, pool]) => [name, random.pick(pool)]))
}

const NAMES = ['data', 'wal', 'tmp']

/** Nothing, or templates whose names differ. */
function templates(random: Random): unknown {
  if (random.chance(0.1)) return random.pick([ABSENT, null, []])
  const names = NAMES.slice(0, random.chance(0.7) ? 1 : 1 + random.below(NAMES.length))
  return names.map((name) => template(random, name))
}

interface Template {
  readonly name: string
  readonly metadata: Fields
  readonly spec: Fields
  readonly storage: unknown
  readonly limit: unknown
  readonly own: Fields
}

function template(random: Random, name: string): Template {
  return {
    name,
    metadata: drawn(random, METADATA),
    spec: drawn(random, CLAIM),
    storage: random.pick(STORAGE),
    limit: random.chance(0.1) ? random.pick([null, '2Ti', '2048Gi', '1Ei']) : ABSENT,
    own: drawn(random, TEMPLATE)
  }
}

/** Up to three changes; none at all is an update, too. */
function changed(random: Random, fields: Fields): Fields {
  let next = fields
  for (let more = random.pick([0, 1, 1, 1, 1, 2, 2, 3]); more > 0; more--) next = withOneChange(random, next)
  return next
}

function withOneChange(random: Random, fields: Fields): Fields {
  const { volumeClaimTemplates: list } = fields
  if (!Array.isArray(list) || list.length === 0 || random.chance(0.4)) {
    const name = random.pick([...Object.keys(SET), 'volumeClaimTemplates'])
    const value = name === 'volumeClaimTemplates' ? templates(random) : random.pick(SET[name] as readonly unknown[])
    return { ...fields, [name]: value }
  }
  return { ...fields, volumeClaimTemplates: withChangedTemplates(random, list) }
}

function withChangedTemplates(random: Random, list: readonly Template[]): readonly Template[] {
  const kind = random.below(20)
  if (kind === 0) return list.slice(1)
  if (kind === 1) return list.toReversed()
  if (kind === 2) return [...list, template(random, 'more')]
  const at = random.below(list.length)
  const one = list[at] as Template
  return list.with(at, kind === 3 ? { ...one, name: 'other' } : changedTemplate(random, one))
}

function changedTemplate(random: Random, one: Template): Template {
  const kind = random.below(7)
  if (kind === 0) return { ...one, storage: random.pick(STORAGE) }
  if (kind === 1) return { ...one, own: withOneOf(random, one.own, TEMPLATE) }
  if (kind === 2) return { ...one, metadata: { ...one.metadata, labels: random.pick(LABELS) } }
  if (kind === 3) return { ...one, metadata: { ...one.metadata, annotations: random.pick(ANNOTATIONS) } }
  if (kind === 4) return { ...one, metadata: withOneOf(random, one.metadata, METADATA) }
  return { ...one, spec: withOneOf(random, one.spec, CLAIM) }
}

function withOneOf(random: Random, fields: Fields, pools: Pools): Fields {
  const name = random.pick(Object.keys(pools))
  // A pool that is mostly "absent" would mostly change nothing.
  const values = (pools[name] as readonly unknown[]).filter((value) => value !== fields[name])
  return { ...fields, [name]: random.pick([...new Set(values)]) }
}

/** Labels that each of the selectors chooses. */
const POD_LABELS = { app: 'a', tier: 'b', empty: '' }

function statefulSet(number: number, fields: Fields): JsonObject {
  const { metadataLabels, metadataAnnotations, status, image, grace, volumeClaimTemplates, ...spec } = fields
  const list = Array.isArray(volumeClaimTemplates) ? volumeClaimTemplates.map(claimTemplate) : volumeClaimTemplates
  const object = {
    apiVersion: 'apps/v1',
    kind: 'StatefulSet',
    metadata: {
      name: `set-${number}`,
      namespace: 'oracle',
      labels: metadataLabels,
      annotations: metadataAnnotations
    },
    spec: {
      ...spec,
      template: {
        metadata: { labels: POD_LABELS },
        spec: { containers: [{ name: 'main', image }], terminationGracePeriodSeconds: grace }
      },
      volumeClaimTemplates: list
    },
    status
  }
  return withoutAbsent(object) as JsonObject
}

function claimTemplate({ name, metadata, spec, storage, limit, own }: Template): object {
  const resources = { requests: { storage }, limits: limit === ABSENT ? ABSENT : { storage: limit } }
  return { ...own, metadata: { name, ...metadata }, spec: { ...spec, resources } }
}

function withoutAbsent(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutAbsent)
  if (typeof value !== 'object' || value === null) return value
  const present = Object.entries(value).filter(([, inner]) => inner !== ABSENT)
  return Object.fromEntries(present.map(([key, inner]) => [key, withoutAbsent(inner)]))
}
