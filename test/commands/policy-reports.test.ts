import t, { type Test } from 'tap'
import { type Coverage, storePolicyReports } from '../../src/commands/policy-reports.ts'
import { type JsonObject, objectOf } from '../../src/core/json.ts'
import type { PolicyReportApi } from '../../src/report/policy-report.ts'
import type { Report } from '../../src/report/report.ts'
import { type FakeCluster, fakeCluster, forbidden, type Intercept, status } from '../helpers/fake-cluster.ts'

const PATH = '/apis/openreports.io/v1alpha1/reports'
const WHOLE: Coverage = { namespaces: undefined, isComplete: () => true }

/** One finding in each of these namespaces. */
function reportOn(namespaces: readonly string[], message = 'two write one TSDB'): Report {
  return {
    command: 'scan',
    version: '0.1.0',
    createdAt: '2026-11-21T10:00:00.000Z',
    source: 'a test',
    judged: namespaces.length,
    policies: [],
    objects: namespaces.map((namespace) => ({
      group: 'apps',
      kind: 'Deployment',
      namespace,
      name: 'prometheus',
      operation: 'CREATE',
      findings: [
        {
          policy: 'shared-tsdb-claim',
          mode: 'enforce',
          outcome: 'denied',
          level: 'error',
          field: 'spec',
          message,
          remedy: 'share nothing'
        }
      ]
    })),
    problems: [],
    notes: []
  }
}

interface Outcome {
  readonly cluster: FakeCluster
  /** Methods and paths that change something, in order. */
  readonly writes: readonly string[]
  readonly problems: readonly string[]
  readonly note: string
}

interface Parts {
  readonly intercept?: Intercept
  readonly coverage?: Coverage
  readonly api?: PolicyReportApi
}

async function store(t: Test, stored: readonly JsonObject[], report: Report, parts: Parts = {}): Promise<Outcome> {
  const { intercept, coverage = WHOLE, api = 'openreports' } = parts
  const cluster = await fakeCluster(t, { [PATH]: stored }, intercept)
  const { troubles, note } = await storePolicyReports(cluster.api, api, report, coverage)
  const writes = cluster.asked.filter((line) => !line.startsWith('GET'))
  return { cluster, writes, note, problems: troubles.map(({ where, error }) => `${where}: ${error.message}`) }
}

/** What the cluster has after a scan that found this. */
async function storedAfter(t: Test, report: Report): Promise<JsonObject[]> {
  const { cluster } = await store(t, [], report)
  return (cluster.stored.get(PATH) ?? []).map(objectOf)
}

function path(namespace: string): string {
  return `/apis/openreports.io/v1alpha1/namespaces/${namespace}/reports`
}

t.test('what is new, what changed, what is over', async (t) => {
  const first = await store(t, [], reportOn(['a', 'b']))
  t.strictSame(first.writes, [`POST ${path('a')}`, `POST ${path('b')}`])
  t.equal(first.note, 'Reports in the cluster (reports.openreports.io): 2 new, 0 changed, 0 removed.')
  t.strictSame(first.problems, [])

  const stored = await storedAfter(t, reportOn(['a', 'b', 'c']))
  const same = await store(t, stored, reportOn(['a', 'b', 'c']))
  t.strictSame(same.writes, [], 'nothing is written without a reason')
  t.match(same.note, /nothing to change/)

  const other = await store(t, stored, {
    ...reportOn(['a', 'b']),
    objects: [...reportOn(['a'], 'other').objects, ...reportOn(['b']).objects]
  })
  t.strictSame(other.writes, [`PUT ${path('a')}/holdfast`, `DELETE ${path('c')}/holdfast`])
  t.match(other.note, /0 new, 1 changed, 1 removed/)
})

t.test('only what was scanned, and only what was scanned completely is removed', async (t) => {
  const stored = await storedAfter(t, reportOn(['a', 'b', 'c']))
  const isComplete = (namespace: string): boolean => namespace !== 'b'
  const partly = await store(t, stored, reportOn([]), { coverage: { namespaces: undefined, isComplete } })
  t.strictSame(partly.writes, [`DELETE ${path('a')}/holdfast`, `DELETE ${path('c')}/holdfast`])
  const one = await store(t, stored, reportOn([]), { coverage: { namespaces: ['c'], isComplete: () => true } })
  t.strictSame(one.writes, [`DELETE ${path('c')}/holdfast`])
})

t.test('stored reports are read page by page', async (t) => {
  const namespaces = Array.from({ length: 700 }, (_, index) => `n-${String(index).padStart(3, '0')}`)
  const stored = await storedAfter(t, reportOn(namespaces))
  const { cluster, writes } = await store(t, stored, reportOn(namespaces))
  t.strictSame(writes, [])
  t.strictSame(cluster.asked, [
    `GET ${PATH}?labelSelector=app.kubernetes.io/managed-by=holdfast&limit=500`,
    `GET ${PATH}?labelSelector=app.kubernetes.io/managed-by=holdfast&limit=500&continue=500`
  ])
})

