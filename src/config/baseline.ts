import type { BaselineEntry } from '../core/baseline.ts'
import { type JsonObject, listOf, objectOf, textOf } from '../core/values/json.ts'
import { oneLine } from '../core/values/text.ts'
import { yamlText } from '../core/values/yaml-text.ts'
import { readYamlFile } from './document.ts'
import { problemsIn } from './problems.ts'

const API_VERSION = 'holdfast.dev/v1alpha1'
const KIND = 'HoldfastBaseline'

const TEXT = { type: 'string', minLength: 1 }
const FIELDS = ['policy', 'object', 'file', 'finding'] as const

const SCHEMA: JsonObject = {
  type: 'object',
  additionalProperties: false,
  required: ['kind', 'findings'],
  properties: {
    apiVersion: { const: API_VERSION },
    kind: { const: KIND },
    findings: {
      type: 'array',
      items: {
        type: 'object',
        additionalProperties: false,
        required: FIELDS,
        properties: Object.fromEntries(FIELDS.map((name) => [name, TEXT]))
      }
    }
  }
}

/**
 * Reads the text of a baseline. An empty one, such as that of /dev/null, knows nothing.
 *
 * @param source what to call the file in an error
 * @throws HoldfastError BASELINE_INVALID
 */
export function parseBaseline(text: string, source: string): BaselineEntry[] {
  if (text.trim() === '') return []
  const { value, invalid } = readYamlFile(text, source, 'BASELINE_INVALID')
  const problems = problemsIn(value, SCHEMA)
  if (problems.length > 0) throw invalid(problems)
  return listOf(value.findings).map((item) => {
    const [policy, object, file, finding] = FIELDS.map((name) => textOf(objectOf(item)[name]) ?? '')
    return { policy, object, file, finding } as BaselineEntry
  })
}

/** Of a message, in characters: enough to know it by. */
const LONGEST_MESSAGE = 110

/** An entry, and what its finding says today. */
export interface WrittenEntry extends BaselineEntry {
  readonly message: string
}

/** The text of a baseline: the same for the same findings, in whatever order they were found. */
export function baselineText(entries: readonly WrittenEntry[]): string {
  const items = new Map(entries.map((entry) => [keyOf(entry), entry]))
  const sorted = [...items].sort(([one], [other]) => (one < other ? -1 : 1)).map(([, entry]) => itemText(entry))
  const findings = sorted.length === 0 ? 'findings: []\n' : `findings:\n${sorted.join('')}`
  return `${HEAD}apiVersion: ${API_VERSION}\nkind: ${KIND}\n${findings}`
}

const HEAD = `# Known findings: holdfast check --baseline FILE neither fails for them nor lists them. Lines and values may change.
# To write this file anew, run holdfast check --write-baseline FILE; with --baseline FILE as well, it only shrinks.
`

/** As they are sorted: by file, and there by object. */
function keyOf({ file, object, policy, finding }: BaselineEntry): string {
  return JSON.stringify([file, object, policy, finding])
}

function itemText({ message, ...entry }: WrittenEntry): string {
  const [first, ...rest] = FIELDS.map((name) => `${name}: ${yamlText(entry[name])}\n`)
  return `  # ${oneLine(message, LONGEST_MESSAGE)}\n  - ${first}${rest.map((line) => `    ${line}`).join('')}`
}
