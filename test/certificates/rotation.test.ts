import t from 'tap'
import {
  foreignIn,
  type Kept,
  nextStep,
  renewalOf,
  type Seen,
  type Step,
  Stopwatch,
  watched
} from '../../src/certificates/rotation.ts'

const DELAYS = { trustMs: 100, retireMs: 1000 }
const NOW = new Date('2026-06-01T12:00:00Z')
const LATER = new Date('2026-07-01T12:00:00Z')

const A = { ca: 'A', renewAt: LATER, isForHosts: true }
const EMPTY: Kept = { current: undefined, next: undefined, retired: [], isRotationWanted: false }
const SERVED: Kept = { ...EMPTY, current: A }
const NEVER: Seen = { trusted: undefined, served: undefined }

interface Case {
  readonly what: string
  readonly kept: Partial<Kept>
  readonly bundles: readonly (readonly string[])[]
  readonly seen?: Partial<Seen>
  readonly step: Step
}

const wait = (what: 'trust' | 'retirement' | 'renewal'): Step => ({ do: 'wait', for: what })
const NEXT: Step = { do: 'issue', as: 'next' }

const CASES: readonly Case[] = [
  { what: 'nothing is there', kept: {}, bundles: [[], []], step: { do: 'issue', as: 'current' } },
  { what: 'nothing is installed', kept: {}, bundles: [], step: { do: 'issue', as: 'current' } },
  { what: 'the Secret was deleted, and Pods serve on', kept: {}, bundles: [['X'], []], step: NEXT },
  { what: 'first issue, not yet trusted', kept: { current: A }, bundles: [[], []], step: { do: 'trust', cas: ['A'] } },
  { what: 'all is well', kept: { current: A }, bundles: [['A'], ['A']], step: wait('renewal') },
  { what: 'a new entry', kept: { current: A }, bundles: [['A'], []], step: { do: 'trust', cas: ['A'] } },
  { what: 'a CA of somebody else stays', kept: { current: A }, bundles: [['X', 'A']], step: wait('renewal') },
  { what: 'two thirds are over', kept: { current: { ...A, renewAt: NOW } }, bundles: [['A']], step: NEXT },
  { what: 'for other hosts', kept: { current: { ...A, isForHosts: false } }, bundles: [['A']], step: NEXT },
  { what: 'asked for', kept: { current: A, isRotationWanted: true }, bundles: [['A']], step: NEXT },
  {
    what: 'asked for, and an entry lacks the CA: trust comes first',
    kept: { current: A, isRotationWanted: true },
    bundles: [['A'], []],
    step: { do: 'trust', cas: ['A'] }
  },
  {
    what: 'a new CA is added beside the old one',
    kept: { current: A, next: { ca: 'B' } },
    bundles: [['A', 'B'], ['A']],
    step: { do: 'trust', cas: ['A', 'B'] }
  },
  {
    what: 'no entry is seen, so none trusts the new CA',
    kept: { current: A, next: { ca: 'B' } },
    bundles: [],
    seen: { trusted: 100 },
    step: wait('trust')
  },
  {
    what: 'no entry is seen, and nothing is served that could be lost',
    kept: { next: { ca: 'B' } },
    bundles: [],
    seen: { trusted: 100 },
    step: { do: 'serve' }
  },
  {
    what: 'trusted, but not seen for long enough',
    kept: { current: A, next: { ca: 'B' } },
    bundles: [['A', 'B']],
    seen: { trusted: 99 },
    step: wait('trust')
  },
  {
    what: 'trusted for long enough',
    kept: { current: A, next: { ca: 'B' } },
    bundles: [['A', 'B']],
    seen: { trusted: 100 },
    step: { do: 'serve' }
  },
  {
    what: 'a new entry while trust is waited for',
    kept: { current: A, next: { ca: 'B' } },
    bundles: [['A', 'B'], []],
    seen: { trusted: 100 },
    step: { do: 'trust', cas: ['A', 'B'] }
  },
  {
    what: 'asked for again in the middle of a rotation: the one after this',
    kept: { current: A, next: { ca: 'B' }, isRotationWanted: true },
    bundles: [['A', 'B']],
    seen: { trusted: 5 },
    step: wait('trust')
  },
  {
    what: 'the old CA stays while Pods may serve under it',
    kept: { current: A, retired: ['Z'] },
    bundles: [['A', 'Z']],
    seen: { served: 999 },
    step: wait('retirement')
  },
  {
    what: 'and a new entry gets it, too',
    kept: { current: A, retired: ['Z'] },
    bundles: [['A', 'Z'], []],
    seen: { served: 999 },
    step: { do: 'trust', cas: ['A', 'Z'] }
  },
  {
    what: 'every Pod serves the new certificate',
    kept: { current: A, retired: ['Z'] },
    bundles: [['A'], ['A', 'Z', 'X']],
    seen: { served: 1000 },
    step: { do: 'distrust', cas: ['Z'] }
  },
  {
    what: 'the old CA is gone from every entry',
    kept: { current: A, retired: ['Z'] },
    bundles: [['A'], ['A', 'X']],
    seen: { served: 1000 },
    step: { do: 'forget' }
  },
  {
    what: 'asked for while an old CA is still trusted: not delayed by it',
    kept: { current: A, retired: ['Z'], isRotationWanted: true },
    bundles: [['A', 'Z']],
    seen: { served: 1 },
    step: NEXT
  },
  {
    what: 'an old CA goes while trust in the next is waited for',
    kept: { current: A, next: { ca: 'B' }, retired: ['Z'] },
    bundles: [['A', 'B', 'Z']],
    seen: { trusted: 1, served: 1000 },
    step: { do: 'distrust', cas: ['Z'] }
  },
  {
    what: 'a Secret from a backup: what is served again is not removed',
    kept: { current: A, retired: ['A'] },
    bundles: [['A']],
    seen: { served: 1000 },
    step: { do: 'forget' }
  },
  {
    what: 'without a current one, what may still be served stays',
    kept: { next: { ca: 'B' }, retired: ['Z'] },
    bundles: [['B', 'Z']],
    seen: { trusted: 100 },
    step: { do: 'serve' }
  }
]

