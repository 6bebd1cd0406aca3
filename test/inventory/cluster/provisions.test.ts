import t from 'tap'
import { LIMIT_RANGE, PERSISTENT_VOLUME_CLAIM, STORAGE_CLASS } from '../../../src/core/objects/kinds.ts'
import type { JsonObject } from '../../../src/core/values/json.ts'
import { Provisions } from '../../../src/inventory/cluster/provisions.ts'
import { fakeCluster, forbidden } from '../../helpers/fake-cluster.ts'

const ALL = new Set([PERSISTENT_VOLUME_CLAIM, STORAGE_CLASS, LIMIT_RANGE])

function claim(namespace: string, name: string, parts: JsonObject = {}): JsonObject {
  return { metadata: { name, namespace }, spec: {}, ...parts }
}

function limitRange(namespace: string, name: string, ...limits: readonly JsonObject[]): JsonObject {
  return { metadata: { name, namespace }, spec: { limits } }
}

const STORED = {
  '/api/v1/persistentvolumeclaims': [
    claim('a', 'bound', {
      spec: { storageClassName: 'fast', resources: { requests: { storage: '1Gi' } } },
      status: { phase: 'Bound', capacity: { storage: '2Gi' } }
    }),
    claim('a', 'pending', { spec: { resources: { requests: { storage: '1Gi' } } }, status: { phase: 'Pending' } }),
    { metadata: { name: 'gone', namespace: 'b', deletionTimestamp: '2026-01-01T00:00:00Z' } }
  ],
  '/apis/storage.k8s.io/v1/storageclasses': [
    { metadata: { name: 'fast' }, allowVolumeExpansion: true, reclaimPolicy: 'Retain' },
    { metadata: { name: 'plain' } }
  ],
  '/api/v1/limitranges': [
    limitRange(
      'a',
      'first',
      { type: 'Pod', default: { memory: '9Gi' } },
      { type: 'Container', default: { memory: '1Gi' }, defaultRequest: { cpu: '1' } }
    ),
    limitRange('a', 'second', { type: 'Container', default: { memory: '2Gi', cpu: '2' } })
  ]
}

t.test('what a namespace has', async (t) => {
  const { api, asked } = await fakeCluster(t, STORED)
  const provisions = new Provisions(api)
  const { claims, classes, containerDefaults } = await provisions.in('a', ALL)
  t.strictSame(
    [...(claims ?? [])],
    [
      ['bound', { name: 'bound', phase: 'Bound', size: '2Gi', className: 'fast', isTerminating: false }],
      ['pending', { name: 'pending', phase: 'Pending', size: '1Gi', className: undefined, isTerminating: false }]
    ]
  )
  t.strictSame(
    [...(classes?.values() ?? [])],
    [
      { name: 'fast', isExpandable: true, reclaimPolicy: 'Retain' },
      { name: 'plain', isExpandable: false, reclaimPolicy: 'Delete' }
    ]
  )
  t.strictSame(
    containerDefaults,
    { requests: { cpu: '1' }, limits: { memory: '1Gi', cpu: '2' } },
    'of two LimitRanges the first wins, as in the API server'
  )
  const before = asked.length
  await provisions.in('a', ALL)
  t.equal(asked.length, before, 'a namespace is read once while it is looked at')
  t.match((await provisions.in('b', ALL)).claims?.get('gone'), { size: undefined, isTerminating: true })
  t.equal(asked.length, before + 2, 'and classes once at all')
  await provisions.in('a', ALL)
  t.equal(asked.length, before + 4, 'of a namespace that was left nothing is held')
  t.strictSame(await provisions.in('c', new Set()), { classes }, 'nothing that nobody wants')
  t.strictSame([provisions.withheld, provisions.problems], [[], []])
})

t.test('what is withheld in one namespace is there in another', async (t) => {
  const { api } = await fakeCluster(t, STORED, ({ path }) => (path.includes('/b/') ? forbidden('it') : undefined))
  const provisions = new Provisions(api)
  t.strictSame(Object.keys(await provisions.in('b', ALL)), ['classes'])
  t.strictSame(Object.keys(await provisions.in('a', ALL)).sort(), ['claims', 'classes', 'containerDefaults'])
  t.match(provisions.withheld, [
    { resource: PERSISTENT_VOLUME_CLAIM, why: 'may not be listed', namespaces: ['b'] },
    { resource: LIMIT_RANGE, why: 'may not be listed', namespaces: ['b'] }
  ])
})
