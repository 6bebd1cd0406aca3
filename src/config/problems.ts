import { Ajv, type ErrorObject } from 'ajv'
import { type JsonObject, listOf, objectOf, textsOf } from '../core/values/json.ts'
import { type Path, pointerSteps } from '../core/values/path.ts'
import { didYouMean } from '../core/values/suggest.ts'
import { quote } from '../core/values/text.ts'
import { dayOf } from './day.ts'
import type { FileProblem } from './document.ts'

/** Everything that a schema has against a value, in words that need no knowledge of schemas. */
export function problemsIn(value: JsonObject, schema: JsonObject): FileProblem[] {
  const ajv = new Ajv({ allErrors: true, strict: true, verbose: true, formats: { date: isDay } })
  const validate = ajv.compile(schema)
  if (validate(value)) return []
  const problems = (validate.errors ?? []).map(problemOf)
  // A number below a minimum and a text that is no number break two rules, and need one sentence.
  const seen = new Set<string>()
  return problems.filter(({ path, what }) => {
    const key = JSON.stringify([path, what])
    return !seen.has(key) && seen.add(key)
  })
}

function isDay(text: string): boolean {
  return /^\d{4}-\d{2}-\d{2}$/.test(text) && !Number.isNaN(dayOf(text))
}

function problemOf(error: ErrorObject): FileProblem {
  const path = pointerSteps(error.instancePath).map((step) => (/^\d+$/.test(step) ? Number(step) : step))
  if (error.keyword !== 'additionalProperties') return { path, isName: false, what: wordsOn(error, path) }
  const name = String(error.params.additionalProperty)
  const known = Object.keys(objectOf(objectOf(error.parentSchema).properties))
  return { path: [...path, name], isName: true, what: unknownName(name, known, path.at(-1) === 'policies') }
}

function unknownName(name: string, known: readonly string[], isPolicy: boolean): string {
  return `is not a ${isPolicy ? 'policy' : 'field here'}${didYouMean(name, known)}`
}

/** What a value has to be, where it has to be something else. */
function wordsOn({ keyword, params, data, parentSchema }: ErrorObject, path: Path): string {
  switch (keyword) {
    case 'enum':
      return notAmong(data, textsOf(params.allowedValues), path)
    case 'const':
      return `has to be ${params.allowedValue}`
    case 'required':
      return `lacks the field ${params.missingProperty}`
    case 'uniqueItems':
      return `has ${quote(listOf(data)[params.i])} twice`
    case 'minItems':
      return 'has to have an item'
    case 'minLength':
      return 'may not be empty'
    default:
      return `has to be ${expected(objectOf(parentSchema), data)}${data === null ? ', and is empty' : ''}`
  }
}

function notAmong(data: unknown, choices: readonly string[], path: Path): string {
  const meant = typeof data === 'string' ? didYouMean(data, choices) : ''
  // There are too many of them for a sentence.
  if (path.at(-2) === 'policies') return `${quote(data)} is not a policy${meant}`
  return `has to be one of ${choices.join(', ')}${meant}`
}

const KINDS: Readonly<Record<string, string>> = { array: 'a list', object: 'a map', string: 'a text' }

function expected({ type, format, minimum, maximum, examples }: JsonObject, data: unknown): string {
  const [example] = textsOf(examples)
  const such = example === undefined ? '' : ` such as ${example}`
  if (format === 'date') return `a day${such}`
  if (type === 'integer') return `a whole number from ${minimum} to ${maximum}`
  // A number in YAML, such as 1.30, loses its zero: only a text says what was written.
  const isQuoted = type !== 'string' || typeof data !== 'number'
  return `${KINDS[String(type)] ?? type}${such}${isQuoted ? '' : ', in quotation marks'}`
}
