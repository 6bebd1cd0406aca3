import { lstat } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'

/** What the configuration file is called where it is looked for. */
export const CONFIGURATION_NAME = '.holdfast.yaml'

/**
 * The configuration file of a directory, or of the nearest one above it. The search ends at the root of the repository
 * (a directory that has `.git`), at the home directory and at the root of the file system, each of them included: what
 * stands above a checkout is somebody else's.
 */
export async function discover(from: string, home: string): Promise<string | undefined> {
  for (let directory = resolve(from); ; directory = dirname(directory)) {
    const file = join(directory, CONFIGURATION_NAME)
    if (await isThere(file)) return file
    const isLast = directory === dirname(directory) || directory === resolve(home)
    if (isLast || (await isThere(join(directory, '.git')))) return undefined
  }
}

/** A link that leads nowhere is there as well: to pass it over would be to check with other settings. */
function isThere(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false
  )
}
