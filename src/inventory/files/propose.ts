import { lstat, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { type JsonObject, objectOf, textsOf } from '../../core/values/json.ts'
import { yamlValue } from '../members.ts'
import { readManifests } from './read.ts'
import { documentsOf, isEntered, isManifestName } from './walk.ts'

/** Directories below the one that is looked through, and names in each: enough for a checkout, and bounded. */
const MOST_LEVELS = 5
const MOST_NAMES = 1000

/**
 * What a checkout holds to check, as paths from its root: directories of charts, kustomizations that no other one uses,
 * and the files and topmost directories in which an object that is wanted stands.
 */
export async function proposedPaths(root: string, isWanted: (object: JsonObject) => boolean): Promise<string[]> {
  const found: Found = { paths: [], kustomizations: new Map() }
  await look(root, '', isWanted, found, MOST_LEVELS)
  const used = new Set([...found.kustomizations.values()].flat())
  const kustomizations = [...found.kustomizations.keys()].filter((path) => !used.has(path))
  return [...found.paths, ...kustomizations].sort()
}

interface Found {
  readonly paths: string[]
  /** Directories of kustomizations, and the directories that each of them uses. */
  readonly kustomizations: Map<string, readonly string[]>
}

async function look(
  root: string,
  directory: string,
  isWanted: (object: JsonObject) => boolean,
  found: Found,
  levels: number
): Promise<void> {
  const names = (await namesIn(join(root, directory))).filter(isEntered).slice(0, MOST_NAMES)
  const here = directory === '' ? '.' : directory
  if (names.includes('Chart.yaml')) {
    found.paths.push(here)
    return
  }
  const kustomization = names.find((name) => /^kustomization\.ya?ml$/.test(name))
  if (kustomization !== undefined) {
    found.kustomizations.set(here, await usedBy(root, directory, kustomization))
    // What stands beside it is its input; below it there may be overlays.
  } else {
    const files: string[] = []
    for (const name of names.filter(isManifestName)) {
      if (!(await holdsWanted(join(root, directory, name), isWanted))) continue
      files.push(join(directory, name))
      if (directory !== '') break
    }
    if (directory === '') found.paths.push(...files)
    else if (files.length > 0) {
      found.paths.push(directory)
      return
    }
  }
  if (levels === 0) return
  for (const name of names) {
    const inner = join(directory, name)
    if (await isDirectory(join(root, inner))) await look(root, inner, isWanted, found, levels - 1)
  }
}

async function usedBy(root: string, directory: string, name: string): Promise<string[]> {
  const resources: string[] = []
  for await (const met of documentsOf([join(root, directory, name)], Readable.from([]))) {
    if (met.kind !== 'document') continue
    const { resources: own, bases, components } = objectOf(yamlValue(met.document.text))
    resources.push(...[own, bases, components].flatMap(textsOf))
  }
  return resources.map((resource) => join(directory, resource).replace(/\/$/, ''))
}

async function holdsWanted(file: string, isWanted: (object: JsonObject) => boolean): Promise<boolean> {
  for await (const read of readManifests([file], Readable.from([]))) {
    if (read.kind === 'document' && read.manifests.some(({ object }) => isWanted(object))) return true
  }
  return false
}

async function namesIn(directory: string): Promise<string[]> {
  return readdir(directory).then(
    (names) => names.sort(),
    () => []
  )
}

/** No link: it leads to what is looked at anyway, or out of the checkout. */
async function isDirectory(path: string): Promise<boolean> {
  return lstat(path).then(
    (status) => status.isDirectory(),
    () => false
  )
}
