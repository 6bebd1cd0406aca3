import { readFileSync } from 'node:fs'
import { parse } from 'yaml'
import { WEBHOOK_FILES } from '../../scripts/webhook-files.ts'
import { OPERATOR_RESOURCES, POD, type Resource } from '../../src/core/objects/kinds.ts'
import { WORKLOADS } from '../../src/core/objects/workload.ts'
import type { MatchCondition } from '../../src/core/programs/match-conditions.ts'
import type { Phase, Subject } from '../../src/core/subject.ts'
import { compile } from '../helpers/cel.ts'

/**
 * Whom the API server calls, without one: the rules and conditions of the shipped entries, evaluated here. conditions.e2e.ts
 * asks a real one about the same objects.
 */

interface Entry {
  readonly name: string
  readonly rules: readonly { apiGroups: string[]; operations: string[]; resources: string[] }[]
  readonly matchConditions: readonly MatchCondition[]
}

/** The entries for a namespace without a label; the others differ in mode alone, as webhooks.test.ts finds out. */
const ENTRIES: Readonly<Record<Phase, readonly Entry[]>> = {
  mutate: entriesIn('mutate'),
  validate: entriesIn('validate')
}

function entriesIn(phase: Phase): Entry[] {
  const text = readFileSync(new URL(`../../${WEBHOOK_FILES[phase]}`, import.meta.url), 'utf8')
  const { webhooks } = parse(text, { merge: true }) as { webhooks: Entry[] }
  return webhooks.filter(({ name }) => !/^(?:audit|warn)\./.test(name))
}

/** The names of the entries that are called for a Subject in its phases; throws where a condition cannot be evaluated. */
export function entriesCalled(subject: Subject): string[] {
  return subject.phases
    .flatMap((phase) => ENTRIES[phase].filter((entry) => isCalled(entry, subject)))
    .map(({ name }) => name)
}

function isCalled({ rules, matchConditions }: Entry, subject: Subject): boolean {
  const { operation, group } = subject
  const isRuled = rules.some(
    ({ apiGroups, operations, resources }) =>
      apiGroups.includes(group) && operations.includes(operation) && resources.includes(resourceOf(subject))
  )
  return isRuled && isLetThrough(matchConditions, subject)
}

/** The conditions of an entry for a namespace without a label. */
export function conditionsOf(entry: string): readonly MatchCondition[] {
  const found = Object.values(ENTRIES)
    .flat()
    .find(({ name }) => name === entry)
  if (found === undefined) throw new Error(`there is no entry ${entry}`)
  return found.matchConditions
}

/** Characters of a command with its arguments that every entry reads, at the least. */
export const WORDS_READ = Math.min(
  ...Object.values(ENTRIES)
    .flat()
    .flatMap(({ matchConditions }) => matchConditions.map(({ expression }) => /size\(words\) > (\d+)/.exec(expression)))
    .flatMap((found) => (found === null ? [] : [Number(found[1])]))
)

/** Whether all conditions are met. All are evaluated, as the API server does: one that fails is told whatever the others say. */
export function isLetThrough(conditions: readonly MatchCondition[], subject: Subject): boolean {
  const met = conditions.map((condition) => isMet(condition, subject))
  return met.every((value) => value === true)
}

/** What one condition comes to. */
export function isMet({ expression }: MatchCondition, subject: Subject): unknown {
  const { operation, object, oldObject } = subject
  const request = { resource: { resource: resourceOf(subject) } }
  return compiled(expression)({ object, oldObject: operation === 'CREATE' ? null : oldObject, request })
}

function compiled(expression: string): ReturnType<typeof compile> {
  const known = COMPILED.get(expression) ?? compile(expression)
  COMPILED.set(expression, known)
  return known
}

const COMPILED = new Map<string, ReturnType<typeof compile>>()

function resourceOf({ kind, group }: Subject): string {
  return RESOURCES.find((resource) => resource.kind === kind && resource.group === group)?.resource ?? ''
}

const RESOURCES: readonly Resource[] = [POD, ...WORKLOADS, ...OPERATOR_RESOURCES]
