import t from 'tap'
import type { Gap } from '../../../src/core/gap.ts'
import { type JsonObject, objectOf } from '../../../src/core/values/json.ts'
import { isSameReport, namedReports, policyReportPlan } from '../../../src/report/policy-report/changes.ts'
import {
  LEFT_OUT,
  MOST_REPORT_RESULTS,
  NOT_READ,
  type PolicyReport,
  policyReportsOf
} from '../../../src/report/policy-report/policy-report.ts'
import type { ReportedFinding } from '../../../src/report/report.ts'
import { finding, live, report, WARNED } from '../../fixtures/machine-reports.ts'

function wanted(parts: { at?: string; namespace?: string; findings?: readonly ReportedFinding[] } = {}): PolicyReport {
  const { at = '2026-11-05T08:30:00Z', namespace = 'monitoring', findings = [finding()] } = parts
  const made = report({ command: 'scan', createdAt: at, objects: [live({ namespace, findings })] })
  return policyReportsOf(made, 'openreports').get(namespace)?.() as PolicyReport
}

/** As the API server gives it back: with metadata of its own, and keys in another order. */
function stored(from: PolicyReport, metadata: JsonObject = {}): JsonObject {
  const turned = JSON.parse(JSON.stringify(from), (_, value) =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).reverse())
      : value
  )
  const own = { uid: 'u', resourceVersion: '7', creationTimestamp: '2026-11-01T00:00:00Z', generation: 3 }
  return { ...turned, metadata: { ...turned.metadata, ...own, managedFields: [], ...metadata } }
}

const EARLIER = wanted({ at: '2026-11-04T08:30:00Z' })
const LABELS = { 'app.kubernetes.io/managed-by': 'holdfast' }
const all = (): Gap[] => []
/** Gaps everywhere; `some` is a list that ended too soon. */
function without(...names: readonly string[]) {
  const gaps = names.map((name) => ({ what: name.replace('some ', ''), isAll: !name.startsWith('some ') }))
  return (): Gap[] => gaps
}

t.test('what counts as the same report', async (t) => {
  const one = wanted()
  const table: readonly (readonly [string, JsonObject, PolicyReport, boolean])[] = [
    ['written earlier', stored(EARLIER), one, true],
    ['labels of others', stored(EARLIER, { labels: { ...LABELS, team: 'a' }, annotations: { 'b/c': 'd' } }), one, true],
    ['owners', stored(EARLIER, { ownerReferences: [{ name: 'a' }] }), one, true],
    ['another finding', stored(EARLIER), wanted({ findings: [WARNED] }), false],
    ['one more', stored(EARLIER), wanted({ findings: [finding(), WARNED] }), false],
    ['another message', stored(EARLIER), wanted({ findings: [finding({ message: 'b' })] }), false],
    ['another namespace', stored(EARLIER), wanted({ namespace: 'b' }), false],
    ['our label is gone', stored(EARLIER, { labels: {} }), one, false],
    ['more was left out', stored(EARLIER, { annotations: { [LEFT_OUT]: '3' } }), one, false],
    ['another summary', { ...stored(EARLIER), summary: {} }, one, false],
    ['no results', { ...stored(EARLIER), results: null }, one, false],
    ['nonsense', { metadata: null, results: [null, 1] }, one, false]
  ]
  for (const [name, before, after, isSame] of table) t.equal(isSameReport(before, after), isSame, name)
})

