import t, { type Test } from 'tap'
import { POD, PROMETHEUS_RESOURCE, STATEFUL_SET } from '../../../src/core/objects/kinds.ts'
import type { JsonObject } from '../../../src/core/values/json.ts'
import { pageAt } from '../../../src/documentation.ts'
import { type Area, objectsOf } from '../../../src/inventory/cluster/objects.ts'
import type { Api } from '../../../src/kubernetes/client.ts'
import {
  type Answer,
  type FakeCluster,
  fakeCluster,
  forbidden,
  type Intercept,
  status
} from '../../helpers/fake-cluster.ts'

const WHOLE: Area = { only: undefined, all: undefined }
const SETS = '/apis/apps/v1/statefulsets'

function set(namespace: string, name: string, parts: JsonObject = {}): JsonObject {
  return { metadata: { namespace, name, ...parts }, spec: {} }
}

/** In the order of their keys, in which `b-1/x` comes before `b/x`. */
function sets(count: number): JsonObject[] {
  return Array.from({ length: count }, (_, index) => set('lab', `s-${String(index).padStart(5, '0')}`))
}

interface Read {
  readonly names: readonly string[]
  /** `where: code: message` */
  readonly problems: readonly string[]
}

async function read(api: Pick<Api, 'get'>, area: Area = WHOLE, resource = STATEFUL_SET): Promise<Read> {
  const [names, problems] = [[] as string[], [] as string[]]
  for await (const found of objectsOf(api, resource, area)) {
    if ('subject' in found) names.push(`${found.subject.namespace}/${found.subject.name}`)
    else if ('absent' in found) problems.push(`no ${found.absent.resource}`)
    else problems.push(`${found.problem.where}: ${found.problem.error.code}: ${found.problem.error.message}`)
  }
  return { names, problems }
}

function namesOf(objects: readonly JsonObject[]): string[] {
  return objects.map(({ metadata }) => {
    const { namespace, name } = metadata as JsonObject
    return `${namespace}/${name}`
  })
}

/** Says something else instead of a page, by the number of the request. */
function onPage(answers: Readonly<Record<number, Answer>>): Intercept {
  return (_, count) => answers[count]
}

t.test('a listed object is checked as if it were created now', async (t) => {
  const { api, asked } = await fakeCluster(t, { [SETS]: [set('lab', 'one', { labels: { a: 'b' } })] })
  for await (const found of objectsOf(api, STATEFUL_SET, WHOLE)) {
    t.strictSame(found, {
      subject: {
        phases: ['mutate', 'validate'],
        operation: 'CREATE',
        group: 'apps',
        kind: 'StatefulSet',
        namespace: 'lab',
        name: 'one',
        object: { ...set('lab', 'one', { labels: { a: 'b' } }), apiVersion: 'apps/v1', kind: 'StatefulSet' },
        oldObject: {}
      }
    })
  }
  t.strictSame(asked, ['GET /apis/apps/v1/statefulsets?limit=500'])
})

t.test('Pods that are done are not asked for, and what is being deleted is passed over', async (t) => {
  const pods = [set('lab', 'going', { deletionTimestamp: '2026-11-21T10:00:00Z' }), set('lab', 'running')]
  const { api, asked } = await fakeCluster(t, { '/api/v1/pods': pods })
  t.strictSame(await read(api, WHOLE, POD), { names: ['lab/running'], problems: [] })
  t.strictSame(asked, ['GET /api/v1/pods?fieldSelector=status.phase!=Succeeded,status.phase!=Failed&limit=500'])
})

t.test('pages', async (t) => {
  const all = sets(1200)
  const gone = status(410, 'The provided continue parameter is too old.')
  const table: readonly (readonly [string, Intercept, readonly string[]])[] = [
    ['three of them', onPage({}), ['limit=500', 'limit=500&continue=500', 'limit=500&continue=1000']],
    [
      'expired, with a token to go on with',
      onPage({ 2: status(410, 'too old', { metadata: { continue: '500' } }) }),
      ['limit=500', 'limit=500&continue=500', 'limit=500&continue=500', 'limit=500&continue=1000']
    ],
    [
      'expired, without one: from the start, and what is known is skipped',
      onPage({ 3: gone }),
      [
        'limit=500',
        'limit=500&continue=500',
        'limit=500&continue=1000',
        'limit=500',
        'limit=500&continue=500',
        'limit=500&continue=1000'
      ]
    ],
    [
      'a busy server in between',
      onPage({ 2: { status: 503, headers: { 'retry-after': '2' } } }),
      ['limit=500', 'limit=500&continue=500', 'limit=500&continue=500', 'limit=500&continue=1000']
    ],
    [
      'a connection that ends in the middle of a page',
      onPage({ 3: 'cut' }),
      ['limit=500', 'limit=500&continue=500', 'limit=500&continue=1000', 'limit=500&continue=1000']
    ],
    [
      'a server that has just started and knows nobody',
      onPage({ 2: 'reset', 3: forbidden('statefulsets') }),
      [
        'limit=500',
        'limit=500&continue=500',
        'limit=500&continue=500',
        'limit=500&continue=500',
        'limit=500&continue=1000'
      ]
    ],
    [
      'a page that is too large',
      onPage({ 1: { status: 200, body: ' '.repeat(17 * 1024 * 1024) } }),
      ['limit=500', 'limit=250', ...[250, 500, 750, 1000].map((from) => `limit=250&continue=${from}`)]
    ]
  ]
  for (const [name, intercept, queries] of table) {
    const { api, asked } = await fakeCluster(t, { [SETS]: all }, intercept)
    const { names, problems } = await read(api)
    t.strictSame(names, namesOf(all), `${name}: each object once`)
    t.strictSame(problems, [], name)
    t.strictSame(
      asked.map((line) => line.replace(/^.*\?/, '')),
      queries,
      name
    )
  }
})

