import { basename, dirname } from 'node:path'
import type { Readable } from 'node:stream'
import { type ErrorCode, HoldfastError } from '../../errors.ts'
import { type Read, readManifests } from './read.ts'
import { type IsIgnored, isKustomization } from './walk.ts'

/** As `Read`, where each source holds something to check, or says that it does not. */
export type SourceRead =
  | Exclude<Read, { readonly kind: 'skipped' | 'kustomization' }>
  /** A sentence for the reader. */
  | { readonly kind: 'note'; readonly text: string }

export interface SourceOptions {
  /** Whether a source without objects, or one that has to be rendered first, is a note rather than a problem. */
  readonly allowUnchecked: boolean
  /** Whether an empty List is enough: it says that there is nothing, which an empty file does not. */
  readonly allowEmptyLists?: true
  readonly isIgnored?: IsIgnored
}

/**
 * Reads files, directories and standard input, one after the other. Nothing found in a source of which nothing was read is no
 * good news, so that it is a problem: an empty directory, a file without objects, templates of a chart, and files that a
 * kustomization makes something else of.
 */
export async function* readSources(
  sources: readonly string[],
  input: Readable,
  options: SourceOptions
): AsyncGenerator<SourceRead> {
  for (const source of sources) yield* toldOf(source, readManifests([source], input, options.isIgnored), options)
}

/** What is read of one source, and behind it that it holds nothing, where that is so and nothing else says why. */
async function* toldOf(
  source: string,
  reads: AsyncIterable<Read>,
  { allowUnchecked, allowEmptyLists }: SourceOptions
): AsyncGenerator<SourceRead> {
  let [hasObjects, isTold, files] = [false, false, 0]
  const unchecked = (file: string, code: ErrorCode, what: string): SourceRead => {
    isTold = true
    if (allowUnchecked) return { kind: 'note', text: `${file}: ${what}.` }
    // Nothing is left out of what --fix writes.
    return { kind: 'problem', file, error: new HoldfastError(code, what), text: '' }
  }
  for await (const read of reads) {
    if (read.kind === 'skipped') {
      yield unchecked(dirname(read.directory), 'SOURCE_NOT_RENDERED', 'It is a Helm chart that was not rendered')
    } else if (read.kind === 'kustomization') {
      yield unchecked(read.directory, 'SOURCE_NOT_RENDERED', KUSTOMIZATION)
    } else {
      if (read.kind === 'document')
        hasObjects ||= read.manifests.length > 0 || (allowEmptyLists && read.lists > 0) === true
      if (read.kind === 'problem') isTold = true
      if (read.kind === 'file') files++
      yield read
    }
  }
  if (isKustomization(basename(source))) yield unchecked(source, 'SOURCE_NOT_RENDERED', KUSTOMIZATION)
  if (hasObjects || isTold) return
  const what = files === 0 ? 'It has no files that end in .yaml, .yml or .json' : 'No Kubernetes objects found in it'
  yield unchecked(source, 'SOURCE_WITHOUT_OBJECTS', what)
}

const KUSTOMIZATION = 'It is a kustomization that was not rendered, which makes something else of its files'
