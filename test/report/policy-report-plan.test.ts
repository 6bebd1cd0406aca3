import t from 'tap'
import type { JsonObject } from '../../src/core/json.ts'
import { LEFT_OUT, MOST_RESULTS, type PolicyReport, policyReportsOf } from '../../src/report/policy-report.ts'
import { isSameReport, planOf } from '../../src/report/policy-report-plan.ts'
import type { ReportedFinding } from '../../src/report/report.ts'
import { finding, live, report, WARNED } from '../fixtures/machine-reports.ts'

function wanted(parts: { at?: string; namespace?: string; findings?: readonly ReportedFinding[] } = {}): PolicyReport {
  const { at = '2026-11-05T08:30:00Z', namespace = 'monitoring', findings = [finding()] } = parts
  const made = report({ command: 'scan', createdAt: at, objects: [live({ namespace, findings })] })
  return policyReportsOf(made, 'openreports')[0] as PolicyReport
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
const all = () => true
const none = () => false

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
  const table: readonly (readonly [string, JsonObject[], PolicyReport[], typeof all, string])[] = [
    ['nothing there', [], [wanted(), wanted({ namespace: 'b' })], all, 'create monitoring, b'],
    ['nothing changed', [stored(EARLIER)], [wanted()], all, ''],
    ['something changed', [stored(EARLIER)], [wanted({ findings: [WARNED] })], all, 'update monitoring'],
    ['nothing to report', [stored(EARLIER)], [], all, 'remove monitoring'],
    ['nothing to report, but not all was read', [stored(EARLIER)], [], none, ''],
    ['changed, and not all was read', [stored(EARLIER)], [wanted({ findings: [WARNED] })], none, 'update monitoring'],
    ['moved to another namespace', [stored(EARLIER)], [wanted({ namespace: 'b' })], all, 'create b; remove monitoring'],
    ['a report of others, with our name', [foreign], [wanted()], all, 'blocked monitoring'],
    ['a report of others, and nothing to report', [foreign], [], all, ''],
    ['a report of another name', [named], [], all, ''],
    ['a report of another name beside', [named], [wanted()], all, 'create monitoring'],
    ['nonsense', [{ metadata: 1 }, {}], [], all, '']
  ]
  for (const [name, before, after, isComplete, expected] of table) {
    const { create, update, remove, blocked } = planOf(before, after, isComplete)
    const parts = [
      ['create', create.map(({ metadata }) => metadata.namespace)],
      ['update', update.map(({ metadata }) => metadata.namespace)],
      ['remove', remove.map(({ namespace }) => namespace)],
      ['blocked', blocked]
    ] as const
    const said = parts.filter(([, list]) => list.length > 0).map(([word, list]) => `${word} ${list.join(', ')}`)
    t.equal(said.join('; '), expected, name)
  }
})

t.test('the plan asks about the namespace that would lose its report', async (t) => {
  const there = [stored(wanted()), stored(wanted({ namespace: 'b' }))]
  const { remove } = planOf(there, [], (namespace) => namespace === 'b')
  t.strictSame(remove, [{ namespace: 'b', name: 'holdfast', resourceVersion: '7' }])
})

t.test('an update keeps what is not ours', async (t) => {
  const annotations = { 'b/c': 'd', [LEFT_OUT]: '3' }
  const before = stored(EARLIER, { labels: { ...LABELS, team: 'a' }, annotations })
  const [update] = planOf([before], [wanted({ findings: [finding(), WARNED] })], all).update
  t.match(update?.metadata, { name: 'holdfast', resourceVersion: '7', uid: 'u' })
  t.strictSame(update?.metadata.labels, { ...LABELS, team: 'a' })
  t.strictSame(update?.metadata.annotations, { 'b/c': 'd' }, 'nothing is left out any more')
  const seconds = update?.results.map(({ timestamp }) => timestamp.seconds)
  t.strictSame(seconds, [1793781000, 1793867400], 'what is still there keeps the time at which it was found')
})

t.test('after what is planned was written there is nothing left to do', async (t) => {
  const many = Array.from({ length: MOST_RESULTS + 3 }, () => WARNED)
  const now = [wanted({ findings: many }), wanted({ namespace: 'b' })]
  const { create, update } = planOf([stored(EARLIER)], now, all)
  const after = [...create, ...update].map((written) => stored(written))
  t.strictSame(planOf(after, now, all), { create: [], update: [], remove: [], blocked: [] })
})
