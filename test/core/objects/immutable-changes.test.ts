import type { IStatefulSetSpec } from 'kubernetes-models/apps/v1/StatefulSetSpec'
import t from 'tap'
import { type Cluster, parseVersion, UNKNOWN_CLUSTER } from '../../../src/core/cluster.ts'
import { immutableChangesOf } from '../../../src/core/objects/immutable-changes.ts'
import type { JsonObject } from '../../../src/core/values/json.ts'
import { fieldPath } from '../../../src/core/values/path.ts'
import { withDefaults } from '../../../src/inventory/defaults.ts'
import { type ClaimTemplateParts, claimTemplate, type StatefulSetParts, statefulSet } from '../../fixtures/objects.ts'
import { subjectOf } from '../../fixtures/reviews.ts'

const VERSIONS = ['1.25', '1.26', '1.30', '1.31', '1.32', '1.33', '1.34', '1.36', '1.40'] as const

function clusterOf(version: string): Cluster {
  return { version: parseVersion(version) }
}

interface Field {
  /** What one of them says before and after. */
  readonly changes: readonly (readonly [before: JsonObject, after: JsonObject])[]
  /** From which version on an update may change it. */
  readonly mutableFrom: 'always' | 'never' | '1.33'
}

const templates = (parts: ClaimTemplateParts): JsonObject => ({ volumeClaimTemplates: [claimTemplate(parts)] })

/** Every field of the model: one that a later version of Kubernetes adds is a type error until somebody has looked. */
const FIELDS: Readonly<Record<keyof IStatefulSetSpec, Field>> = {
  replicas: { changes: [[{ replicas: 1 }, { replicas: 2 }]], mutableFrom: 'always' },
  template: { changes: [[{}, { template: { metadata: { labels: { a: '1' } } } }]], mutableFrom: 'always' },
  updateStrategy: { changes: [[{ updateStrategy: { type: 'OnDelete' } }, {}]], mutableFrom: 'always' },
  minReadySeconds: { changes: [[{}, { minReadySeconds: 9 }]], mutableFrom: 'always' },
  ordinals: { changes: [[{}, { ordinals: { start: 1 } }]], mutableFrom: 'always' },
  persistentVolumeClaimRetentionPolicy: {
    changes: [[{}, { persistentVolumeClaimRetentionPolicy: { whenDeleted: 'Delete', whenScaled: 'Retain' } }]],
    mutableFrom: 'always'
  },
  revisionHistoryLimit: {
    changes: [[{ revisionHistoryLimit: 10 }, { revisionHistoryLimit: 0 }]],
    mutableFrom: '1.33'
  },
  serviceName: { changes: [[{ serviceName: 'a' }, { serviceName: 'b' }]], mutableFrom: 'never' },
  podManagementPolicy: { changes: [[{}, { podManagementPolicy: 'Parallel' }]], mutableFrom: 'never' },
  selector: { changes: [[{}, { selector: { matchLabels: { app: 'other' } } }]], mutableFrom: 'never' },
  volumeClaimTemplates: {
    changes: [
      [{}, templates({ labels: { a: '1' } })],
      [{}, templates({ annotations: { a: '1' } })],
      [{}, templates({ size: '9Gi' })]
    ],
    mutableFrom: 'never'
  }
}

t.test('which fields an update may change, by version', async (t) => {
  for (const [field, { changes, mutableFrom }] of Object.entries(FIELDS)) {
    for (const [before, after] of changes) {
      const subject = subjectOf(statefulSet({ spec: after }), statefulSet({ spec: before }))
      for (const version of VERSIONS) {
        const { refused, uncertain } = immutableChangesOf(subject, clusterOf(version))
        const isMutable = mutableFrom === 'always' || Number(version) >= Number(mutableFrom)
        t.equal(refused === undefined, isMutable, `${field} on ${version}`)
        t.equal(uncertain, undefined, `${field} on ${version}: nothing is left open`)
      }
      const unknown = immutableChangesOf(subject, UNKNOWN_CLUSTER)
      t.equal(unknown.refused !== undefined, mutableFrom === 'never', `${field} on an unknown version: refused by all`)
      t.equal(unknown.uncertain !== undefined, mutableFrom === '1.33', `${field} on an unknown version: by some`)
    }
  }
})

