import t from 'tap'
import { evaluateSet, type SetEvaluation } from '../../src/core/evaluate-set.ts'
import { identityOf } from '../../src/core/identity.ts'
import type { OptionFields, OptionValues } from '../../src/core/options.ts'
import type { ConfiguredPolicy, Policy, SetPolicy } from '../../src/core/policy.ts'
import { type SetGap, SubjectSet } from '../../src/core/set.ts'
import type { JsonObject } from '../../src/core/values/json.ts'
import { fieldPath } from '../../src/core/values/path.ts'
import { isMember, isOneOf, yamlValue } from '../../src/inventory/members.ts'
import { subjectOf } from '../../src/inventory/subjects.ts'
import { context, enforced } from './configured.ts'
import { deepFreeze } from './policy-tester.ts'

/** Objects that belong together. */
interface Case<Fields extends OptionFields> {
  readonly name: string
  readonly objects: readonly JsonObject[]
  readonly options?: Partial<OptionValues<Fields>>
}

interface Expected {
  /** `Service prometheus`: what has to change. */
  readonly object: string
  readonly field: string
  /** What it comes to in mode enforce; `denied` where nothing is said. */
  readonly outcome?: 'denied' | 'warned' | 'audited'
  readonly problem?: RegExp
  readonly remediation?: RegExp
  /** `StatefulSet prometheus`: the others; not compared where nothing is said. */
  readonly involved?: readonly string[]
}

interface FoundCase<Fields extends OptionFields> extends Case<Fields> {
  readonly finds: readonly Expected[]
}

interface UnclearCase<Fields extends OptionFields> extends Case<Fields> {
  /** What is told in the place of a finding. */
  readonly why: RegExp
}

export interface SetPolicyCases<Fields extends OptionFields> {
  /** Nothing is found, and nothing is missing. */
  readonly silent: readonly Case<Fields>[]
  readonly found: readonly FoundCase<Fields>[]
  /** Nothing is found because something cannot be seen, and that is told. */
  readonly unclear?: readonly UnclearCase<Fields>[]
}

/**
 * Runs the table of a policy over Sets. Besides what each case says, every case proves that its input is not touched, and
 * every case with a finding that no two findings about an object have one identity, that the objects come in any order,
 * that the annotation on the named object exempts it, that a gap in what the policy needs silences it, and that in a
 * cluster a gap in what it reads takes its findings one level down.
 */
export function testSetPolicy<Fields extends OptionFields>(
  policy: SetPolicy<Fields>,
  { silent, found, unclear = [] }: SetPolicyCases<Fields>
): void {
  const evaluate = (one: Case<Fields>, gaps: readonly SetGap[] = [], origin: SubjectSet['origin'] = 'files') =>
    evaluateObjects(
      policy as unknown as SetPolicy,
      one.objects,
      gaps,
      origin,
      one.options as ConfiguredPolicy['options']
    )
  const names = [...silent, ...found, ...unclear].map(({ name }) => name)
  t.equal(new Set(names).size, names.length, 'no case stands twice in the table')
  t.ok(silent.length > 0, 'the table has a case in which it is silent')
  t.ok(found.length > 0, 'the table has a case in which the policy finds something')

  t.test('silent', async (t) => {
    for (const one of silent) t.strictSame(inWords(evaluate(one)), [], one.name)
  })
  t.test('unclear', async (t) => {
    for (const one of unclear) {
      const { verdicts, silences } = evaluate(one)
      t.strictSame(verdicts, [], `${one.name}: nothing is found`)
      t.match(silences.map(({ why }) => why).join('; '), one.why, `${one.name}: why`)
    }
  })
  t.test('found', async (t) => {
    for (const one of found) {
      const evaluation = evaluate(one)
      t.strictSame(evaluation.silences, [], `${one.name}: all could be seen`)
      t.strictSame(
        inWords(evaluation),
        one.finds.map(({ object, field, outcome = 'denied' }) => `${object} ${field} ${outcome}`),
        `${one.name}: what has to change`
      )
      for (const [index, { problem = /./, remediation = /./, involved }] of one.finds.entries()) {
        const verdict = evaluation.verdicts[index]?.verdict
        const finding = verdict !== undefined && verdict.outcome !== 'crashed' ? verdict.finding : undefined
        t.match(finding?.problem, problem, `${one.name}: problem`)
        t.match(finding?.remediation, remediation, `${one.name}: remediation`)
        const others = finding?.involved?.map(({ kind, name }) => `${kind} ${name}`)
        if (involved) t.strictSame(others, involved, `${one.name}: the others`)
      }
    }
  })
  t.test('whatever is found', async (t) => {
    for (const one of found) {
      const identities = identitiesIn(evaluate(one))
      t.equal(new Set(identities).size, identities.length, `${one.name}: no two findings are called the same`)
      const turned = { ...one, objects: [...one.objects].reverse() }
      t.strictSame(identitiesIn(evaluate(turned)).sort(), identities.sort(), `${one.name}: in any order`)
      const skipped = inWords(evaluate({ ...one, objects: one.objects.map((object) => skipping(object, policy.id)) }))
      t.ok(
        skipped.length > 0 && skipped.every((word) => word.endsWith(' skipped')),
        `${one.name}: an annotation exempts`
      )
      for (const { resource } of policy.needs) {
        const gap = { what: resource, isAll: true, why: `${resource} may not be listed` }
        const { verdicts, silences } = evaluate(one, [gap])
        t.strictSame(verdicts, [], `${one.name}: silent without ${resource}`)
        t.match(silences, [{ policy: policy.id, why: gap.why }], `${one.name}: and says why`)
      }
      const optional = policy.reads.find((resource) => !policy.needs.includes(resource))
      if (optional === undefined) continue
      const gap = { what: optional.resource, isAll: true, why: '' }
      const lower = inWords(evaluate(one, [gap], 'cluster')).map((word) => word.split(' ').at(-1))
      t.notOk(lower.includes('denied'), `${one.name}: one level less without ${optional.resource}`)
    }
  })
}

export function evaluateObjects(
  policy: SetPolicy,
  objects: readonly JsonObject[],
  gaps: readonly SetGap[] = [],
  origin: SubjectSet['origin'] = 'files',
  options: ConfiguredPolicy['options'] = {}
): SetEvaluation {
  const members = objects
    .filter((object) => isOneOf(policy.reads, object))
    .map((object) => deepFreeze(subjectOf(deepFreeze(object), undefined, 'monitoring')))
    .filter(isMember)
  const set = new SubjectSet({ namespace: 'monitoring', origin, members, gaps, readYaml: yamlValue })
  return evaluateSet(set, [enforced(policy as Policy, options)], context())
}

function inWords({ verdicts }: SetEvaluation): string[] {
  return verdicts.map(({ subject: { kind, name }, verdict }) => {
    if (verdict.outcome === 'crashed') return `crashed: ${verdict.error}`
    return `${kind} ${name} ${fieldPath(verdict.finding.field)} ${verdict.outcome}`
  })
}

function identitiesIn({ verdicts }: SetEvaluation): string[] {
  return verdicts.flatMap(({ subject, verdict }) =>
    verdict.outcome === 'crashed' ? [] : `${subject.kind}/${subject.name} ${identityOf(verdict.finding, subject)}`
  )
}

function skipping(object: JsonObject, id: string): JsonObject {
  const metadata = object.metadata as JsonObject
  return { ...object, metadata: { ...metadata, annotations: { 'holdfast.dev/skip': id } } }
}
