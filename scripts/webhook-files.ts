import { isMap, isSeq, parseDocument, type YAMLMap } from 'yaml'
import { type MatchCondition, matchConditionsFor } from '../src/core/programs/match-conditions.ts'
import type { Phase } from '../src/core/subject.ts'
import { type EntryRule, matchesOfRules } from '../src/doctor/shipped-entries.ts'

/** The webhook configurations, whose matchConditions stand between two marks in each entry that has rules of its own. */
export const WEBHOOK_FILES = {
  mutate: 'manifests/base/mutating-webhooks.yaml',
  validate: 'manifests/base/validating-webhooks.yaml'
} as const satisfies Record<Phase, string>

const BEGIN =
  '    # Written by npm run generate; src/core/programs/match-conditions.ts says why they are as they are.\n'
const END = '    # End of what is written.\n'

/** The file with the conditions of each entry: those of all matches that the entry's rules let through. */
export function withMatchConditions(file: string, phase: Phase): string {
  const webhooks = parseDocument(file, { merge: true }).get('webhooks')
  if (!isSeq(webhooks)) throw new Error(`${WEBHOOK_FILES[phase]} has no webhooks`)
  const entries = webhooks.items.filter((item): item is YAMLMap => isMap(item) && item.has('rules'))
  const blocks = file.split(BEGIN)
  if (blocks.length !== entries.length + 1) throw new Error(`${WEBHOOK_FILES[phase]} has lost marks`)
  const [head = '', ...rest] = blocks
  const written = rest.map((block, index) => {
    const after = block.split(END)[1]
    const entry = entries[index]
    if (after === undefined || entry === undefined) throw new Error(`${WEBHOOK_FILES[phase]} has lost an end of marks`)
    return `${BEGIN}${conditionsText(matchConditionsFor(matchesOfRules(rulesOf(entry), phase)))}${END}${after}`
  })
  return [head, ...written].join('')
}

function rulesOf(entry: YAMLMap): readonly EntryRule[] {
  return (entry.toJSON() as { rules: readonly EntryRule[] }).rules
}

function conditionsText(conditions: readonly MatchCondition[]): string {
  const items = conditions.map(
    ({ name, expression }) => `      - name: ${name}\n        expression: >-\n${folded(expression)}`
  )
  return `    matchConditions:\n${items.join('')}`
}

const INDENT = ' '.repeat(10)
const WIDTH = 120

/** Lines of a folded scalar: YAML makes one line of them again, with a space at each break. No literal is broken by it. */
function folded(expression: string): string {
  const lines: string[] = []
  for (const part of expression.split(/ (?=(?:\|\||&&|!=) )|(?<=,) /)) {
    const line = lines.at(-1)
    const longer = line === undefined ? undefined : `${line} ${part}`
    if (longer !== undefined && INDENT.length + longer.length <= WIDTH) lines[lines.length - 1] = longer
    else lines.push(part)
  }
  return lines.map((line) => `${INDENT}${line}\n`).join('')
}
