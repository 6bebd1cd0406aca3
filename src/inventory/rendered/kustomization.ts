import { join } from 'node:path'
import { HoldfastError } from '../../errors.ts'
import { type Read, readText, type WantedKinds } from '../files/read.ts'
import { KUSTOMIZATIONS } from '../files/walk.ts'
import { isFile } from './chart.ts'
import { kustomizeBuild } from './kustomize.ts'
import { placed } from './placed.ts'

/** The name of the kustomization in a directory; undefined where there is none. */
export async function kustomizationIn(directory: string): Promise<string | undefined> {
  for (const name of KUSTOMIZATIONS) if (await isFile(join(directory, name))) return name
  return undefined
}

/**
 * The objects of a kustomization as kustomize renders them. Each is said to stand in the kustomization itself.
 *
 * @param name of the kustomization in its directory
 * @param called what to call the directory
 */
export async function* readKustomization(
  directory: string,
  name: string,
  called: string,
  kinds: WantedKinds
): AsyncGenerator<Read> {
  let chunks: readonly Buffer[]
  try {
    chunks = await kustomizeBuild(directory)
  } catch (error) {
    if (!(error instanceof HoldfastError)) throw error
    yield { kind: 'problem', file: called, error, text: '' }
    return
  }
  for await (const read of readText(called, chunks, kinds)) yield placed(read, { file: join(called, name) })
}
