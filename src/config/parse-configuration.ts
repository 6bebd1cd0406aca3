import type { Mode } from '../core/mode.ts'
import type { Policy } from '../core/policy.ts'
import { type Configuration, configurationFrom } from './configuration.ts'
import { readYamlFile } from './document.ts'
import { problemsIn } from './problems.ts'
import { configurationSchema } from './schema.ts'

/**
 * Reads the text of a configuration file. An empty file is a valid one.
 *
 * @param source what to call the file in an error
 * @param ceiling what the server allows at the most
 * @throws HoldfastError CONFIG_INVALID that lists every problem with its line, its column and its field path
 */
export function parseConfiguration(
  text: string,
  source: string,
  policies: readonly Policy[],
  ceiling: Mode = 'enforce'
): Configuration {
  const { value, invalid } = readYamlFile(text, source, 'CONFIG_INVALID')
  const problems = problemsIn(value, configurationSchema(policies))
  if (problems.length > 0) throw invalid(problems)
  return configurationFrom(value, policies, ceiling)
}
