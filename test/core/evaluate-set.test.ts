import t from 'tap'
import { evaluateSet, type SetEvaluation } from '../../src/core/evaluate-set.ts'
import { MODES, type Mode } from '../../src/core/mode.ts'
import { CONFIG_MAP, SERVICE, STATEFUL_SET } from '../../src/core/objects/kinds.ts'
import { type ConfiguredPolicy, defineSetPolicy, type SetFinding, type SetPolicy } from '../../src/core/policy.ts'
import { type SetGap, SubjectSet } from '../../src/core/set.ts'
import type { JsonObject } from '../../src/core/values/json.ts'
import { subjectOf } from '../fixtures/reviews.ts'
import { context } from '../helpers/configured.ts'

function object(kind: string, name: string, annotations: JsonObject = {}): JsonObject {
  return { apiVersion: kind === 'Service' ? 'v1' : 'apps/v1', kind, metadata: { name, annotations } }
}

function setOf(objects: readonly JsonObject[], parts: Partial<SubjectSet> = {}): SubjectSet {
  const members = objects.map((one) => subjectOf(one, undefined))
  return new SubjectSet({ namespace: 'lab', origin: 'files', gaps: [], readYaml: JSON.parse, members, ...parts })
}

function policyWith(id: string, parts: Partial<SetPolicy> = {}, finding: Partial<SetFinding> = {}): SetPolicy {
  return defineSetPolicy({
    id,
    summary: '',
    defaultMode: 'enforce',
    options: {},
    reads: [SERVICE, STATEFUL_SET],
    needs: [SERVICE],
    appliesTo: (set) => set.ofKind(STATEFUL_SET).length > 0,
    *checkSet(set) {
      const involved = set.ofKind(STATEFUL_SET)
      for (const one of set.ofKind(SERVICE)) {
        yield { object: one, involved, field: ['spec'], problem: 'it is wrong', remediation: 'mend it', ...finding }
      }
    },
    ...parts
  })
}

function evaluated(set: SubjectSet, policy: SetPolicy, mode: Mode = 'enforce', parts: Partial<ConfiguredPolicy> = {}) {
  return evaluateSet(set, [{ policy, mode, options: {}, exemptions: [], ...parts }], context())
}

function outcomes({ verdicts }: SetEvaluation): string[] {
  return verdicts.map(({ subject, verdict }) => `${subject.kind} ${subject.name} ${verdict.outcome}`)
}

const WHOLE = [object('Service', 'a'), object('StatefulSet', 'b'), object('Service', 'c')]

t.test('findings are about the object that has to change, in the order of the members', async (t) => {
  t.strictSame(outcomes(evaluated(setOf(WHOLE), policyWith('x'))), ['Service a denied', 'Service c denied'])
  t.strictSame(evaluated(setOf([object('Service', 'a')]), policyWith('x')).verdicts, [], 'it does not apply')
})

t.test('modes, advice and what is good to know', async (t) => {
  const under = (mode: Mode, finding: Partial<SetFinding>): string =>
    evaluated(setOf(WHOLE.slice(0, 2)), policyWith('x', {}, finding), mode)
      .verdicts.map(({ verdict }) => verdict.outcome)
      .join()
  const table = MODES.map((mode) => [under(mode, {}), under(mode, { advice: true }), under(mode, { info: true })])
  t.strictSame(table, [
    ['', '', ''],
    ['audited', 'audited', 'audited'],
    ['warned', 'warned', 'audited'],
    ['denied', 'warned', 'audited']
  ])
})

const gap = (what: string, isAll = true): SetGap => ({ what, isAll, why: `${what} may not be listed` })

t.test('what is missing', async (t) => {
  const silent = evaluated(setOf(WHOLE, { gaps: [gap('services')] }), policyWith('x'))
  t.strictSame(silent, { verdicts: [], silences: [{ policy: 'x', why: 'services may not be listed' }] })
  const partly = evaluated(setOf(WHOLE, { gaps: [gap('objects', false)] }), policyWith('x'))
  t.match(partly, { verdicts: { length: 0 }, silences: [{ policy: 'x' }] }, 'what may be anything may be a Service')
  const modest = evaluated(setOf(WHOLE, { gaps: [gap('objects', false)] }), policyWith('x', { needs: [] }))
  t.match(modest, { verdicts: { length: 2 }, silences: { length: 0 } }, 'who needs nothing else goes on')
  const nothing = setOf([object('Service', 'a')], { gaps: [gap('services')] })
  t.strictSame(evaluated(nothing, policyWith('x')).silences, [], 'where it does not apply, nothing is missing')
  const other = (origin: SubjectSet['origin'], what: string): string[] =>
    outcomes(evaluated(setOf(WHOLE.slice(0, 2), { origin, gaps: [gap(what)] }), policyWith('x')))
  t.strictSame(other('cluster', 'statefulsets'), ['Service a warned'], 'a level less where more may be there')
  t.strictSame(other('cluster', 'configmaps'), ['Service a denied'], 'of what it does not read nothing is missing')
  t.strictSame(other('files', 'statefulsets'), ['Service a denied'], 'files are what they are')
})

t.test('exemptions', async (t) => {
  const skipping = [object('Service', 'a', { 'holdfast.dev/skip': 'x' }), object('StatefulSet', 'b')]
  t.strictSame(outcomes(evaluated(setOf(skipping), policyWith('x'))), ['Service a skipped'])
  const exemptions = [{ index: 0, namespaces: [], names: ['c'], expires: undefined }]
  const exempted = evaluated(setOf(WHOLE), policyWith('x'), 'enforce', { exemptions })
  t.strictSame(outcomes(exempted), ['Service a denied', 'Service c skipped'])
})

t.test('a policy that crashes takes no other with it', async (t) => {
  const broken = policyWith('broken', {
    checkSet: () => {
      throw new Error('boom')
    }
  })
  const both = [broken, policyWith('x')].map(
    (policy): ConfiguredPolicy => ({ policy, mode: 'enforce', options: {}, exemptions: [] })
  )
  t.strictSame(outcomes(evaluateSet(setOf(WHOLE.slice(0, 2)), both, context())), [
    'Service a crashed',
    'Service a denied'
  ])
})

t.test('a Set finds its members, and reads a text once', async (t) => {
  let reads = 0
  const readYaml = (text: string): unknown => {
    reads++
    return JSON.parse(text)
  }
  const set = new SubjectSet({ ...setOf(WHOLE), members: setOf(WHOLE).members, readYaml })
  t.strictSame(
    set.ofKind(SERVICE).map(({ name }) => name),
    ['a', 'c']
  )
  t.equal(set.named(SERVICE, 'c')?.name, 'c')
  t.equal(set.named(STATEFUL_SET, 'c'), undefined)
  t.strictSame(set.ofKind(CONFIG_MAP), [])
  t.strictSame([set.yaml('{"a":1}'), set.yaml('{"a":1}'), reads], [{ a: 1 }, { a: 1 }, 1])
})
