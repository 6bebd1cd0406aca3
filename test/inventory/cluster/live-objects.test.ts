import t from 'tap'
import { POD, STATEFUL_SET } from '../../../src/core/objects/kinds.ts'
import type { JsonObject } from '../../../src/core/values/json.ts'
import { LiveObjects } from '../../../src/inventory/cluster/live-objects.ts'
import { pod, statefulSet } from '../../fixtures/objects.ts'
import { type Answer, fakeCluster, forbidden, type Intercept, status } from '../../helpers/fake-cluster.ts'

const RUNS = stored(statefulSet({ image: 'prom/pushgateway:v1.9.0' }), 'lab')

function stored(object: JsonObject, namespace: string): JsonObject {
  return { ...object, metadata: { ...(object.metadata as JsonObject), namespace } }
}

function without(object: JsonObject, ...keys: readonly string[]): JsonObject {
  const metadata = { ...(object.metadata as JsonObject) }
  for (const key of keys) delete metadata[key]
  return { ...object, metadata }
}

const PATH = `/apis/apps/v1/namespaces/lab/statefulsets/${(RUNS.metadata as JsonObject).name}`

function answering(answer: Answer): Intercept {
  return ({ path }) => (path === PATH ? answer : undefined)
}

const cases: readonly {
  readonly name: string
  readonly object: JsonObject
  readonly intercept?: Intercept
  readonly found: object
  readonly asked: readonly string[]
}[] = [
  {
    name: 'an object that runs',
    object: stored(statefulSet(), 'lab'),
    found: { kind: 'known', object: RUNS },
    asked: [`GET ${PATH}`]
  },
  {
    name: 'one that names no namespace is in that of the context',
    object: without(statefulSet(), 'namespace'),
    found: { kind: 'known', object: RUNS },
    asked: [`GET ${PATH}`]
  },
  {
    name: 'one of another namespace',
    object: stored(statefulSet(), 'other'),
    found: { kind: 'new' },
    asked: [`GET ${PATH.replace('/lab/', '/other/')}`]
  },
  {
    name: 'one whose name the API server generates is not asked for',
    object: { ...without(statefulSet(), 'name'), metadata: { generateName: 'pgw-' } },
    found: { kind: 'new' },
    asked: []
  },
  {
    name: 'not allowed to read it: that is something else than new',
    object: stored(statefulSet(), 'lab'),
    intercept: answering(forbidden('statefulsets.apps')),
    found: { kind: 'unread', problem: { error: { code: 'CLUSTER_FORBIDDEN' }, namespaces: ['lab'] } },
    asked: [`GET ${PATH}`]
  },
  {
    name: 'an answer that is something else',
    object: stored(statefulSet(), 'lab'),
    intercept: answering({ status: 200, body: { kind: 'Status', metadata: {} } }),
    found: { kind: 'unread', problem: { error: { code: 'CLUSTER_INCOMPLETE' } } },
    asked: [`GET ${PATH}`]
  },
  {
    name: 'a refusal for a reason of its own',
    object: stored(statefulSet(), 'lab'),
    intercept: answering(status(400, 'bad request')),
    found: { kind: 'unread', problem: { error: { code: 'CLUSTER_INCOMPLETE', message: /bad request/ } } },
    asked: [`GET ${PATH}`]
  }
]

t.test('what runs now', async (t) => {
  for (const { name, object, intercept, found, asked } of cases) {
    await t.test(name, async (t) => {
      const cluster = await fakeCluster(t, { '/apis/apps/v1/statefulsets': [RUNS] }, intercept)
      const live = new LiveObjects(cluster.api, 'lab')
      t.match(await live.find(object, STATEFUL_SET, 'new.yaml:1'), found)
      t.strictSame([...new Set(cluster.asked)], asked)
    })
  }
})

t.test('an object is read once, and two that differ want the same one', async (t) => {
  const cluster = await fakeCluster(t, { '/apis/apps/v1/statefulsets': [RUNS] })
  const live = new LiveObjects(cluster.api, 'lab')
  t.match(await live.find(stored(statefulSet(), 'lab'), STATEFUL_SET, 'a.yaml:1'), { kind: 'known' })
  t.match(
    await live.find(stored(statefulSet(), 'lab'), STATEFUL_SET, 'b.yaml:1'),
    { kind: 'known' },
    'the same once more'
  )
  const other = stored(statefulSet({ image: 'prom/pushgateway:v1.8.0' }), 'lab')
  t.match(await live.find(other, STATEFUL_SET, 'c.yaml:1'), { kind: 'ambiguous', places: ['a.yaml:1', 'c.yaml:1'] })
  t.equal(cluster.asked.length, 1)
})

t.test('a Pod is in the core group', async (t) => {
  const cluster = await fakeCluster(t, { '/api/v1/pods': [stored(pod(), 'lab')] })
  t.match(await new LiveObjects(cluster.api, 'lab').find(without(pod(), 'namespace'), POD, 'p.yaml:1'), {
    kind: 'known'
  })
})
