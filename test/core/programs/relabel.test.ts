import t from 'tap'
import { dropsLabel } from '../../../src/core/programs/relabel.ts'

const cases: readonly (readonly [name: string, configs: unknown, drops: boolean | undefined])[] = [
  ['nothing', undefined, false],
  ['no list', 'x', false],
  ['the label', [{ action: 'labeldrop', regex: 'replica' }], true],
  ['one of several', [{ action: 'labeldrop', regex: 'a|replica|b' }], true],
  ['in brackets', [{ action: 'labeldrop', regex: '^(?:replica)$' }], true],
  ['by its beginning', [{ action: 'labeldrop', regex: 'rep.*' }], true],
  ['by its end', [{ action: 'labeldrop', regex: '.+lica' }], true],
  ['by what is in it', [{ action: 'labeldrop', regex: '.*plic.*' }], true],
  ['everything', [{ action: 'labeldrop', regex: '.*' }], true],
  ['a part of it, and patterns are whole', [{ action: 'labeldrop', regex: 'rep' }], false],
  ['another label', [{ action: 'labeldrop', regex: 'prometheus_replica' }], false],
  ['only others are kept', [{ action: 'labelkeep', regex: 'alertname|severity' }], true],
  ['it is kept', [{ action: 'labelkeep', regex: 'replica' }], false],
  ['it becomes empty', [{ target_label: 'replica', replacement: '' }], true],
  ['it becomes another value of its own', [{ target_label: 'replica', replacement: '$1' }], false],
  [
    'it becomes empty in some',
    [{ source_labels: ['a'], regex: 'b', target_label: 'replica', replacement: '' }],
    undefined
  ],
  ['a pattern that is not read', [{ action: 'labeldrop', regex: '(a+)+b' }], undefined],
  [
    'and behind it one that is',
    [
      { action: 'labeldrop', regex: '[a-z]+' },
      { action: 'labeldrop', regex: 'replica' }
    ],
    true
  ]
]

t.test('whether a label is dropped', async (t) => {
  for (const [name, configs, drops] of cases) t.equal(dropsLabel(configs, 'replica'), drops, name)
})