t.test('the plan', async (t) => {
  const foreign = stored(EARLIER, { labels: { 'app.kubernetes.io/managed-by': 'kyverno' } })
  const named = stored(EARLIER, { name: 'holdfast-copy' })
  const [both, one, other] = [wanted({ findings: [finding(), WARNED] }), wanted(), wanted({ findings: [WARNED] })]
  const none = without('some pods')
  const partial = (report: PolicyReport, gaps: string): JsonObject =>
    stored(report, { annotations: { 'b/c': 'd', [NOT_READ]: gaps } })
  const full = stored(both, { annotations: { [LEFT_OUT]: '3' } })
  const table: readonly (readonly [string, JsonObject[], PolicyReport[], typeof all, string])[] = [
    ['nothing there', [], [one, wanted({ namespace: 'b' })], all, 'create monitoring, b'],
    ['nothing changed', [stored(EARLIER)], [one], all, ''],
    ['something changed', [stored(EARLIER)], [other], all, 'update monitoring'],
    ['nothing to report', [stored(EARLIER)], [], all, 'remove monitoring'],
    ['moved to another namespace', [stored(EARLIER)], [wanted({ namespace: 'b' })], all, 'create b; remove monitoring'],
    ['a report of others, with our name', [foreign], [one], all, 'blocked monitoring'],
    ['a report of others, and nothing to report', [foreign], [], all, ''],
    ['a report of others, and not all was read', [foreign], [], none, ''],
    ['a report of another name', [named], [], all, ''],
    ['a report of another name beside', [named], [one], all, 'create monitoring'],
    ['nonsense', [{ metadata: 1 }, {}, { metadata: { name: 'holdfast', namespace: 1 } }], [], all, ''],

    ['not all was read: nothing there', [], [one], none, 'create monitoring (some pods)'],
    ['nothing to report', [stored(EARLIER)], [], none, 'kept monitoring'],
    ['something else', [stored(EARLIER)], [other], none, 'kept monitoring'],
    ['fewer', [stored(both)], [one], without('pods'), 'kept monitoring'],
    ['the same', [stored(EARLIER)], [one], none, ''],
    ['more, and nothing lost', [stored(EARLIER)], [both], none, 'update monitoring (some pods)'],
    ['as many as had room', [full], [both], none, 'kept monitoring'],

    ['not all was read before: now all', [partial(both, 'pods')], [one], all, 'update monitoring'],
    ['now all, and the same', [partial(one, 'pods')], [one], all, 'update monitoring'],
    ['now all, and nothing', [partial(one, 'pods')], [], all, 'remove monitoring'],
    ['the same not, fewer', [partial(both, 'pods')], [one], without('pods'), 'update monitoring (pods)'],
    ['the same not, nothing', [partial(both, 'daemonsets, pods')], [], without('pods'), 'remove monitoring'],
    ['the same not, the same', [partial(one, 'pods')], [one], without('pods', 'pods'), ''],
    ['less not', [partial(both, 'daemonsets, pods')], [one], without('pods'), 'update monitoring (pods)'],
    ['something else not', [partial(both, 'daemonsets')], [one], without('pods'), 'kept monitoring'],
    ['one more not', [partial(both, 'pods')], [one], without('pods', 'daemonsets'), 'kept monitoring'],
    ['a list that ended again', [partial(both, 'some pods')], [one], none, 'kept monitoring'],
    ['nor was it read at all', [partial(both, 'some pods')], [one], without('pods'), 'kept monitoring'],
    ['no text', [stored(both, { annotations: { [NOT_READ]: 1 } })], [one], without('pods'), 'kept monitoring']
  ]
  for (const [name, before, after, gapsIn, expected] of table) {
    const { create, update, remove, blocked, kept } = policyReportPlan(namedReports(before), after, gapsIn)
    const parts = [
      ['create', create.map(markedName)],
      ['update', update.map(markedName)],
      ['remove', remove.map(({ namespace }) => namespace)],
      ['blocked', blocked],
      ['kept', kept]
    ] as const
    const said = parts.filter(([, list]) => list.length > 0).map(([word, list]) => `${word} ${list.join(', ')}`)
    t.equal(said.join('; '), expected, name)
  }
})

function markedName({ metadata: { namespace, annotations } }: PolicyReport): string {
  const notRead = objectOf(annotations)[NOT_READ]
  return notRead === undefined ? namespace : `${namespace} (${notRead})`
}

t.test('the plan asks about the namespace that would lose its report', async (t) => {
  const there = [stored(wanted()), stored(wanted({ namespace: 'b' }))]
  const { remove } = policyReportPlan(namedReports(there), [], (namespace) =>
    namespace === 'b' ? [] : without('pods')()
  )
  t.strictSame(remove, [{ namespace: 'b', name: 'holdfast', resourceVersion: '7' }])
})

t.test('an update keeps what is not ours', async (t) => {
  const annotations = { 'b/c': 'd', [LEFT_OUT]: '3', [NOT_READ]: 'pods' }
  const before = stored(EARLIER, { labels: { ...LABELS, team: 'a' }, annotations })
  const [update] = policyReportPlan(namedReports([before]), [wanted({ findings: [finding(), WARNED] })], all).update
  t.match(update?.metadata, { name: 'holdfast', resourceVersion: '7', uid: 'u' })
  t.strictSame(update?.metadata.labels, { ...LABELS, team: 'a' })
  t.strictSame(update?.metadata.annotations, { 'b/c': 'd' }, 'nothing is left out or unread any more')
  const seconds = update?.results.map(({ timestamp }) => timestamp.seconds)
  t.strictSame(seconds, [1793781000, 1793867400], 'what is still there keeps the time at which it was found')
})

t.test('after what is planned was written there is nothing left to do', async (t) => {
  const many = Array.from({ length: MOST_REPORT_RESULTS + 3 }, () => WARNED)
  const now = [wanted({ findings: many }), wanted({ namespace: 'b' })]
  for (const gapsIn of [all, without('pods'), without('some pods', 'daemonsets')]) {
    const { create, update } = policyReportPlan(namedReports([stored(wanted({ findings: [WARNED] }))]), now, gapsIn)
    const after = namedReports([...create, ...update].map((written) => stored(written)))
    t.equal(after.size, 2)
    t.strictSame(policyReportPlan(after, now, gapsIn), { create: [], update: [], remove: [], blocked: [], kept: [] })
  }
})
