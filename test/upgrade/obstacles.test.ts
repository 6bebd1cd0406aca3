import t from 'tap'
import type { JsonObject } from '../../src/core/values/json.ts'
import type { ClusterFacts } from '../../src/upgrade/facts.ts'
import type { Obstacle, ObstacleKind } from '../../src/upgrade/obstacle.ts'
import { obstaclesTo } from '../../src/upgrade/obstacles.ts'
import { claimTemplate, type StatefulSetParts, statefulSet } from '../fixtures/objects.ts'
import { subjectOf } from '../fixtures/reviews.ts'

const FACTS: ClusterFacts = {
  pods: [pod('pgw-0')],
  claims: [claim('data-pgw-0')],
  autoscalers: [],
  classes: [storageClass('fast', true), storageClass('slow', false)]
}

function pod(name: string): JsonObject {
  return { metadata: { name } }
}

function claim(name: string, spec: JsonObject = {}, parts: { phase?: string; metadata?: JsonObject } = {}): JsonObject {
  const { phase = 'Bound', metadata } = parts
  return {
    metadata: { name, ...metadata },
    spec: {
      accessModes: ['ReadWriteOnce'],
      volumeMode: 'Filesystem',
      storageClassName: 'fast',
      resources: { requests: { storage: '2Gi' } },
      ...spec
    },
    status: { phase }
  }
}

function storageClass(name: string, allowVolumeExpansion: boolean, isDefault = false): JsonObject {
  const annotations = { 'storageclass.kubernetes.io/is-default-class': String(isDefault) }
  return { metadata: { name, annotations }, allowVolumeExpansion }
}

function template(spec: JsonObject = {}, size = '2Gi', name = 'data'): JsonObject {
  return claimTemplate({ name, size, spec: { storageClassName: 'fast', ...spec } })
}

function requesting(storage: string): JsonObject {
  return { resources: { requests: { storage } } }
}

function autoscaler(status: JsonObject): ClusterFacts {
  return { ...FACTS, autoscalers: [{ metadata: { name: 'pgw' }, status }] }
}

/** What runs, with metadata as the API server writes it. */
function running(metadata: JsonObject): JsonObject {
  const set = statefulSet({ templates: [template()] })
  return { ...set, metadata: { ...(set.metadata as JsonObject), ...metadata } }
}

const labels = (key: string) => ({ labels: { [key]: 'a' } })
const annotations = (key: string) => ({ annotations: { [key]: 'a' } })

interface Case {
  readonly name: string
  readonly before?: StatefulSetParts
  readonly after?: StatefulSetParts
  readonly old?: JsonObject
  readonly facts?: ClusterFacts
  readonly gitOpsPaused?: true
  readonly kinds: readonly ObstacleKind[]
  readonly says?: RegExp
}

const templates = (...all: JsonObject[]) => ({ templates: all })
const partition = (number: number) => ({
  spec: { updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: number } } }
})

