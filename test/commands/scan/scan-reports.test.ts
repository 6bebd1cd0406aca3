import t, { type Test } from 'tap'
import { type Coverage, storePolicyReports } from '../../../src/commands/scan/policy-reports.ts'
import { type JsonObject, objectOf } from '../../../src/core/values/json.ts'
import type { PolicyReportApi } from '../../../src/report/policy-report/policy-report.ts'
import type { Report } from '../../../src/report/report.ts'
import { type FakeCluster, fakeCluster, forbidden, type Intercept, status } from '../../helpers/fake-cluster.ts'

const PATH = '/apis/openreports.io/v1alpha1/reports'
const WHOLE: Coverage = { namespaces: undefined, gapsIn: () => [] }

/** One finding in each of these namespaces. */
function reportOn(namespaces: readonly string[], message = 'two write one TSDB'): Report {
  return {
    command: 'scan',
    version: '0.1.0',
    createdAt: '2026-11-21T10:00:00.000Z',
    source: 'a test',
    checked: namespaces.length,
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
          identity: 'spec',
          message,
          remediation: 'share nothing'
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
  readonly notes: readonly string[]
}

interface Parts {
  readonly intercept?: Intercept
  readonly coverage?: Coverage
  readonly api?: PolicyReportApi
}

async function store(t: Test, stored: readonly JsonObject[], report: Report, parts: Parts = {}): Promise<Outcome> {
  const { intercept, coverage = WHOLE, api = 'openreports' } = parts
  const cluster = await fakeCluster(t, { [PATH]: stored }, intercept)
  const { problems, notes } = await storePolicyReports(cluster.api, api, report, coverage)
  const writes = cluster.asked.filter((line) => !line.startsWith('GET'))
  return { cluster, writes, notes, problems: problems.map(({ where, error }) => `${where}: ${error.message}`) }
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
  t.strictSame(first.notes, ['Reports in the cluster (reports.openreports.io): 2 new, 0 changed, 0 removed.'])
  t.strictSame(first.problems, [])

  const stored = await storedAfter(t, reportOn(['a', 'b', 'c']))
  const same = await store(t, stored, reportOn(['a', 'b', 'c']))
  t.strictSame(same.writes, [], 'nothing is written without a reason')
  t.match(same.notes, [/nothing to change/])

  const other = await store(t, stored, {
    ...reportOn(['a', 'b']),
    objects: [...reportOn(['a'], 'other').objects, ...reportOn(['b']).objects]
  })
  t.strictSame(other.writes, [`PUT ${path('a')}/holdfast`, `DELETE ${path('c')}/holdfast`])
  t.match(other.notes, [/0 new, 1 changed, 1 removed/])
})

t.test('only what was scanned, and only what was scanned completely is removed', async (t) => {
  const stored = await storedAfter(t, reportOn(['a', 'b', 'c']))
  const partly = await store(t, stored, reportOn([]), { coverage: { namespaces: undefined, gapsIn: podsOf('b') } })
  t.strictSame(partly.writes, [`DELETE ${path('a')}/holdfast`, `DELETE ${path('c')}/holdfast`])
  const one = await store(t, stored, reportOn([]), { coverage: { namespaces: ['c'], gapsIn: () => [] } })
  t.strictSame(one.writes, [`DELETE ${path('c')}/holdfast`])
})

/** Pods could not be read there. */
function podsOf(...namespaces: readonly string[]): Coverage['gapsIn'] {
  return (namespace) => (namespaces.includes(namespace) ? [{ what: 'pods', isAll: true }] : [])
}

t.test('what an earlier scan found is not lost because this one could read less', async (t) => {
  const stored = await storedAfter(t, reportOn(['a', 'b', 'c']))
  const [a = {}] = stored
  const [less, more] = [
    { ...a, results: [] },
    { ...a, results: [...(a.results as JsonObject[]), { policy: 'x' }] }
  ]
  const left = 'an earlier report may contain results that this scan could not read, and was not changed.'
  const table: readonly (readonly [string, JsonObject[], Report, string[], string[], string[]])[] = [
    ['fewer', [more], reportOn(['a']), ['a'], [], [`reports.openreports.io in the namespace a: ${left}`]],
    ['more', [less], reportOn(['a']), ['a'], [`PUT ${path('a')}/holdfast`], []],
    ['none was there', [], reportOn(['a']), ['a'], [`POST ${path('a')}`], []],
    [
      'in several',
      stored,
      reportOn(['b'], 'other'),
      ['a', 'b'],
      [`DELETE ${path('c')}/holdfast`],
      [`reports.openreports.io in the namespaces a, b: ${left}`]
    ]
  ]
  for (const [name, before, report, unread, writes, notes] of table) {
    const coverage = { namespaces: undefined, gapsIn: podsOf(...unread) }
    const outcome = await store(t, before, report, { coverage })
    t.strictSame(outcome.writes, writes, name)
    t.strictSame(outcome.notes.slice(1), notes, name)
    t.strictSame(outcome.problems, [], 'the list that failed is one already')
  }

  t.test('nor when somebody else wrote it meanwhile', async (t) => {
    let isFirst = true
    const behind: Intercept = ({ method }) => {
      if (method === 'GET' && isFirst) {
        isFirst = false
        return { status: 200, body: { kind: 'ReportList', items: [] } }
      }
      return undefined
    }
    const coverage = { namespaces: undefined, gapsIn: podsOf('a') }
    const { writes, notes } = await store(t, [more], reportOn(['a']), { coverage, intercept: behind })
    t.strictSame(writes, [`POST ${path('a')}`])
    t.match(notes[1], left)
  })
})

