import { parseVersion } from '../../src/core/cluster.ts'
import type { EvaluationContext } from '../../src/core/evaluate.ts'
import { OPERATOR_RESOURCES, POD, type Resource } from '../../src/core/objects/kinds.ts'
import { WORKLOADS } from '../../src/core/objects/workload.ts'
import type { ConfiguredPolicy } from '../../src/core/policy.ts'
import { PHASES, type Phase } from '../../src/core/subject.ts'
import type { JsonObject } from '../../src/core/values/json.ts'
import { reviewOf } from '../fixtures/reviews.ts'
import { context, defaultPolicies, policiesWith } from '../helpers/configured.ts'
import { Random } from '../helpers/random.ts'
import { clone, hostileText, mutated } from './mutate.ts'
import { BESIDE, OBJECTS, SEEDS } from './seeds.ts'
import { oddYaml, scrambled } from './yaml.ts'

/** A case is data: what a failure saves is read again, and says the same. */
export type Case = ReviewCase | ManifestCase | TextCase

export interface ReviewCase {
  readonly kind: 'review'
  /** The AdmissionReview, as it comes from the API server or nearly so. */
  readonly review: JsonObject
  readonly phase: Phase
  /** Key of POLICY_SETS. */
  readonly policies: string
  /** As `1.36`; null where it is not known. */
  readonly version: string | null
}

/** Objects that are written as JSON and as YAML, which have to say the same. */
export interface ManifestCase {
  readonly kind: 'manifest'
  readonly objects: readonly JsonObject[]
  readonly previous: readonly JsonObject[]
  /** Decides how the YAML is written. */
  readonly style: string
}

/** A text that is hardly YAML any more. */
export interface TextCase {
  readonly kind: 'text'
  readonly text: string
}

const strict = (options: ConfiguredPolicy['options']): readonly ConfiguredPolicy[] =>
  policiesWith(options).map((configured) => ({ ...configured, mode: 'enforce' }))

/** What configurations make of the policies: as they come, as strict as they can be, and each kind of repair. */
export const POLICY_SETS: Readonly<Record<string, readonly ConfiguredPolicy[]>> = {
  default: defaultPolicies(),
  reject: strict({ onChange: 'reject' }),
  restore: withOnChange({ 'claim-template-labels': 'restore', 'autosharding-labels': 'restart' }, defaultPolicies()),
  strictRestore: withOnChange({ 'claim-template-labels': 'restore', 'autosharding-labels': 'restart' }, strict({}))
}

function withOnChange(
  changes: Readonly<Record<string, string>>,
  policies: readonly ConfiguredPolicy[]
): readonly ConfiguredPolicy[] {
  return policies.map((configured) => {
    const onChange = changes[configured.policy.id]
    return onChange === undefined ? configured : { ...configured, options: { ...configured.options, onChange } }
  })
}

export function contextOf({ version }: ReviewCase): EvaluationContext {
  return context({ cluster: { version: version === null ? undefined : parseVersion(version) } })
}

/** The case of this number. Nothing but its number and the seed decides what it is. */
export function generatedCase(seed: string, number: number): Case {
  const random = new Random(`${seed}/${number}`)
  const kind = random.below(100)
  if (kind < 82) return reviewCase(random)
  return kind < 96 ? manifestCase(random, `${seed}/${number}`) : textCase(random)
}

const KINDS: readonly Resource[] = [POD, ...WORKLOADS, ...OPERATOR_RESOURCES]

function reviewCase(random: Random): ReviewCase {
  const seed = random.pick(SEEDS)
  const { object, before } = pairFrom(random, seed.object, seed.before)
  const resource = KINDS.find(({ kind }) => kind === seed.object.kind) ?? POD
  const isUpdate = before !== undefined && random.chance(0.9)
  const parts: JsonObject = {
    object,
    ...(isUpdate && { oldObject: before }),
    ...(random.chance(0.1) && { namespace: hostileText(random), name: hostileText(random) }),
    ...(random.chance(0.1) && { dryRun: true })
  }
  const review = reviewOf(resource, isUpdate ? 'UPDATE' : 'CREATE', parts)
  return {
    kind: 'review',
    review: clone(random.chance(0.03) ? mutated(random, review, 1 + random.below(4), OBJECTS) : review),
    phase: isUpdate || resource === POD ? random.pick(['mutate', 'mutate', ...PHASES]) : random.pick(PHASES),
    policies: random.pick(Object.keys(POLICY_SETS)),
    version: random.pick(['1.36', '1.36', '1.29', '1.31', null])
  }
}

/** An object and what it was before: some changes are made in both, others in one of them. */
function pairFrom(
  random: Random,
  object: JsonObject,
  before: JsonObject | undefined
): { object: JsonObject; before: JsonObject | undefined } {
  const few = (): number => random.pick([0, 0, 1, 1, 2, 4])
  if (before === undefined) {
    const changed = mutated(random, object, few() + 1, OBJECTS)
    return { object: mutated(random, changed, few(), OBJECTS), before: isPod(object) ? undefined : changed }
  }
  if (random.chance(0.3)) {
    const common = mutated(random, object, few(), OBJECTS)
    return { before: common, object: mutated(random, common, 1 + few(), OBJECTS) }
  }
  return { before: mutated(random, before, few(), OBJECTS), object: mutated(random, object, few(), OBJECTS) }
}

function isPod({ kind }: JsonObject): boolean {
  return kind === POD.kind
}

function manifestCase(random: Random, style: string): ManifestCase {
  const objects: JsonObject[] = []
  const previous: JsonObject[] = []
  for (let more = 1 + random.below(3); more > 0; more--) {
    const seed = random.chance(0.8) ? random.pick(SEEDS) : { object: random.pick(BESIDE) }
    const { object, before } = pairFrom(random, seed.object, 'before' in seed ? seed.before : undefined)
    objects.push(object)
    if (before !== undefined) previous.push(before)
  }
  const items = random.chance(0.1) ? [{ apiVersion: 'v1', kind: 'List', items: objects }] : objects
  return { kind: 'manifest', objects: clone(items), previous: clone(random.chance(0.5) ? previous : []), style }
}

function textCase(random: Random): TextCase {
  const objects = Array.from({ length: 1 + random.below(2) }, () =>
    mutated(random, random.pick(OBJECTS), random.below(3), OBJECTS)
  )
  return { kind: 'text', text: scrambled(random, oddYaml(random, objects)) }
}
