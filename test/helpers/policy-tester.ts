import t from 'tap'
import { type Cluster, UNKNOWN_CLUSTER } from '../../src/core/cluster.ts'
import { type Decision, decisionFor } from '../../src/core/decide.ts'
import { identityOf } from '../../src/core/identity.ts'
import type { OptionFields, OptionValues } from '../../src/core/options.ts'
import type { PatchOperation } from '../../src/core/patch.ts'
import type { ConfiguredPolicy, Policy } from '../../src/core/policy.ts'
import { matchConditionsFor } from '../../src/core/programs/match-conditions.ts'
import type { Phase, Subject } from '../../src/core/subject.ts'
import { isObject, type JsonObject } from '../../src/core/values/json.ts'
import { fieldPath } from '../../src/core/values/path.ts'
import type { FindingVerdict } from '../../src/core/verdict.ts'
import { claimTemplate } from '../fixtures/objects.ts'
import { subjectOf } from '../fixtures/reviews.ts'
import { entriesCalled, isLetThrough } from '../manifests/called.ts'
import { context, enforced } from './configured.ts'
import { subjectFor } from './positive-cases.ts'

/** What is evaluated: an object as it is created, or as it is updated where there is an old one. */
interface Case<Fields extends OptionFields> {
  readonly name: string
  readonly object: JsonObject
  readonly oldObject?: JsonObject
  readonly options?: Partial<OptionValues<Fields>>
  readonly cluster?: Cluster
  readonly phases?: readonly Phase[]
}

/** What one finding has to look like. */
interface Expected {
  readonly field: string
  readonly problem?: RegExp
  readonly remediation?: RegExp
  readonly caution?: RegExp
}

interface FoundCase<Fields extends OptionFields> extends Case<Fields> {
  readonly finds: readonly Expected[]
}

interface FixedCase<Fields extends OptionFields> extends Case<Fields> {
  readonly patch: readonly PatchOperation[]
  readonly does: RegExp
}

export interface PolicyCases<Fields extends OptionFields> {
  /** Nothing is found. */
  readonly accepted: readonly Case<Fields>[]
  /** Enforcing refuses it. */
  readonly refused?: readonly FoundCase<Fields>[]
  /** Told to the client, never enforced. */
  readonly advised?: readonly FoundCase<Fields>[]
  /** Good to know, in reports and never told to the client. */
  readonly noted?: readonly FoundCase<Fields>[]
  /** Enforcing repairs it, by exactly this patch. */
  readonly fixed?: readonly FixedCase<Fields>[]
}

/**
 * Runs the table of a policy. Besides what each case says, every case proves that its input is not touched and that its
 * findings are called the same with another container, volume and claim template in front, and every repair that what
 * comes out of it is clean and is left alone by a second pass.
 */
export function testPolicy<Fields extends OptionFields>(policy: Policy<Fields>, cases: PolicyCases<Fields>): void {
  const evaluate = (subject: Subject, { options, cluster = UNKNOWN_CLUSTER }: Case<Fields>): Decision => {
    const configured = enforced(policy as unknown as Policy, options as ConfiguredPolicy['options'])
    return decisionFor(subject, [configured], context({ cluster }))
  }
  const evaluateCase = (one: Case<Fields>): Decision =>
    evaluate(subjectOf(deepFreeze(one.object), deepFreeze(one.oldObject), one.phases), one)

  const { accepted, refused = [], advised = [], noted = [], fixed = [] } = cases
  checkNames([...accepted, ...refused, ...advised, ...noted, ...fixed])
  t.ok(accepted.length > 0, 'the table has a case in which nothing is found')
  t.ok(refused.length + advised.length + fixed.length > 0, 'the table has a case in which the policy finds something')
  checkConditions(policy, cases, evaluate)
  t.test('accepted', async (t) => {
    for (const one of accepted) t.strictSame(evaluateCase(one).verdicts, [], one.name)
  })
  for (const [kind, outcome] of [
    ['refused', 'denied'],
    ['advised', 'warned'],
    ['noted', 'audited']
  ] as const) {
    t.test(kind, async (t) => {
      for (const one of cases[kind] ?? []) {
        const decision = evaluateCase(one)
        t.equal(decision.allowed, kind !== 'refused', `${one.name}: allowed or not`)
        const found = decision.verdicts.filter((verdict) => verdict.outcome === outcome) as FindingVerdict[]
        t.strictSame(
          found.map(({ finding }) => fieldPath(finding.field)),
          one.finds.map(({ field }) => field),
          `${one.name}: fields`
        )
        for (const [index, { problem = /./, remediation = /./, caution }] of one.finds.entries()) {
          t.match(found[index]?.finding.problem, problem, `${one.name}: problem`)
          t.match(found[index]?.finding.remediation, remediation, `${one.name}: remediation`)
          if (caution) t.match(found[index]?.finding.caution, caution, `${one.name}: caution`)
        }
      }
    })
  }
  t.test('a container, a volume or a claim template in front changes no identity', async (t) => {
    for (const one of [...refused, ...advised, ...noted, ...fixed]) {
      const before = one.oldObject && withMoreInFront(one.oldObject)
      const later = { ...one, object: withMoreInFront(one.object), ...(before && { oldObject: before }) }
      const identities = identitiesIn(evaluateCase(one), one)
      t.ok(identities.length > 0, `${one.name}: there is something to call`)
      t.strictSame(identitiesIn(evaluateCase(later), later), identities, one.name)
      t.equal(new Set(identities).size, identities.length, `${one.name}: no two findings are called the same`)
    }
  })
  t.test('fixed', async (t) => {
    for (const one of cases.fixed ?? []) {
      const decision = evaluateCase(one)
      t.strictSame(decision.operations, one.patch, `${one.name}: patch`)
      const does = decision.verdicts.map((verdict) => (verdict.outcome === 'patched' ? verdict.finding.fix?.does : ''))
      t.match(does.join(' '), one.does, `${one.name}: says what it does`)
      const again = evaluateCase({ ...one, object: decision.object })
      t.strictSame(
        again.verdicts.filter(({ outcome }) => outcome !== 'warned'),
        [],
        `${one.name}: a second pass changes nothing`
      )
    }
  })
}

