import { existsSync } from 'node:fs'
import { relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { VERSION } from './version.ts'

/** Where what is not in the package can be read: pages, manifests and samples, as they were in this version. */

export const REPOSITORY = 'https://github.com/holdfast-dev/holdfast'

/** @param path of a file or a directory in the repository */
export function pageAt(path: string, version = VERSION): string {
  return `${REPOSITORY}/blob/v${version}/${path}`
}

/** The same as text, for programs. */
export function rawAt(path: string, version = VERSION): string {
  return `https://raw.githubusercontent.com/holdfast-dev/holdfast/v${version}/${path}`
}

/** What a message names by its path, such as `docs/errors.md`: an installation and the image have no such file. */
const PATHS = /(?<![\w./])(?:docs|manifests)\/[\w./-]*\w/g

export function withAddresses(text: string): string {
  return text.replaceAll(PATHS, (path) => pageAt(path))
}

/**
 * From the working directory, for a command that the user can copy. Undefined where the file was not brought along, as
 * in the image. The program lies in `src` of a checkout and in `dist` of a package, so both find it in the same way.
 */
export function fileOfPackage(path: string): string | undefined {
  const file = fileURLToPath(new URL(`../${path}`, import.meta.url))
  if (!existsSync(file)) return undefined
  const fromHere = relative('', file)
  return fromHere.startsWith('..') ? file : fromHere
}