t.test('begun again, on newer data: what lies behind the last key', async (t) => {
  // As etcd sorts: `-` comes before `/`.
  const before = [set('b-1', 'x'), set('b', 'a'), set('b', 'c')]
  const { api, stored } = await fakeCluster(t, { [SETS]: before }, (_, count) => {
    if (count === 1) return undefined
    if (count > 2) return undefined
    stored.set(SETS, [set('a', 'new'), ...before, set('b', 'd'), set('c', 'e')])
    return status(410, 'too old')
  })
  const paged: Pick<Api, 'get'> = {
    get: (path, wasAllowed) => api.get(path.replace('limit=500', 'limit=2'), wasAllowed)
  }
  t.strictSame(await read(paged), { names: ['b-1/x', 'b/a', 'b/c', 'b/d', 'c/e'], problems: [] })
})

t.test('a list that ends too soon is told of, with what was read before', async (t) => {
  const all = sets(600)
  const first = namesOf(all.slice(0, 500))
  const again = 'Run the command again; all objects read so far were checked. [CLUSTER_INCOMPLETE]'
  const where = 'statefulsets in all namespaces: CLUSTER_INCOMPLETE'
  const ended = (reason: string, objects = '500 objects'): string =>
    `${where}: the list ended after ${objects}: ${reason}. ${again}`
  const page = (items: unknown, parts: JsonObject = {}): Answer => ({
    status: 200,
    body: { kind: 'StatefulSetList', metadata: { continue: '500' }, items, ...parts }
  })
  const table: readonly (readonly [string, Intercept, readonly string[], string])[] = [
    ['expired twice', (_, count) => (count % 2 ? undefined : status(410, 'too old.')), first, ended('too old')],
    ['away for good', (_, count) => (count > 1 ? 'reset' : undefined), first, ended('socket hang up')],
    ['busy for good', (_, count) => (count > 1 ? status(503, 'busy') : undefined), first, ended('busy')],
    [
      'a right is gone',
      (_, count) => (count > 1 ? forbidden('x') : undefined),
      first,
      ended('x is forbidden: User "test" cannot do this')
    ],
    ['no JSON', onPage({ 2: { status: 200, body: '{"items":' } }), first, ended('the answer is no JSON object')],
    ['another kind', onPage({ 2: page([], { kind: 'PodList' }) }), first, ended('the answer is no StatefulSetList')],
    ['no list in it', onPage({ 1: page({}) }), [], ended('the answer is no StatefulSetList', '0 objects')],
    [
      'the same page for ever',
      (_, count) => (count > 1 ? page([]) : undefined),
      first,
      ended('the list does not get on')
    ]
  ]
  for (const [name, intercept, names, message] of table) {
    const { api } = await fakeCluster(t, { [SETS]: all }, intercept)
    t.strictSame(await read(api), { names, problems: [message] }, name)
  }
})

t.test('items that are no objects', async (t) => {
  const odd = [null, 7, 'text', [], {}, { metadata: null }, { metadata: { name: '' } }, { metadata: { name: 7 } }]
  const { api } = await fakeCluster(t, { [SETS]: [...odd, { metadata: { name: 'bare' } }, set('lab', 'one')] })
  t.strictSame(await read(api), {
    names: ['/bare', 'lab/one'],
    problems: [
      'statefulsets in all namespaces: CLUSTER_INCOMPLETE: the list has 8 items without a name. Run the command again; all objects read so far were checked. [CLUSTER_INCOMPLETE]'
    ]
  })
  const empty = await fakeCluster(t, {}, () => ({ status: 200, body: { kind: 'StatefulSetList', items: null } }))
  t.strictSame(await read(empty.api), { names: [], problems: [] }, 'an empty list may be null')
})