t.test('the next step', async (t) => {
  for (const { what, kept, bundles, seen, step } of CASES) {
    t.strictSame(nextStep({ ...EMPTY, ...kept }, bundles, { ...NEVER, ...seen }, DELAYS, NOW), step, what)
  }
})

t.test('what the waits depend on', async (t) => {
  const rotating = { ...SERVED, next: { ca: 'B' } }
  t.strictSame(watched(rotating, [['A', 'B'], ['B']]), { trusted: 'B', served: 'A' })
  t.strictSame(watched(rotating, [['A', 'B'], ['A']]), { trusted: undefined, served: 'A' })
  t.strictSame(watched(SERVED, [['A']]), { trusted: undefined, served: 'A' })
})

t.test('a wait that is interrupted begins anew', async (t) => {
  const stopwatch = new Stopwatch()
  const looks: readonly (readonly [of: string | undefined, now: number, seen: number | undefined])[] = [
    [undefined, 5, undefined],
    ['A', 10, 0],
    ['A', 30, 20],
    ['B', 40, 0],
    ['B', 45, 5],
    [undefined, 50, undefined],
    ['B', 60, 0]
  ]
  for (const [of, now, seen] of looks) t.equal(stopwatch.seen(of, now), seen, `${of} at ${now}`)
})

t.test('CAs of somebody else', async (t) => {
  const kept = { ...SERVED, next: { ca: 'B' }, retired: ['Z'] }
  t.strictSame(
    foreignIn(kept, [
      ['A', 'B', 'Z'],
      ['X', 'A'],
      ['X', 'Y']
    ]),
    ['X', 'Y']
  )
})

t.test('renewed after two thirds', async (t) => {
  const notAfter = new Date(NOW.getTime() + 90 * 86_400_000)
  t.equal(renewalOf({ notBefore: NOW, notAfter }).getTime(), NOW.getTime() + 60 * 86_400_000)
})