function identitiesIn({ verdicts }: Decision, { object, oldObject }: Case<OptionFields>): string[] {
  const subject = subjectOf(object, oldObject)
  return verdicts.flatMap((verdict) => (verdict.outcome === 'crashed' ? [] : identityOf(verdict.finding, subject)))
}

const IN_FRONT: Readonly<Record<string, JsonObject>> = {
  containers: { name: 'in-front', image: 'registry.example/sidecar:1' },
  initContainers: { name: 'in-front-of-init', image: 'registry.example/sidecar:1' },
  volumes: { name: 'volume-in-front', configMap: { name: 'a' } },
  volumeClaimTemplates: claimTemplate({ name: 'claim-in-front' })
}

/** The object with one item more at the beginning of each list of a Pod's, or of a StatefulSet's, that it has. */
function withMoreInFront(object: JsonObject): JsonObject {
  const { spec } = object
  if (!isObject(spec)) return object
  const lists = Object.entries(IN_FRONT).flatMap(([name, item]) => {
    const items = spec[name]
    return Array.isArray(items) && items.length > 0 ? [[name, [item, ...items]]] : []
  })
  const template = isObject(spec.template) && { template: withMoreInFront(spec.template) }
  return { ...object, spec: { ...spec, ...Object.fromEntries(lists), ...template } }
}

/**
 * That the API server calls for what the policy finds, by the shipped conditions and by those of the Match alone. Every
 * Match needs a case, or its condition might as well be wrong: one of the table, as it is or as another kind of workload.
 */
function checkConditions<Fields extends OptionFields>(
  policy: Policy<Fields>,
  { refused = [], advised = [], fixed = [] }: PolicyCases<Fields>,
  evaluate: (subject: Subject, one: Case<Fields>) => Decision
): void {
  t.test('the conditions of the webhook', async (t) => {
    for (const match of policy.matches) {
      const what = `${match.resource.kind} ${match.operation}, ${match.phase} phase`
      const found = [...refused, ...advised, ...fixed].flatMap((one) => {
        const subject = subjectFor(match, one)
        if (subject === undefined || isSpecUnchanged(subject)) return []
        return evaluate(subject, one).verdicts.length > 0 ? [{ name: one.name, subject }] : []
      })
      t.ok(found.length > 0, `${what}: there is a case in which the policy finds something`)
      for (const { name, subject } of found) {
        t.ok(isLetThrough(matchConditionsFor([match]), subject), `${what}: it is about this, ${name}`)
        t.equal(entriesCalled(subject).length, 1, `${what}: the webhook is called for this, ${name}`)
      }
    }
  })
}

/** What an object is has been evaluated when its spec was written; only a change of the spec is news. */
function isSpecUnchanged({ phases, object, oldObject }: Subject): boolean {
  return phases.includes('validate') && JSON.stringify(object.spec) === JSON.stringify(oldObject.spec)
}

function checkNames(cases: readonly { name: string }[]): void {
  const names = cases.map(({ name }) => name)
  t.equal(new Set(names).size, names.length, 'no case stands twice in the table')
}

/** A write to any part of the object throws from now on. */
export function deepFreeze<Value>(value: Value): Value {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value
  for (const inner of Object.values(value)) deepFreeze(inner)
  return Object.freeze(value)
}
