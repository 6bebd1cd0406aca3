import t from 'tap'
import { annotationOf, denialOf, warningsOf } from '../../src/admission/messages.ts'
import type { Finding } from '../../src/core/policy.ts'
import type { FindingVerdict, Verdict } from '../../src/core/verdict.ts'

const finding: Finding = { field: ['spec', 'replicas'], problem: 'replicas are 2', remediation: 'set them to 1' }
const fixed: Finding = { ...finding, fix: { edits: [], does: 'sets replicas to 1' } }

function verdict(parts: Partial<FindingVerdict>): Verdict {
  return { policy: 'some-policy', mode: 'enforce', outcome: 'denied', enforced: 'denied', finding, ...parts }
}

const crashed: Verdict = { policy: 'some-policy', mode: 'enforce', outcome: 'crashed', error: new Error('secret') }

t.test('message and causes each say everything', async (t) => {
  const { message, causes } = denialOf([verdict({}), verdict({ outcome: 'warned' }), crashed])
  const text = 'replicas are 2. Fix: set them to 1 (Holdfast, policy some-policy)'
  t.strictSame(causes, [{ field: 'spec.replicas', message: text }])
  t.equal(message, `spec.replicas: ${text}`)
})

t.test('warnings', async (t) => {
  const table: readonly (readonly [string, Verdict, string[]])[] = [
    ['a denial has its own way to the client', verdict({}), []],
    [
      'a repair',
      verdict({ outcome: 'patched', enforced: 'patched', finding: fixed }),
      ['Holdfast some-policy: sets replicas to 1']
    ],
    [
      'a repair that was not made',
      verdict({ outcome: 'warned', enforced: 'patched', finding: fixed }),
      ['Holdfast some-policy: would patch: sets replicas to 1', 'Holdfast some-policy: fix: set them to 1']
    ],
    [
      'a denial that was not made',
      verdict({ outcome: 'warned' }),
      ['Holdfast some-policy: would reject: replicas are 2', 'Holdfast some-policy: fix: set them to 1']
    ],
    [
      'advice',
      verdict({ outcome: 'warned', enforced: 'warned' }),
      ['Holdfast some-policy: replicas are 2', 'Holdfast some-policy: fix: set them to 1']
    ],
    ['audited', verdict({ outcome: 'audited' }), []],
    ['exempted', verdict({ outcome: 'skipped' }), []],
    [
      'a crash, without its reason',
      crashed,
      ['Holdfast some-policy: could not evaluate this object; its log has the reason']
    ]
  ]
  for (const [name, one, lines] of table) t.strictSame(warningsOf([one]), lines, name)
})

t.test('an exemption that is none comes first', async (t) => {
  const table: readonly (readonly [readonly string[], string])[] = [
    [['a'], 'names "a", which is no policy and exempts from nothing (holdfast policies lists them)'],
    [['a', 'b'], 'names "a", "b", which are no policies and exempt from nothing (holdfast policies lists them)'],
    [
      ['a', 'b', 'c', 'd', 'e'],
      'names "a", "b", "c" and 2 more, which are no policies and exempt from nothing (holdfast policies lists them)'
    ]
  ]
  for (const [ids, words] of table) {
    t.strictSame(warningsOf([verdict({ outcome: 'warned' })], ids), [
      `Holdfast: annotation holdfast.dev/skip ${words}`,
      'Holdfast some-policy: would reject: replicas are 2',
      'Holdfast some-policy: fix: set them to 1'
    ])
  }
  const [line = ''] = warningsOf([], ['a\nb\u202e'.repeat(80)])
  t.match(line, /^[^\p{Cc}\p{Bidi_Control}]{100,256}$/u)
})

t.test('a warning is one line of at most 256 characters that the API server takes', async (t) => {
  const nasty = { ...finding, problem: `a\nb\u0000c\u2028d\u202Ee\uD800f ${'😀'.repeat(300)}` }
  const [line = ''] = warningsOf([verdict({ outcome: 'warned', finding: nasty })])
  t.match(line, /would reject: a\\nb\\u0000c\\u2028d\\u202ee\uFFFDf 😀/u)
  t.equal([...line].length, 256)
  t.ok(line.endsWith('…'))
  t.ok(line.isWellFormed())
})

t.test('audit annotations', async (t) => {
  const table: readonly (readonly [string, readonly Verdict[], string])[] = [
    ['denied', [verdict({})], 'denied: spec.replicas: replicas are 2'],
    ['audited', [verdict({ outcome: 'audited' })], 'audited: spec.replicas: would reject: replicas are 2'],
    [
      'patched',
      [verdict({ outcome: 'patched', enforced: 'patched', finding: fixed })],
      'patched: spec.replicas: sets replicas to 1'
    ],
    ['skipped', [verdict({ outcome: 'skipped' })], 'skipped: spec.replicas: would reject: replicas are 2'],
    [
      'two of one policy',
      [verdict({ outcome: 'warned', enforced: 'warned' }), crashed],
      'warned: spec.replicas: replicas are 2; crashed'
    ]
  ]
  for (const [name, verdicts, text] of table) t.equal(annotationOf(verdicts), text, name)
})

t.test('more than anyone reads is only counted', async (t) => {
  const many = (outcome: 'warned' | 'denied'): Verdict[] => Array.from({ length: 20_000 }, () => verdict({ outcome }))
  t.equal(warningsOf(many('warned')).length, 16)
  t.match(warningsOf(many('warned')).at(-1), /and more/)
  t.equal(denialOf(many('denied')).causes.length, 8)
  t.ok(annotationOf(many('denied')).length <= 512)
})

t.test('a caution has a line of its own, and stands before the remediation', async (t) => {
  const risky = { ...finding, caution: 'it burns' }
  t.strictSame(
    warningsOf([verdict({ outcome: 'warned', finding: risky })]).map((line) => line.slice(22)),
    ['would reject: replicas are 2', 'caution: it burns', 'fix: set them to 1']
  )
  t.match(denialOf([verdict({ finding: risky })]).message, 'replicas are 2. Caution: it burns. Fix: set them to 1')
})

t.test('a crash in audit says nothing to the client', async (t) => {
  t.strictSame(warningsOf([{ ...crashed, mode: 'audit' }]), [])
})