t.test('conflicts are settled by a second look', async (t) => {
  const stored = await storedAfter(t, reportOn(['a', 'b']))
  /** Somebody writes between our reading and our writing, once or every time. */
  const meanwhile = (method: string, times: number): Intercept => {
    let left = times
    return (asked) => (asked.method === method && left-- > 0 ? status(409, 'it has been modified') : undefined)
  }
  const table: readonly (readonly [string, Intercept, Report, readonly string[], readonly string[]])[] = [
    [
      'changed',
      meanwhile('PUT', 1),
      reportOn(['a', 'b'], 'other'),
      [`PUT ${path('a')}/holdfast`, `PUT ${path('a')}/holdfast`, `PUT ${path('b')}/holdfast`],
      []
    ],
    [
      'removed',
      meanwhile('DELETE', 1),
      reportOn(['b']),
      [`DELETE ${path('a')}/holdfast`, `DELETE ${path('a')}/holdfast`],
      []
    ],
    [
      'again and again',
      meanwhile('PUT', 9),
      reportOn(['a', 'b'], 'other'),
      [...['a', 'a', 'b', 'b'].map((namespace) => `PUT ${path(namespace)}/holdfast`)],
      ['a', 'b'].map((namespace) => `reports.openreports.io in the namespace ${namespace}: it has been modified. `)
    ]
  ]
  for (const [name, intercept, report, writes, problems] of table) {
    const outcome = await store(t, stored, report, { intercept })
    t.strictSame(outcome.writes, writes, name)
    t.strictSame(
      outcome.problems.map((line) => line.replace(/It takes.*/, '')),
      problems,
      name
    )
  }

  t.test('and it may not be read again', async (t) => {
    const blind: Intercept = ({ method, path }) => {
      if (method === 'PUT') return status(409, 'it has been modified')
      return path.endsWith('/holdfast') ? forbidden('reports') : undefined
    }
    const { problems } = await store(t, stored, reportOn(['a', 'b'], 'other'), { intercept: blind })
    t.match(problems, [/in the namespace a: reports is forbidden/, /in the namespace b: reports is forbidden/])
  })

  t.test('gone meanwhile', async (t) => {
    const gone: Intercept = ({ method }) => (method === 'PUT' || method === 'DELETE' ? status(404, 'gone') : undefined)
    const removed = await store(t, stored, reportOn(['b']), { intercept: gone })
    t.strictSame(removed.problems, [])
    const ended: Intercept = ({ method, path }) =>
      method === 'GET' && path === PATH ? undefined : status(404, 'no namespace')
    const { writes, problems } = await store(t, [], reportOn(['a']), { intercept: ended })
    t.strictSame([writes.length, problems], [2, []], 'its namespace with it: nothing to tell')
  })
})

t.test('a report of somebody else that has our name is left alone', async (t) => {
  const foreign = {
    metadata: { name: 'holdfast', namespace: 'a', labels: { 'app.kubernetes.io/managed-by': 'kyverno' } }
  }
  const { writes, problems, cluster } = await store(t, [foreign], reportOn(['a', 'b']))
  t.strictSame(writes, [`POST ${path('a')}`, `POST ${path('b')}`])
  t.match(problems, [/^reports\.openreports\.io in the namespace a: somebody else has a Report called holdfast there/])
  t.strictSame(cluster.stored.get(PATH)?.[0], foreign)
})

t.test('no CRD, no rights', async (t) => {
  const missing = await store(t, [], reportOn(['a']), { api: 'wgpolicy' })
  t.strictSame(missing.writes, [])
  t.match(missing.problems, [
    /^policyreports\.wgpolicyk8s\.io: the cluster does not know policyreports\.wgpolicyk8s\.io\. It takes the CRDs.*\[REPORT_NOT_STORED\]$/
  ])
  const blind = await store(t, [], reportOn(['a']), { intercept: () => forbidden('reports') })
  t.match(blind.problems, [/^reports\.openreports\.io: reports is forbidden.*manifests\/components\/scan-reports/])
  const mute: Intercept = ({ method }) => (method === 'POST' ? forbidden('reports') : undefined)
  const some = await store(t, [], reportOn(['a', 'b']), { intercept: mute })
  t.match(some.problems, [/in the namespace a: reports is forbidden/, /in the namespace b: reports is forbidden/])
  const many = await store(t, [], reportOn(['a', 'b', 'c', 'd', 'e', 'f']), { intercept: mute })
  t.match(many.problems, [/^reports\.openreports\.io in 6 namespaces, a, b, c, d, e among them: reports is forbidden/])
})
