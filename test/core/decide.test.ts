import t from 'tap'
import { type Decision, decisionFor } from '../../src/core/decide.ts'
import { MODES, type Mode } from '../../src/core/mode.ts'
import { POD } from '../../src/core/objects/kinds.ts'
import type { ConfiguredPolicy, Finding, ObjectPolicy } from '../../src/core/policy.ts'
import { pod } from '../fixtures/objects.ts'
import { subjectOf } from '../fixtures/reviews.ts'
import { context } from '../helpers/configured.ts'

const finding: Finding = { field: ['spec'], problem: 'it is wrong', remediation: 'mend it' }

function rule(id: string, check: ObjectPolicy['check'], mode: Mode = 'enforce'): ConfiguredPolicy {
  const matches = [
    { phase: 'mutate', operation: 'CREATE', resource: POD, about: { kind: 'immutable-fields' } }
  ] as const
  return {
    policy: { id, summary: '', defaultMode: 'enforce', matches, options: {}, check },
    mode,
    options: {},
    exemptions: []
  }
}

const denies = (mode?: Mode): ConfiguredPolicy => rule('denies', () => [finding], mode)
const advises = (mode?: Mode): ConfiguredPolicy => rule('advises', () => [{ ...finding, advice: true }], mode)
const notes = (mode?: Mode): ConfiguredPolicy => rule('notes', () => [{ ...finding, info: true }], mode)
const patches = (mode?: Mode): ConfiguredPolicy =>
  rule('patches', () => [{ ...finding, fix: { edits: [{ path: ['spec', 'x'], value: 1 }], does: 'sets x' } }], mode)
const crashes = (mode?: Mode): ConfiguredPolicy =>
  rule(
    'crashes',
    () => {
      throw new Error('a bug')
    },
    mode
  )

function decide(
  rules: readonly ConfiguredPolicy[],
  ceiling: Mode = 'enforce',
  annotations: Record<string, string> = {}
): Decision {
  return decisionFor(subjectOf(pod({ annotations }), undefined, ['mutate']), rules, context({ ceiling }))
}

function outcomes({ verdicts }: Decision): string[] {
  return verdicts.map(({ policy, mode, outcome }) => `${policy} ${mode} ${outcome}`)
}

t.test('every mode, for every kind of finding', async (t) => {
  const table = {
    off: ['', '', '', ''],
    audit: ['denies audit audited', 'advises audit audited', 'patches audit audited', 'notes audit audited'],
    warn: ['denies warn warned', 'advises warn warned', 'patches warn warned', 'notes warn audited'],
    enforce: ['denies enforce denied', 'advises enforce warned', 'patches enforce patched', 'notes enforce audited']
  } as const
  for (const mode of MODES) {
    const rules = [denies, advises, patches, notes]
    for (const [index, make] of rules.entries()) {
      const expected = table[mode][index]
      t.equal(outcomes(decide([make(mode)])).join(), expected, `rule in ${mode}: ${expected}`)
      t.equal(outcomes(decide([make('enforce')], mode)).join(), expected, `ceiling of ${mode}: ${expected}`)
      t.equal(outcomes(decide([make(mode)], 'enforce')).join(), expected, `the lower of ${mode} and enforce`)
    }
    t.equal(decide([denies(mode)]).allowed, mode !== 'enforce', `${mode}: allowed`)
    t.equal(decide([patches(mode)]).operations.length, mode === 'enforce' ? 1 : 0, `${mode}: patched`)
  }
})

t.test('a denial withholds the repairs of others', async (t) => {
  const decision = decide([patches(), denies()])
  t.strictSame(outcomes(decision), ['patches enforce warned', 'denies enforce denied'])
  t.strictSame(decision.operations, [])
  t.strictSame(decision.object, pod({ annotations: {} }))
})

t.test('a policy sees the repairs of those before it', async (t) => {
  const sees = rule('sees', ({ object }) => ((object.spec as { x?: number }).x === 1 ? [finding] : []))
  t.strictSame(outcomes(decide([patches(), sees])), ['patches enforce warned', 'sees enforce denied'])
})

t.test('a policy that throws takes nobody down', async (t) => {
  const decision = decide([crashes(), patches(), denies('warn')])
  t.strictSame(outcomes(decision), ['crashes enforce crashed', 'patches enforce patched', 'denies warn warned'])
  t.equal(decision.allowed, true)
  t.equal(decision.operations.length, 1)
  t.equal(decision.unevaluated, false)
})