t.test('what can be put back', async (t) => {
  const labels = { templates: [claimTemplate({ labels: { v: '2' }, annotations: { a: '1' } })] }
  const limit = { spec: { revisionHistoryLimit: 3 } }
  const size = { templates: [claimTemplate({ size: '9Gi' })] }
  const paths = {
    labels: 'spec.volumeClaimTemplates[*].metadata.labels',
    annotations: 'spec.volumeClaimTemplates[*].metadata.annotations',
    limit: 'spec.revisionHistoryLimit'
  }
  const table: readonly (readonly [string, StatefulSetParts, string, readonly string[]])[] = [
    ['labels and annotations', labels, '1.36', [paths.labels, paths.annotations]],
    ['a limit', limit, '1.32', [paths.limit]],
    ['all of them', { ...labels, ...limit }, '1.32', [paths.labels, paths.annotations, paths.limit]],
    ['of these what is refused', { ...labels, ...limit }, '1.33', [paths.labels, paths.annotations]],
    ['a size', size, '1.36', []],
    ['a size with a limit', { ...size, ...limit }, '1.32', []]
  ]
  for (const [name, parts, version, expected] of table) {
    const { refused } = immutableChangesOf(subjectOf(statefulSet(parts), statefulSet()), clusterOf(version))
    t.strictSame(
      refused?.restorable.map(({ path }) => fieldPath(path)),
      expected,
      `${name} on ${version}`
    )
  }
})

/** Spellings of a part of a claim template in files: two of them, and whether the API server tells them apart. */
const SPELLINGS: readonly (readonly [name: string, before: JsonObject, after: JsonObject, differs: boolean])[] = [
  ['a status that the API server fills in', {}, { status: { phase: 'Pending' } }, false],
  ['a status that says nothing', {}, { status: {} }, false],
  ['a status of null', { status: null }, { status: { phase: '' } }, false],
  ['a phase', {}, { status: { phase: 'Bound' } }, true],
  ['a phase that goes', { status: { phase: 'Bound' } }, {}, true],
  [
    'a capacity in two units',
    { status: { capacity: { storage: '1Gi' } } },
    { status: { capacity: { storage: '1024Mi' } } },
    false
  ],
  ['another capacity', {}, { status: { capacity: { storage: '1Gi' } } }, true],
  ['a selector of PVCs', {}, { spec: { selector: {} } }, true],
  ['a selector of PVCs without labels', {}, { spec: { selector: { matchLabels: {} } } }, true],
  ['a selector of PVCs with nothing in it', {}, { spec: { selector: { matchLabels: null } } }, true],
  ['a selector of PVCs that is null', {}, { spec: { selector: null } }, false],
  ['two empty selectors', { spec: { selector: {} } }, { spec: { selector: { matchLabels: {} } } }, false],
  [
    'two empty selectors, the other way round',
    { spec: { selector: { matchLabels: {}, matchExpressions: [] } } },
    { spec: { selector: {} } },
    false
  ],
  ['a data source', {}, { spec: { dataSource: {} } }, true],
  ['a data source that is null', {}, { spec: { dataSource: null } }, false],
  ['another data source', { spec: { dataSourceRef: {} } }, {}, true],
  ['apiVersion and kind', {}, { apiVersion: 'v1', kind: 'PersistentVolumeClaim' }, false],
  ['creationTimestamp', {}, { metadata: { name: 'data', creationTimestamp: null } }, false]
]

t.test('spellings in files', async (t) => {
  const filed = (template: JsonObject): JsonObject =>
    withDefaults({
      apiVersion: 'apps/v1',
      kind: 'StatefulSet',
      metadata: { name: 'a' },
      spec: { volumeClaimTemplates: [{ metadata: { name: 'data' }, ...template }] }
    })
  for (const [name, before, after, differs] of SPELLINGS) {
    const { refused } = immutableChangesOf(subjectOf(filed(after), filed(before)), UNKNOWN_CLUSTER)
    t.equal(refused !== undefined, differs, name)
    t.strictSame(refused?.restorable ?? [], [], `${name}: no spelling is put back`)
  }
})
