import { basename, dirname } from 'node:path'
import type { Readable } from 'node:stream'
import { type ErrorCode, HoldfastError } from '../errors.ts'
import { type Note, type Read, readManifests, type WantedKinds } from './files/read.ts'
import { type IsIgnored, isKustomization, STANDARD_INPUT } from './files/walk.ts'
import { isChart, readChart } from './rendered/chart.ts'
import type { ChartOptions } from './rendered/helm.ts'
import { kustomizationIn, readKustomization } from './rendered/kustomization.ts'

/** As `Read`, where each source holds something to check, or says that it does not. */
export type SourceRead = Exclude<Read, { readonly kind: 'skipped' | 'kustomization' }> | Note

export interface SourceOptions {
  readonly chart: ChartOptions
  /** Whether a source without objects, or one that has to be rendered first, is a note rather than a problem. */
  readonly allowUnchecked: boolean
  /** Whether an empty List is enough: it says that there is nothing, which an empty file does not. */
  readonly allowEmptyLists?: true
  readonly isIgnored?: IsIgnored
  /** Kinds that a policy reads: a document of another one is not parsed. */
  readonly kinds: WantedKinds
  /** Whether StatefulSets of a chart are told as the next version of the chart renders them, too. */
  readonly asNext?: true
}

/**
 * Reads files, directories and standard input, one after the other. A directory that is a chart or a kustomization is
 * rendered. Nothing found in a source of which nothing was read is no good news, so that it is a problem: an empty
 * directory, a file without objects, templates of a chart, and files that a kustomization makes something else of.
 */
export async function* readSources(
  sources: readonly string[],
  input: Readable,
  options: SourceOptions
): AsyncGenerator<SourceRead> {
  for (const source of sources) {
    if (source !== STANDARD_INPUT && options.isIgnored?.(source)) continue
    yield* readSource(source, source, input, options)
  }
}

/** @param called what to call the source, where it was put somewhere else to be read */
export async function* readSource(
  source: string,
  called: string,
  input: Readable,
  options: SourceOptions
): AsyncGenerator<SourceRead> {
  yield* toldOf(called, await readsOf(source, called, input, options), options)
}

/** Whether a source is rendered, rather than read as it is. */
export async function isRendered(source: string): Promise<boolean> {
  return (await isChart(source)) || (await kustomizationIn(source)) !== undefined
}

async function readsOf(
  source: string,
  called: string,
  input: Readable,
  { chart, asNext, isIgnored, kinds }: SourceOptions
): Promise<AsyncIterable<Read | Note>> {
  if (source === STANDARD_INPUT) return readManifests([source], input, { kinds })
  if (await isChart(source)) return readChart(source, called, chart, { asNext: asNext === true, kinds })
  const kustomization = await kustomizationIn(source)
  if (kustomization !== undefined) return readKustomization(source, kustomization, called, kinds)
  const reads = readManifests([source], input, { isIgnored, kinds })
  return source === called ? reads : renamed(reads, source, called)
}

/** What is read of one source, and behind it that it holds nothing, where that is so and nothing else says why. */
export async function* toldOf(
  source: string,
  reads: AsyncIterable<Read | Note>,
  { allowUnchecked, allowEmptyLists }: Pick<SourceOptions, 'allowUnchecked' | 'allowEmptyLists'>
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
      if (read.kind === 'document') {
        hasObjects ||=
          read.manifests.length > 0 || read.unparsed !== undefined || (allowEmptyLists === true && read.lists > 0)
      }
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

async function* renamed(reads: AsyncIterable<Read>, from: string, to: string): AsyncGenerator<Read> {
  const named = (path: string): string => (path.startsWith(from) ? to + path.slice(from.length) : path)
  for await (const read of reads) {
    yield 'directory' in read ? { ...read, directory: named(read.directory) } : { ...read, file: named(read.file) }
  }
}
