import t from 'tap'
import { isOwnedByPrometheusOperator } from '../../../src/core/objects/operator.ts'
import { statefulSet } from '../../fixtures/objects.ts'

t.test('who owns it', async (t) => {
  const owner = (apiVersion: string, kind: string): object => statefulSet({ owner: { apiVersion, kind, name: 'x' } })
  const table: readonly (readonly [string, object, boolean])[] = [
    ['nobody', statefulSet(), false],
    ['Helm', statefulSet({ labels: { 'app.kubernetes.io/managed-by': 'Helm' } }), false],
    ['an Alertmanager', owner('monitoring.coreos.com/v1', 'Alertmanager'), true],
    ['an agent', owner('monitoring.coreos.com/v1alpha1', 'PrometheusAgent'), true],
    ["somebody else's Prometheus", owner('example.org/v1', 'Prometheus'), false],
    ['another kind of the operator', owner('monitoring.coreos.com/v1', 'ServiceMonitor'), false],
    ['references that are no list', { metadata: { ownerReferences: 'x' } }, false],
    ['references without a controller', { metadata: { ownerReferences: [null, { kind: 'Prometheus' }] } }, false],
    ['nothing at all', {}, false]
  ]
  for (const [name, object, owned] of table) t.equal(isOwnedByPrometheusOperator(object as never), owned, name)
})