const SPREAD = ['a', 'b', 'c'].map((namespace) => set(namespace, 'one'))
const BIND = `Bind the ClusterRole of ${pageAt('manifests/components/scan')} (check --live needs the verb get instead), or choose another namespace with -n. [CLUSTER_FORBIDDEN]`

/** Only lists within these namespaces are allowed. */
function allowing(...namespaces: readonly string[]): Intercept {
  return ({ path }) => (namespaces.some((name) => path.includes(`/namespaces/${name}/`)) ? undefined : forbidden('it'))
}

t.test('forbidden for the cluster: each namespace by itself', async (t) => {
  const area: Area = { only: undefined, all: ['a', 'b', 'c'] }
  const { api, asked, waits } = await fakeCluster(t, { [SETS]: SPREAD }, allowing('a', 'b'))
  t.strictSame(await read(api, area), {
    names: ['a/one', 'b/one'],
    problems: [
      `statefulsets in the namespace c: CLUSTER_FORBIDDEN: it is forbidden: User "test" cannot do this. ${BIND}`
    ]
  })
  t.equal(asked.length, 4)
  t.strictSame(waits, [], 'a refusal is believed')
})

t.test('forbidden, and nobody says which namespaces there are', async (t) => {
  const { api } = await fakeCluster(t, { [SETS]: SPREAD }, allowing())
  t.strictSame(await read(api), {
    names: [],
    problems: [
      `statefulsets in all namespaces: CLUSTER_FORBIDDEN: it is forbidden: User "test" cannot do this; nor can the namespaces be listed, so name them with -n. ${BIND}`
    ]
  })
})

t.test('forbidden in so many namespaces that they are one sentence', async (t) => {
  const all = ['a', 'b', 'c', 'd', 'e', 'f', 'g']
  const { api } = await fakeCluster(t, { [SETS]: SPREAD }, allowing('b'))
  const { names, problems } = await read(api, { only: undefined, all })
  t.strictSame(names, ['b/one'])
  t.strictSame(
    problems.map((line) => line.replace(/: .*/, '')),
    ['statefulsets in 6 namespaces, a, c, d, e, f among them']
  )
})

t.test('only some namespaces', async (t) => {
  const { api, asked } = await fakeCluster(t, { [SETS]: SPREAD }, allowing('a', 'c'))
  t.strictSame(await read(api, { only: ['a', 'c'], all: ['a', 'c'] }), { names: ['a/one', 'c/one'], problems: [] })
  t.strictSame(asked, [
    'GET /apis/apps/v1/namespaces/a/statefulsets?limit=500',
    'GET /apis/apps/v1/namespaces/c/statefulsets?limit=500'
  ])
})

t.test('one page at a time is all that is kept', async (t: Test) => {
  const cluster: FakeCluster = await fakeCluster(t, { [SETS]: sets(1000) })
  let met = 0
  for await (const _ of objectsOf(cluster.api, STATEFUL_SET, WHOLE)) {
    met++
    t.equal(cluster.asked.length, met <= 500 ? 1 : 2)
  }
  t.equal(met, 1000)
})

t.test('a custom resource that the cluster does not have, or does not show', async (t) => {
  const path = '/apis/monitoring.coreos.com/v1/prometheuses'
  const readIn = async (area: Area, answer: Answer | undefined) => {
    const { api, asked } = await fakeCluster(t, {}, () => answer)
    const problems: unknown[] = []
    for await (const found of objectsOf(api, PROMETHEUS_RESOURCE, area)) problems.push(found)
    return { problems, asked: asked.map((line) => line.replace(/\?.*/, '')) }
  }
  const some: Area = { only: ['a', 'b'], all: ['a', 'b'] }
  t.strictSame(await readIn(WHOLE, undefined), { problems: [{ absent: PROMETHEUS_RESOURCE }], asked: [`GET ${path}`] })
  t.strictSame((await readIn(some, undefined)).asked.length, 1, 'one namespace says it for all')
  const denied = await readIn(some, forbidden('prometheuses'))
  t.match(
    denied.problems,
    [
      { where: 'prometheuses in the namespace a', isExpected: true, gap: { what: 'prometheuses', isAll: true } },
      { where: 'prometheuses in the namespace b', isExpected: true }
    ].map((problem) => ({ problem }))
  )
  const broken = await readIn(some, status(400, 'no'))
  t.match(broken.problems, [{ problem: { error: { code: 'CLUSTER_INCOMPLETE' } } }, {}])
  t.notOk(JSON.stringify(broken.problems).includes('isExpected'), 'what ends for another reason is a problem')

  const { api } = await fakeCluster(t)
  t.match(
    await read(api),
    { problems: [/^statefulsets in all namespaces: CLUSTER_INCOMPLETE/] },
    'every cluster has these'
  )
})
