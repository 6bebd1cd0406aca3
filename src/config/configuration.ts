import { Ajv, type ErrorObject } from 'ajv'
import { type Document, LineCounter, parseDocument } from 'yaml'
import { isObject, type JsonObject, objectOf } from '../core/json.ts'
import { lowest, type Mode } from '../core/mode.ts'
import { defaultsOf, type OptionFields, type OptionValues } from '../core/options.ts'
import { fieldPath } from '../core/path.ts'
import type { Policy, Rule } from '../core/policy.ts'
import { HoldfastError, messageOf } from '../errors.ts'
import { configurationSchema } from './schema.ts'

/** The rules as they are without a configuration file. */
export function defaultRules(policies: readonly Policy[]): readonly Rule[] {
  return rulesFrom({}, policies)
}

/**
 * Turns the text of a configuration file into rules. An empty file is a valid one.
 *
 * @param source what to call the file in an error
 * @throws HoldfastError CONFIG_INVALID that lists every problem with its field path
 */
export function parseConfiguration(text: string, source: string, policies: readonly Policy[]): readonly Rule[] {
  const configuration = readYaml(text, source)
  const problems = problemsIn(configuration, policies)
  if (problems.length > 0) throw invalid(source, problems)
  return rulesFrom(configuration, policies)
}

function readYaml(text: string, source: string): JsonObject {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false })
  if (document.errors.length > 0) {
    const problems = document.errors.map(({ code, message, pos }) => {
      const what = code === 'MULTIPLE_DOCS' ? 'the file has to hold one document' : message
      return `line ${lines.linePos(pos[0]).line}: ${what}`
    })
    throw invalid(source, problems)
  }
  const value = plain(document, source)
  if (!isObject(value)) throw invalid(source, ['the file has to hold one map'])
  return value
}

/** Aliases may not make a small file large. */
function plain(document: Document, source: string): unknown {
  try {
    return document.toJS({ maxAliasCount: 100 }) ?? {}
  } catch (error) {
    throw invalid(source, [messageOf(error)])
  }
}

function problemsIn(configuration: JsonObject, policies: readonly Policy[]): string[] {
  const validate = new Ajv({ allErrors: true, strict: true }).compile(configurationSchema(policies))
  if (validate(configuration)) return []
  return (validate.errors ?? []).map(describe)
}

/** `policies.claim-template-labels.onChange: has to be one of reject, restore`. */
function describe({ instancePath, keyword, params, message }: ErrorObject): string {
  const path = instancePath.split('/').slice(1).map(decodeStep)
  if (keyword === 'additionalProperties')
    return `${fieldPath([...path, params.additionalProperty])}: is not a field here`
  const where = fieldPath(path)
  if (keyword === 'enum') return `${where}: has to be one of ${params.allowedValues.join(', ')}`
  if (keyword === 'const') return `${where}: has to be ${params.allowedValue}`
  return `${where}: ${message}`
}

function decodeStep(step: string): string | number {
  return /^\d+$/.test(step) ? Number(step) : step.replaceAll('~1', '/').replaceAll('~0', '~')
}

function rulesFrom(configuration: JsonObject, policies: readonly Policy[]): readonly Rule[] {
  const ceiling = (configuration.mode as Mode | undefined) ?? 'enforce'
  const settings = objectOf(configuration.policies)
  return policies.map((policy) => {
    const { mode, ...options } = objectOf(settings[policy.id])
    return {
      policy,
      mode: lowest(ceiling, (mode as Mode | undefined) ?? policy.defaultMode),
      options: { ...defaultsOf(policy.options), ...(options as OptionValues<OptionFields>) }
    }
  })
}

function invalid(source: string, problems: readonly string[]): HoldfastError {
  return new HoldfastError('CONFIG_INVALID', `${source} cannot be used:\n  ${problems.join('\n  ')}\n`)
}
