import t from 'tap'
import { chartReleaseOf, volatileKeysIn } from '../../../src/core/objects/release.ts'
import { statefulSet } from '../../fixtures/objects.ts'

t.test('the chart that an object is of', async (t) => {
  const table: readonly (readonly [Record<string, string>, object | undefined])[] = [
    [{ 'helm.sh/chart': 'prometheus-pushgateway-2.17.0' }, { name: 'prometheus-pushgateway', version: '2.17.0' }],
    [{ chart: 'kube-state-metrics-2.0.0-rc.1' }, { name: 'kube-state-metrics', version: '2.0.0-rc.1' }],
    [
      { 'helm.sh/chart': 'x-1.0.0_build.7', chart: 'y-2.0.0' },
      { name: 'x', version: '1.0.0_build.7' }
    ],
    [{ 'helm.sh/chart': 'no version' }, undefined],
    [{ 'helm.sh/chart': `${'x-'.repeat(500)}1.0.0` }, undefined],
    [{}, undefined]
  ]
  for (const [labels, expected] of table) t.strictSame(chartReleaseOf(statefulSet({ labels })), expected)
  t.equal(chartReleaseOf({ metadata: { labels: { 'helm.sh/chart': 7 } } }), undefined)
})

t.test('labels that change with a release', async (t) => {
  const set = statefulSet({
    image: 'quay.io/prometheus/pushgateway:v1.11.3-distroless',
    selector: { app: 'pgw', pinned: '1.11.3' },
    labels: { 'helm.sh/chart': 'pushgateway-3.5.0', 'app.kubernetes.io/version': 'v1.11.0', version: '42' }
  })
  const volatile = (labels: Record<string, unknown>) => volatileKeysIn(labels, set)
  const changes: readonly Record<string, unknown>[] = [
    { 'helm.sh/chart': 'anything' },
    { 'app.kubernetes.io/version': '1' },
    { 'tags.datadoghq.com/version': 'main' },
    { chart: 'pushgateway-3.4.0' },
    { of: 'pushgateway-3.5.0' },
    { 'a.b/c': '1.11.0' },
    { image: 'v1.11.3' },
    { image: 'v1.11.3.' }
  ]
  for (const labels of changes) t.strictSame(volatile(labels), Object.keys(labels), JSON.stringify(labels))
  const stays: readonly Record<string, unknown>[] = [
    { pinned: '1.11.3' },
    { heritage: 'Helm', release: 'pgw', 'app.kubernetes.io/managed-by': 'Helm', team: 'a' },
    { chart: 'monitoring' },
    { size: '13.5.0' },
    { size: '3.5.01' },
    { size: '3.5.0.1' },
    { answer: '42' },
    { number: 7, nothing: null },
    { long: `${'x'.repeat(200)}3.5.0` }
  ]
  for (const labels of stays) t.strictSame(volatile(labels), [], JSON.stringify(labels))
  t.strictSame(
    volatile({ z: '3.5.0', 'app.kubernetes.io/version': '1', a: '3.5.0', 'helm.sh/chart': 'x' }),
    ['helm.sh/chart', 'app.kubernetes.io/version', 'a', 'z'],
    'in one order'
  )
})
