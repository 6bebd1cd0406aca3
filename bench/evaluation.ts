import { defaultConfiguration } from '../src/config/configuration.ts'
import { decisionFor } from '../src/core/decide.ts'
import { type ConfiguredPolicy, isSetPolicy, type Policy } from '../src/core/policy.ts'
import type { Match, Subject } from '../src/core/subject.ts'
import type { JsonObject } from '../src/core/values/json.ts'
import { POLICIES } from '../src/policies/index.ts'
import { container, pushgateway } from '../test/fixtures/objects.ts'
import { subjectOf } from '../test/fixtures/reviews.ts'
import { enforced } from '../test/helpers/configured.ts'
import { findingExamplesOf } from '../test/helpers/policy-pages.ts'
import { subjectFor } from '../test/helpers/positive-cases.ts'
import { filledPod, variables, withManagedFields } from './reviews.ts'
import { type Report, type Row, rowsOf } from './row.ts'

const CIRCUMSTANCES = { cluster: { version: { major: 1, minor: 36 } }, ceiling: 'enforce', now: 0 } as const
const SIZES = { '1 to 3 KB': 1000, '60 KB': 60_000, '600 KB': 600_000, '3 MB': 3_000_000 } as const
/** Milliseconds of one round, and at least one call. */
const ROUND_MS = 4

/**
 * Evaluating and deciding alone, without HTTP and JSON, beside what parsing the same objects takes. Each policy gets the
 * first example of its page in which it finds something.
 */
export function measureEvaluation(rounds: number, report: Report): void {
  const cases = Object.entries(SIZES).flatMap(([size, bytes]) => [
    [`all policies, a Pod of ${size}`, subjectOf(filledPod(bytes, pushgateway()), undefined), allPolicies()] as const,
    ...POLICIES.flatMap((policy) => {
      const subject = exampleOf(policy)
      if (subject === undefined) return []
      return [[`${policy.id}, ${size}`, grown(subject, bytes), [enforced(policy)]] as const]
    })
  ])
  // All of them once before the first that counts: V8 compiles what the policies share while the first of them run.
  for (const [name, subject, policies] of cases) measure(name, subject, policies, rounds)
  for (const [name, subject, policies] of cases) report(measure(name, subject, policies, rounds))
}

const allPolicies = (): readonly ConfiguredPolicy[] => defaultConfiguration(POLICIES).policiesFor('')

/** The webhook evaluates no policy over several objects. */
function exampleOf(policy: Policy): Subject | undefined {
  if (isSetPolicy(policy)) return undefined
  for (const example of findingExamplesOf(policy.id)) {
    const match = policy.matches.find((it: Match) => subjectFor(it, example) !== undefined)
    if (match !== undefined) return subjectFor(match, example)
  }
  throw new Error(`the page of ${policy.id} has no example for one of its matches`)
}

/** With one more container that has as many environment variables as it takes, in the old object, too. */
function grown(subject: Subject, bytes: number): Subject {
  const { object, oldObject } = subject
  const isUpdate = Object.keys(oldObject).length > 0
  const room = bytes - JSON.stringify([object, oldObject]).length * 1.5
  const sidecar = container('proxy', 'registry.example:5000/team/proxy:2.1', {
    env: variables(Math.max(0, room * (isUpdate ? 0.28 : 0.56)))
  })
  const filled = (it: JsonObject) => withManagedFields(withContainer(it, sidecar))
  return { ...subject, object: filled(object), oldObject: isUpdate ? filled(oldObject) : oldObject }
}

function withContainer(object: JsonObject, sidecar: JsonObject): JsonObject {
  const spec = object.spec as JsonObject
  const template = spec.template as JsonObject | undefined
  if (template !== undefined) return { ...object, spec: { ...spec, template: withContainer(template, sidecar) } }
  return { ...object, spec: { ...spec, containers: [...((spec.containers as JsonObject[]) ?? []), sidecar] } }
}

function measure(name: string, subject: Subject, policies: readonly ConfiguredPolicy[], rounds: number): Row[] {
  const text = JSON.stringify([subject.object, subject.oldObject])
  const calls = new Map<string, () => unknown>([
    ['JSON.parse', () => JSON.parse(text)],
    ['evaluation', () => decisionFor(subject, policies, CIRCUMSTANCES)]
  ])
  const measured = new Map<string, number[]>([...calls.keys()].map((key) => [key, []]))
  for (const call of calls.values()) microsecondsOf(call)
  for (let round = 0; round < rounds; round++) {
    for (const [key, call] of calls) measured.get(key)?.push(microsecondsOf(call))
  }
  return rowsOf({ layer: 'evaluation', name, unit: 'µs' }, measured)
}

function microsecondsOf(call: () => unknown): number {
  const { user, system } = process.cpuUsage()
  const end = performance.now() + ROUND_MS
  let calls = 0
  do {
    call()
    calls++
  } while (performance.now() < end)
  const used = process.cpuUsage({ user, system })
  return (used.user + used.system) / calls
}
