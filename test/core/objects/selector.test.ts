import t from 'tap'
import { selects, selectsByMap } from '../../../src/core/objects/selector.ts'

const LABELS = { app: 'prometheus', tier: 'metrics' }

const cases: readonly (readonly [name: string, selector: unknown, selected: boolean])[] = [
  ['an empty selector selects everything', {}, true],
  ['and with empty parts', { matchLabels: {}, matchExpressions: [] }, true],
  ['one that is not there selects nothing', undefined, false],
  ['null is not there', null, false],
  ['a label', { matchLabels: { app: 'prometheus' } }, true],
  ['a label of another value', { matchLabels: { app: 'grafana' } }, false],
  ['one label fits and the other does not', { matchLabels: { app: 'prometheus', tier: 'logs' } }, false],
  ['a key that every object inherits', { matchLabels: { constructor: 'prometheus' } }, false],
  ['In', { matchExpressions: [{ key: 'app', operator: 'In', values: ['grafana', 'prometheus'] }] }, true],
  ['In, of others', { matchExpressions: [{ key: 'app', operator: 'In', values: ['grafana'] }] }, false],
  ['In, of a label that is not there', { matchExpressions: [{ key: 'zone', operator: 'In', values: ['a'] }] }, false],
  ['NotIn', { matchExpressions: [{ key: 'app', operator: 'NotIn', values: ['grafana'] }] }, true],
  ['NotIn, of its own', { matchExpressions: [{ key: 'app', operator: 'NotIn', values: ['prometheus'] }] }, false],
  [
    'NotIn, of a label that is not there',
    { matchExpressions: [{ key: 'zone', operator: 'NotIn', values: ['a'] }] },
    true
  ],
  ['Exists', { matchExpressions: [{ key: 'app', operator: 'Exists' }] }, true],
  ['Exists, and it does not', { matchExpressions: [{ key: 'zone', operator: 'Exists' }] }, false],
  ['DoesNotExist', { matchExpressions: [{ key: 'zone', operator: 'DoesNotExist' }] }, true],
  ['DoesNotExist, and it does', { matchExpressions: [{ key: 'app', operator: 'DoesNotExist' }] }, false],
  ['an operator that nobody knows', { matchExpressions: [{ key: 'app', operator: 'Like', values: ['p'] }] }, false],
  [
    'labels and expressions count together',
    { matchLabels: { app: 'prometheus' }, matchExpressions: [{ key: 'tier', operator: 'DoesNotExist' }] },
    false
  ]
]

t.test('a LabelSelector', async (t) => {
  for (const [name, selector, selected] of cases) t.equal(selects(selector, LABELS), selected, name)
})

t.test('the selector of a Service', async (t) => {
  t.equal(selectsByMap({ app: 'prometheus' }, LABELS), true)
  t.equal(selectsByMap({ app: 'prometheus', zone: 'a' }, LABELS), false)
  t.equal(selectsByMap({}, LABELS), false, 'an empty one selects nothing')
  t.equal(selectsByMap(undefined, LABELS), false)
})