t.test('a policy that throws halfway has said nothing', async (t) => {
  const halfway = rule('halfway', function* () {
    yield finding
    throw new Error('a bug')
  })
  t.strictSame(outcomes(decide([halfway])), ['halfway enforce crashed'])
})

t.test('a repair that does not apply is a crash, and is not sent', async (t) => {
  const broken = rule('broken', () => [
    { ...finding, fix: { edits: [{ path: ['kind', 'x'], value: 1 }], does: 'breaks' } }
  ])
  const decision = decide([broken, patches()])
  t.strictSame(outcomes(decision), ['broken enforce crashed', 'patches enforce patched'])
  t.strictSame(decision.operations, [{ op: 'add', path: '/spec/x', value: 1 }])
})

t.test('nobody evaluated where all who looked threw', async (t) => {
  t.equal(decide([crashes(), crashes('warn')]).unevaluated, true)
  t.equal(decide([crashes('off')]).unevaluated, false, 'nobody looked')
  t.equal(decide([]).unevaluated, false, 'nobody to look')
})

t.test('holdfast.dev/skip exempts the policies that it names', async (t) => {
  const skip = (value: string): string[] =>
    outcomes(decide([denies(), patches()], 'enforce', { 'holdfast.dev/skip': value }))
  t.strictSame(skip('denies'), ['denies enforce skipped', 'patches enforce patched'])
  t.strictSame(skip(' denies , patches '), ['denies enforce skipped', 'patches enforce skipped'])
  t.strictSame(skip('deni'), ['patches enforce warned', 'denies enforce denied'].reverse())
  t.equal(decide([denies()], 'enforce', { 'holdfast.dev/skip': 'denies' }).allowed, true)
})

t.test('what holdfast.dev/skip names and is no policy', async (t) => {
  const unknown = (value: unknown, mode: Mode = 'enforce'): readonly string[] =>
    decide([denies(), patches()], mode, { 'holdfast.dev/skip': value as string }).unknownSkips
  t.strictSame(unknown('denies,patches'), [])
  t.strictSame(unknown(' deni , denies,all, deni'), ['deni', 'all'])
  for (const value of ['', ' ', ',', 7, null, undefined]) t.strictSame(unknown(value), [], String(value))
  t.strictSame(unknown('constructor'), ['constructor'])
  t.strictSame(unknown('deni', 'warn'), ['deni'])
  t.strictSame(unknown('deni', 'audit'), [], 'a client is told of nothing')
  t.strictSame(decide([], 'enforce', { 'holdfast.dev/skip': 'deni' }).unknownSkips, [], 'nobody looked')
})

t.test('the ratchet: what was so before is only warned about', async (t) => {
  const tooMany = rule('too-many', ({ object }) => {
    const { replicas = 0 } = object.spec as { replicas?: number }
    return replicas > 1 ? [{ ...finding, field: ['spec', 'replicas'] }] : []
  })
  const updates = [
    { phase: 'mutate', operation: 'UPDATE', resource: POD, about: { kind: 'immutable-fields' } }
  ] as const
  const on = (parts: object): ConfiguredPolicy => ({
    ...tooMany,
    policy: { ...(tooMany.policy as ObjectPolicy), matches: updates, ...parts }
  })
  const update = (before: number, after: number, parts: object = {}): string => {
    const [old, object] = [before, after].map((replicas) => ({ kind: 'Pod', apiVersion: 'v1', spec: { replicas } }))
    return outcomes(decisionFor(subjectOf(object as never, old), [on(parts)], context())).join()
  }
  t.equal(update(1, 2), 'too-many enforce denied')
  t.equal(update(2, 3), 'too-many enforce warned')
  t.equal(update(2, 1), '')
  t.equal(
    update(2, 3, { comparesOld: true }),
    'too-many enforce denied',
    'not for a policy that evaluates the change itself'
  )
})

t.test('an exemption exempts until its day', async (t) => {
  const now = Date.UTC(2026, 10, 21)
  const exempt = (expires: number | undefined): string =>
    outcomes(decide([{ ...denies(), exemptions: [{ index: 0, namespaces: ['mon*'], names: [], expires }] }])).join()
  t.equal(exempt(undefined), 'denies enforce skipped')
  t.equal(exempt(now + 1), 'denies enforce skipped')
  t.equal(exempt(now), 'denies enforce denied')
})
