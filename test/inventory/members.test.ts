import t from 'tap'
import type { JsonObject } from '../../src/core/values/json.ts'
import { isMember, slim, yamlValue } from '../../src/inventory/members.ts'
import { subjectOf } from '../fixtures/reviews.ts'
import { config, object, operated, pair, running, service } from '../fixtures/sets.ts'

t.test('what is kept of what was read', async (t) => {
  const cases: readonly (readonly [JsonObject, boolean])[] = [
    [pair(), true],
    [operated(), true],
    [service(), true],
    [running('web', 'nginx:1.29'), false],
    [config('a: 1'), true],
    [object('v1', 'ConfigMap', 'dashboards', { data: { 'nodes.json': '{}' } }), false]
  ]
  for (const [one, kept] of cases)
    t.equal(isMember(subjectOf(one, undefined)), kept, `${one.kind} ${JSON.stringify(one.metadata)}`)
})

t.test('and of each', async (t) => {
  const annotations = { 'holdfast.dev/skip': 'x', 'kubectl.kubernetes.io/last-applied-configuration': 'y'.repeat(2000) }
  const one = {
    ...service(),
    metadata: { name: 'a', labels: { b: 'c' }, managedFields: [{}], annotations },
    status: { x: 1 }
  }
  t.strictSame(slim(subjectOf(one, undefined)).object, {
    ...service(),
    metadata: { name: 'a', labels: { b: 'c' }, annotations: { 'holdfast.dev/skip': 'x' } }
  })
})

t.test('YAML in a ConfigMap', async (t) => {
  t.strictSame(yamlValue('a: [1, b]'), { a: [1, 'b'] })
  for (const text of ['a: [', 'a: 1\n---\nb: 2', '']) t.equal(yamlValue(text), undefined, JSON.stringify(text))
})
