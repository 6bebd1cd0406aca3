import { dirname, isAbsolute, relative, resolve } from 'node:path'
import type { Configuration } from '../../config/configuration.ts'
import { selected, selectionNotes } from '../../config/selection.ts'
import { parseVersion } from '../../core/cluster.ts'
import { HoldfastError } from '../../errors.ts'
import { STANDARD_INPUT } from '../../inventory/files/walk.ts'
import { configurationFile, loadConfiguration } from '../configuration-file.ts'
import { CONFIGURATION_NAME } from '../discover.ts'
import { FAIL_ON } from '../flags/output.ts'
import type { CheckFlags } from './flags.ts'
import { IgnoredPaths } from './ignored.ts'

/** What a run is told, by its command line first and by the configuration file where that says nothing. */
export interface RunSettings {
  readonly paths: readonly string[]
  /** With `config` as the file that is used, wherever it was found. */
  readonly flags: CheckFlags
  readonly configuration: Configuration
  readonly ignored: IgnoredPaths
  /** Whether all is checked that the configuration names, and not a part of it that the command line names. */
  readonly isWhole: boolean
}

/** @throws HoldfastError CONFIG_UNREADABLE, CONFIG_INVALID, and FLAG_INVALID where there is nothing to check */
export async function settingsOf(given: readonly string[], flags: CheckFlags): Promise<RunSettings> {
  const file = await configurationFile(flags.config)
  const configuration = selected(await loadConfiguration(file, flags.mode), flags)
  const { check } = configuration
  const directory = dirname(file ?? CONFIGURATION_NAME)
  const paths = given.length > 0 ? given : check.paths.map((path) => fromHere(directory, path))
  if (paths.length === 0) {
    const what = 'Nothing to check: name files, directories or -, or set check.paths in the configuration file'
    throw new HoldfastError('FLAG_INVALID', what)
  }
  // With --live, the API server knows better than a file which version it is.
  const version =
    flags.live || check.kubernetesVersion === undefined ? undefined : parseVersion(check.kubernetesVersion)
  return {
    paths,
    flags: {
      ...(file !== undefined && { config: file }),
      ...(check.namespace !== undefined && { namespace: check.namespace }),
      ...(version !== undefined && { kubernetesVersion: version }),
      ...(check.failOn !== undefined && { failOn: FAIL_ON[check.failOn] }),
      // Who writes a baseline anew begins with nothing, unless a flag says that it may only shrink.
      ...(check.baseline !== undefined &&
        flags.writeBaseline === undefined && { baseline: fromHere(directory, check.baseline) }),
      // What is not set is not among them.
      ...flags
    },
    configuration,
    ignored: new IgnoredPaths(check.ignore, directory),
    isWhole: given.length === 0 || check.paths.length === 0
  }
}

/** What a report says of where its settings come from, when all was read. */
export function notesOnSettings({ ignored, configuration, flags }: RunSettings): string[] {
  const configured = flags.config === undefined ? [] : [`The configuration is ${flags.config}.`]
  return [...ignored.notes(), ...selectionNotes(configuration, flags), ...configured]
}

/** A path of the file, as it is called from the working directory. */
function fromHere(directory: string, path: string): string {
  if (path === STANDARD_INPUT || isAbsolute(path)) return path
  return relative(process.cwd(), resolve(directory, path)) || '.'
}
