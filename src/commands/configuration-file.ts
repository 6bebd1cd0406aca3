import { readFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { relative } from 'node:path'
import { type Configuration, defaultConfiguration } from '../config/configuration.ts'
import type { Mode } from '../core/mode.ts'
import { type ErrorCode, HoldfastError, messageOf } from '../errors.ts'
import { POLICIES } from '../policies/index.ts'
import type { ReportedPolicy } from '../report/report.ts'
import { discover } from './discover.ts'

/** @throws HoldfastError CONFIG_UNREADABLE */
export function readConfigurationFile(file: string): Promise<string> {
  return readTextFile(file, 'CONFIG_UNREADABLE')
}

/** @throws HoldfastError with the code */
export async function readTextFile(file: string, code: ErrorCode): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    throw new HoldfastError(code, `Cannot read ${file}: ${messageOf(error)}`, { cause: error })
  }
}

/** The file of --config, or the one that is found from the working directory upwards; as it is called from there. */
export async function configurationFile(flag: string | undefined): Promise<string | undefined> {
  if (flag !== undefined) return flag
  const found = await discover(process.cwd(), homedir())
  return found && relative(process.cwd(), found)
}

/**
 * The configuration of a file, or as it is without a file, for a command that reads it once. What reads and validates
 * files is loaded only for one: it is more than a third of the modules of a short run.
 *
 * @throws HoldfastError CONFIG_UNREADABLE, CONFIG_INVALID
 */
export async function loadConfiguration(file: string | undefined, ceiling: Mode = 'enforce'): Promise<Configuration> {
  if (file === undefined) return defaultConfiguration(POLICIES, ceiling)
  const { parseConfiguration } = await import('../config/parse-configuration.ts')
  return parseConfiguration(await readConfigurationFile(file), file, POLICIES, ceiling)
}

/** What a report says of settings that cannot act. */
export function settingsNotes(configuration: Configuration, file: string | undefined, now: number): string[] {
  return configuration.warningsAt(now).map((warning) => `${file}: ${warning}`)
}

/** The catalogue as a report shows it: each policy with the mode that it has where no setting is for one namespace. */
export function policiesIn(configuration: Configuration): ReportedPolicy[] {
  return configuration.policiesFor('').map(({ policy: { id, summary }, mode }) => ({ id, summary, mode }))
}