t.test('what this run has written it does not remove', async (t) => {
  const [own = {}] = await storedAfter(t, reportOn(['a'], 'before'))
  const copy = { ...own, metadata: { ...objectOf(own.metadata), name: 'a-copy' } }
  const table: readonly (readonly [string, readonly JsonObject[][], readonly string[]])[] = [
    ['another report with our label first', [[copy], [own]], [`PUT ${path('a')}/holdfast`]],
    ['another one behind it', [[own], [copy]], [`PUT ${path('a')}/holdfast`]],
    ['ours, twice', [[own], [own]], [`PUT ${path('a')}/holdfast`]]
  ]
  for (const [name, pages, writes] of table) {
    const paged: Intercept = ({ method, path, query }) => {
      if (method !== 'GET' || path !== PATH) return undefined
      const at = Number(query.get('continue') ?? 0)
      const metadata = at + 1 < pages.length ? { continue: String(at + 1) } : {}
      return { status: 200, body: { kind: 'ReportList', metadata, items: pages[at] } }
    }
    const outcome = await store(t, [own, copy], reportOn(['a']), { intercept: paged })
    t.strictSame(outcome.writes, writes, name)
    t.strictSame(outcome.problems, [], name)
    const left = (outcome.cluster.stored.get(PATH) ?? []).map((item) => objectOf(objectOf(item).metadata).name)
    t.strictSame(left, ['holdfast', 'a-copy'], name)
  }
})

t.test('an answer that was lost: what was done is not done twice', async (t) => {
  const stored = await storedAfter(t, reportOn(['a']))
  const table: readonly (readonly [string, JsonObject[], Report, number])[] = [
    ['POST', [], reportOn(['a']), 1],
    ['PUT', stored, reportOn(['a'], 'other'), 1],
    ['DELETE', stored, reportOn([]), 0]
  ]
  for (const [method, before, report, left] of table) {
    let isLost = false
    const losing: Intercept = (asked) => {
      if (asked.method !== method || isLost) return undefined
      isLost = true
      return 'lost'
    }
    const { writes, problems, cluster } = await store(t, before, report, { intercept: losing })
    t.equal(writes.length, 2, `${method}: asked again, and refused`)
    t.strictSame([problems, cluster.stored.get(PATH)?.length], [[], left], method)
  }
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
      outcome.problems.map((line) => line.replace(/Check that.*/, '')),
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
  t.match(problems, [/^reports\.openreports\.io in the namespace a: another tool owns a Report called holdfast there/])
  t.strictSame(cluster.stored.get(PATH)?.[0], foreign)
})

t.test('no CRD, no rights', async (t) => {
  const missing = await store(t, [], reportOn(['a']), { api: 'wgpolicy' })
  t.strictSame(missing.writes, [])
  t.match(missing.problems, [
    /^policyreports\.wgpolicyk8s\.io: the cluster does not know policyreports\.wgpolicyk8s\.io\. Check that the CRD.*\[REPORT_NOT_STORED\]$/
  ])
  const blind = await store(t, [], reportOn(['a']), { intercept: () => forbidden('reports') })
  t.match(blind.problems, [/^reports\.openreports\.io: reports is forbidden.*manifests\/components\/scan-reports/])
  const mute: Intercept = ({ method }) => (method === 'POST' ? forbidden('reports') : undefined)
  const broken: Intercept = ({ method, query }) => {
    if (method === 'PUT') return forbidden('reports')
    return query.has('continue') ? status(422, 'no more') : undefined
  }
  const names = Array.from({ length: 501 }, (_, index) => `n-${String(index).padStart(3, '0')}`)
  const half = await store(t, await storedAfter(t, reportOn(names)), reportOn(names, 'b'), {
    intercept: broken
  })
  t.match(half.problems, [/^reports\.openreports\.io: no more/, /in 500 namespaces, .*: reports is forbidden/])
  const some = await store(t, [], reportOn(['a', 'b']), { intercept: mute })
  t.match(some.problems, [/in the namespace a: reports is forbidden/, /in the namespace b: reports is forbidden/])
  const many = await store(t, [], reportOn(['a', 'b', 'c', 'd', 'e', 'f']), { intercept: mute })
  t.match(many.problems, [/^reports\.openreports\.io in 6 namespaces, a, b, c, d, e among them: reports is forbidden/])
})