const CASES: readonly Case[] = [
  { name: 'nothing in the way', kinds: [] },
  {
    name: 'a controller',
    before: { owner: { apiVersion: 'elasticsearch.k8s.elastic.co/v1', kind: 'Elasticsearch', name: 'main' } },
    kinds: ['owner'],
    says: /^Elasticsearch \(elasticsearch\.k8s\.elastic\.co\) controls it/
  },
  { name: 'prometheus-operator', before: labels('operator.prometheus.io/name'), kinds: ['owner'] },
  { name: 'prometheus-operator from now on', after: labels('operator.prometheus.io/name'), kinds: ['owner'] },
  {
    name: 'Argo CD, by annotation',
    before: annotations('argocd.argoproj.io/tracking-id'),
    kinds: ['gitops'],
    says: /Argo CD/
  },
  { name: 'Argo CD, by label', before: labels('argocd.argoproj.io/instance'), kinds: ['gitops'] },
  { name: 'a Kustomization', before: labels('kustomize.toolkit.fluxcd.io/name'), kinds: ['gitops'], says: /Flux/ },
  { name: 'a HelmRelease', before: labels('helm.toolkit.fluxcd.io/name'), kinds: ['gitops'] },
  {
    name: 'a HelmRelease that is suspended',
    before: labels('helm.toolkit.fluxcd.io/name'),
    gitOpsPaused: true,
    kinds: []
  },
  {
    name: 'a deletion',
    old: running({ deletionTimestamp: '2026-01-01T00:00:00Z', finalizers: ['foregroundDeletion'] }),
    kinds: ['terminating']
  },
  {
    name: 'finalizers',
    old: running({ finalizers: ['example.com/wait'] }),
    kinds: ['finalizers'],
    says: /example\.com/
  },
  { name: 'ordinals that run', before: { spec: { ordinals: { start: 2 } } }, kinds: ['ordinals'] },
  { name: 'ordinals that are to run', after: { spec: { ordinals: { start: 2 } } }, kinds: ['ordinals'] },
  { name: 'ordinals from 0 on', before: { spec: { ordinals: { start: 0 } } }, kinds: [] },
  { name: 'a partition', before: partition(1), kinds: ['partition'] },
  { name: 'a partition from now on', after: partition(1), kinds: ['partition'] },
  { name: 'an autoscaler at rest', facts: autoscaler({ desiredReplicas: 1, currentReplicas: 1 }), kinds: [] },
  { name: 'an autoscaler before its first look', facts: autoscaler({}), kinds: [] },
  {
    name: 'an autoscaler at work',
    facts: autoscaler({ desiredReplicas: 3, currentReplicas: 1 }),
    kinds: ['autoscaler'],
    says: /from 1 to 3/
  },
  {
    name: 'an autoscaler that has just changed the number',
    facts: autoscaler({ desiredReplicas: 2, currentReplicas: 2 }),
    kinds: ['autoscaler']
  },
  {
    name: 'a template of another name',
    before: templates(template()),
    after: templates(template({}, '2Gi', 'storage')),
    kinds: ['renamed-template']
  },
  {
    name: 'a template more',
    before: templates(template()),
    after: templates(template(), template({}, '1Gi', 'wal')),
    kinds: []
  },
  { name: 'a PVC that is missing', facts: { ...FACTS, claims: [] }, kinds: ['missing-claim'], says: /data-pgw-0/ },
  { name: 'no PVC, and no Pod either', facts: { ...FACTS, pods: [], claims: [] }, kinds: [] },
  {
    name: 'a PVC that goes with its Pod',
    facts: { ...FACTS, claims: [claim('data-pgw-0', {}, { metadata: { deletionTimestamp: 'now' } })] },
    kinds: ['terminating-claim']
  },
  {
    name: 'a smaller size',
    before: templates(template({}, '2Gi')),
    after: templates(template({}, '1Gi')),
    kinds: ['shrink'],
    says: /more than "1Gi": data-pgw-0$/
  },
  {
    name: 'a smaller size, which the PVCs have',
    before: templates(template({}, '2Gi')),
    after: templates(template({}, '1Gi')),
    facts: { ...FACTS, claims: [claim('data-pgw-0', requesting('1024Mi'))] },
    kinds: []
  },
  { name: 'a larger size', before: templates(template({}, '2Gi')), after: templates(template({}, '3Gi')), kinds: [] },
  {
    name: 'a larger size, of PVCs that are larger still',
    before: templates(template({}, '2Gi')),
    after: templates(template({}, '3Gi')),
    facts: { ...FACTS, claims: [claim('data-pgw-0', { ...requesting('9Gi'), storageClassName: 'slow' })] },
    kinds: []
  },
  {
    name: 'PVCs that somebody has resized, and a template that stays',
    before: templates(template({}, '1Gi')),
    after: templates(template({}, '1024Mi')),
    kinds: []
  },
  {
    name: 'a larger size, of a class that does not expand',
    before: templates(template({}, '2Gi')),
    after: templates(template({}, '3Gi')),
    facts: { ...FACTS, claims: [claim('data-pgw-0', { storageClassName: 'slow' })] },
    kinds: ['expansion'],
    says: /"slow"/
  },
  {
    name: 'a larger size, of no class at all',
    before: templates(template({}, '2Gi')),
    after: templates(template({}, '3Gi')),
    facts: { ...FACTS, claims: [claim('data-pgw-0', { storageClassName: undefined })] },
    kinds: ['expansion'],
    says: /none/
  },
  {
    name: 'a larger size, of a PVC without a volume',
    before: templates(template({}, '2Gi')),
    after: templates(template({}, '3Gi')),
    facts: { ...FACTS, claims: [claim('data-pgw-0', {}, { phase: 'Pending' })] },
    kinds: ['unbound-claim']
  },
  {
    name: 'another class',
    before: templates(template()),
    after: templates(template({ storageClassName: 'slow' })),
    kinds: ['class'],
    says: /"slow".*"fast"/
  },
  {
    name: 'the class that the PVCs have',
    before: templates(template({ storageClassName: undefined })),
    after: templates(template({ storageClassName: 'fast' })),
    kinds: []
  },
  {
    name: 'no class, where the default one is theirs',
    before: templates(template()),
    after: templates(template({ storageClassName: undefined })),
    facts: { ...FACTS, classes: [storageClass('fast', true, true)] },
    kinds: []
  },
  {
    name: 'no class, where the default one is another',
    before: templates(template()),
    after: templates(template({ storageClassName: undefined })),
    facts: { ...FACTS, classes: [storageClass('slow', true, true)] },
    kinds: ['class'],
    says: /none, which here is "slow"/
  },
  {
    name: 'no class, where there is no default one',
    before: templates(template()),
    after: templates(template({ storageClassName: undefined })),
    kinds: ['class'],
    says: /none, which here is none/
  },
  {
    name: 'an empty class is not the same as none',
    before: templates(template({ storageClassName: undefined })),
    after: templates(template({ storageClassName: '' })),
    kinds: ['class']
  },
  {
    name: 'another access mode',
    before: templates(template()),
    after: templates(template({ accessModes: ['ReadWriteMany'] })),
    kinds: ['access-modes']
  },
  {
    name: 'the access mode that the PVCs have',
    before: templates(template({ accessModes: ['ReadWriteMany'] })),
    after: templates(template()),
    kinds: []
  },
  {
    name: 'another volume mode',
    before: templates(template()),
    after: templates(template({ volumeMode: 'Block' })),
    kinds: ['volume-mode']
  },
  {
    name: 'another source',
    before: templates(template()),
    after: templates(template({ dataSource: { kind: 'VolumeSnapshot', name: 'a' } })),
    kinds: ['source'],
    says: /dataSource/
  },
  {
    name: 'a source that leaves nothing out',
    before: templates(template()),
    after: templates(template({ selector: { matchLabels: {} } })),
    kinds: ['source']
  },
  {
    name: 'several reasons at once',
    before: { ...templates(template()), ...labels('kustomize.toolkit.fluxcd.io/name') },
    after: { ...templates(template({}, '1Gi')), ...partition(1) },
    kinds: ['gitops', 'partition', 'shrink']
  }
]

function found({ before, after = before, old, facts = FACTS, gitOpsPaused }: Case): Obstacle[] {
  const options = gitOpsPaused === undefined ? {} : { gitOpsPaused }
  const set = (parts: StatefulSetParts = {}) => statefulSet({ ...templates(template()), ...parts })
  return obstaclesTo(subjectOf(set(after), old ?? set(before)), facts, options)
}

for (const one of CASES) {
  t.test(one.name, async (t) => {
    const obstacles = found(one)
    t.strictSame(
      obstacles.map(({ kind }) => kind),
      one.kinds
    )
    if (one.says !== undefined) t.match(obstacles[0]?.reason, one.says)
    for (const { reason, fix } of obstacles)
      t.notMatch(`${reason}\n${fix}`, /\.$/m, 'the full stop comes with the sentence')
  })
}
