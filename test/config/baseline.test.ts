import fc from 'fast-check'
import t from 'tap'
import { baselineText, parseBaseline, type WrittenEntry } from '../../src/config/baseline.ts'

const ENTRY: WrittenEntry = {
  file: 'deploy/a.yaml',
  object: 'Deployment.apps monitoring/prometheus',
  policy: 'shared-tsdb-claim',
  finding: 'PVC prometheus-data',
  message: 'error: 2 replicas write to one PVC'
}

t.test('what is written', async (t) => {
  const { message: _, ...entry } = ENTRY
  const other = { ...ENTRY, file: 'b', finding: 'spec.x["a: b"]', message: `warning: ${'y'.repeat(200)}\nz` }
  const text = baselineText([ENTRY, other])
  t.equal(
    text.replace(/^(?:# .*\n)+/, ''),
    `apiVersion: holdfast.dev/v1alpha1
kind: HoldfastBaseline
findings:
  # warning: ${'y'.repeat(100)}…
  - policy: shared-tsdb-claim
    object: Deployment.apps monitoring/prometheus
    file: b
    finding: "spec.x[\\"a: b\\"]"
  # error: 2 replicas write to one PVC
  - policy: shared-tsdb-claim
    object: Deployment.apps monitoring/prometheus
    file: deploy/a.yaml
    finding: PVC prometheus-data
`
  )
  t.equal(baselineText([other, ENTRY, ENTRY]), text, 'in whatever order, and once')
  t.strictSame(parseBaseline(text, 'x').at(-1), entry)
  t.strictSame(parseBaseline(baselineText([]), 'x'), [])
})

t.test('whatever is written is read again', async (t) => {
  const text = fc.string({ minLength: 1, unit: 'binary' }).map((value) => value.toWellFormed())
  const entry = fc.record({ file: text, object: text, policy: text, finding: text, message: text })
  const property = fc.property(entry, (written) => {
    const { message: _, ...expected } = written
    t.strictSame(parseBaseline(baselineText([written]), 'x'), [expected])
  })
  t.doesNotThrow(() => fc.assert(property, { numRuns: 60 }))
})

t.test('an empty file knows nothing: --baseline=/dev/null uses none', async (t) => {
  t.strictSame(parseBaseline('', 'x'), [])
  t.strictSame(parseBaseline('\n', 'x'), [])
})

t.test('what is no baseline', async (t) => {
  const item = 'policy: a, object: b, file: c, finding: d'
  const table: readonly (readonly [text: string, problem: string])[] = [
    ['{}', 'x:1:1: lacks the field kind'],
    ['kind: HoldfastConfiguration\nfindings: []', 'x:1:7: kind: has to be HoldfastBaseline'],
    ['kind: HoldfastBaseline\nfinding: []', 'x:2:1: finding: is not a field here; did you mean "findings"?'],
    [
      'kind: HoldfastBaseline\nfindings: [{ policy: a, object: b, file: c }]',
      'x:2:12: findings[0]: lacks the field finding'
    ],
    [`kind: HoldfastBaseline\nfindings: [{ ${item}, line: 3 }]`, 'findings[0].line: is not a field here'],
    [`kind: HoldfastBaseline\n<<<<<<< ours\nfindings: [{ ${item} }]`, 'x:2:']
  ]
  for (const [text, problem] of table) {
    const error = t.throws(() => parseBaseline(text, 'x'), { code: 'BASELINE_INVALID' }, text) as unknown as Error
    t.ok(error.message.includes(problem), `${text}\n${error.message}`)
  }
})
