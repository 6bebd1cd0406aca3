import { createReadStream, type Stats } from 'node:fs'
import { readdir, realpath, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { HoldfastError, messageOf } from '../../errors.ts'
import { type Document, documentsIn } from './documents.ts'

/** What a walk through files and directories meets: a document of a file, a file's end, or something that went wrong. */
export type Met =
  | { readonly kind: 'document'; readonly file: string; readonly document: Document }
  | { readonly kind: 'file'; readonly file: string }
  | { readonly kind: 'skipped'; readonly directory: string }
  /** A directory whose files are read one by one, although a kustomization there makes something else of them. */
  | { readonly kind: 'kustomization'; readonly directory: string }
  | FileReadProblem

export interface FileReadProblem {
  readonly kind: 'problem'
  readonly file: string
  /** From 1. */
  readonly line?: number
  readonly error: HoldfastError
  /** The text that cannot be read, where it is at hand. */
  readonly text?: string
}

/** The names by which kustomize finds a kustomization. */
export const KUSTOMIZATIONS: readonly string[] = ['kustomization.yaml', 'kustomization.yml', 'Kustomization']

export function isKustomization(name: string): boolean {
  return KUSTOMIZATIONS.includes(name)
}

/** What stands for standard input. */
export const STANDARD_INPUT = '-'

const MANIFEST = /\.(?:ya?ml|json)$/i

/** Their files are nobody's manifests. */
const NOT_ENTERED = /^(?:\..+|node_modules)$/

/** Whether what a directory holds under this name is looked at. */
export function isEntered(name: string): boolean {
  return !NOT_ENTERED.test(name)
}

/** Whether a file in a directory is read. */
export function isManifestName(name: string): boolean {
  return MANIFEST.test(name)
}

/**
 * The documents of files, directories and standard input, in the order in which they are named and, in a directory, in
 * the order of their names. One file is open at a time, and one document held.
 *
 * A file that is named is read whatever it is called; in a directory, those that end in `.yaml`, `.yml` and `.json` are.
 *
 * @param isIgnored whether to leave out a file or a directory, named or met
 */
export async function* documentsOf(
  sources: readonly string[],
  input: Readable,
  isIgnored: IsIgnored = nothing
): AsyncGenerator<Met> {
  for (const source of sources) {
    if (source === STANDARD_INPUT) yield* documentsOfStream(source, input)
    else if (!isIgnored(source)) yield* walk(source, [], { seen: new Set(), isIgnored })
  }
}

/** Asked once about each path. */
export type IsIgnored = (path: string) => boolean

const nothing: IsIgnored = () => false

interface WalkContext {
  /** Directories that were walked, by whatever name: links may lead to one in a thousand ways. */
  readonly seen: Set<string>
  readonly isIgnored: IsIgnored
}

async function* walk(path: string, above: readonly string[], context: WalkContext): AsyncGenerator<Met> {
  const { seen, isIgnored } = context
  let names: readonly string[]
  let real: string
  try {
    if (!(await stat(path)).isDirectory()) return yield* openFile(path)
    real = await realpath(path)
    if (above.includes(real)) throw new Error('it leads back to a directory above it')
    if (seen.has(real)) return
    seen.add(real)
    names = (await readdir(path)).sort()
  } catch (error) {
    yield unreadable(path, error)
    return
  }
  if (names.some(isKustomization)) yield { kind: 'kustomization', directory: path }
  for (const name of names) {
    if (!isEntered(name)) continue
    const inner = join(path, name)
    if (isIgnored(inner)) continue
    if (name === 'templates' && names.includes('Chart.yaml')) yield { kind: 'skipped', directory: inner }
    else yield* walkInto(inner, [...above, real], context)
  }
}

/** What a directory holds: a directory again, or a file whose name says that it is a manifest. */
async function* walkInto(path: string, above: readonly string[], context: WalkContext): AsyncGenerator<Met> {
  const isManifest = isManifestName(path)
  let status: Stats
  try {
    status = await stat(path)
  } catch (error) {
    // A link to nowhere matters only where it would have been read.
    if (isManifest) yield unreadable(path, error)
    return
  }
  if (status.isDirectory()) yield* walk(path, above, context)
  else if (status.isFile() && isManifest) yield* openFile(path)
}

function openFile(path: string): AsyncGenerator<Met> {
  return documentsOfStream(path, createReadStream(path))
}

/** The documents of one stream, and its end. */
export async function* documentsOfStream(file: string, stream: Readable): AsyncGenerator<Met> {
  let isEmpty = true
  try {
    for await (const document of documentsIn(texts(stream))) {
      isEmpty = false
      if (!('oversized' in document)) yield { kind: 'document', file, document }
      else {
        const error = new HoldfastError('SOURCE_TOO_LARGE', 'The document has more than 16 MiB')
        yield { kind: 'problem', file, line: document.line, error }
      }
    }
    // A program before the pipe that failed writes nothing, and nobody would be told.
    if (isEmpty && file === STANDARD_INPUT) throw new HoldfastError('SOURCE_EMPTY', 'There is nothing in it')
    yield { kind: 'file', file }
  } catch (error) {
    yield error instanceof HoldfastError ? { kind: 'problem', file, error } : unreadable(file, error)
  }
}

/** @throws HoldfastError SOURCE_NOT_TEXT */
async function* texts(stream: Readable): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: false })
  const decode = (chunk?: Uint8Array): string => {
    try {
      return chunk === undefined ? decoder.decode() : decoder.decode(chunk, { stream: true })
    } catch (error) {
      throw new HoldfastError('SOURCE_NOT_TEXT', 'It is not text in UTF-8', { cause: error })
    }
  }
  for await (const chunk of stream) {
    const text = decode(chunk)
    if (text.includes('\0')) throw new HoldfastError('SOURCE_NOT_TEXT', 'It is binary')
    yield text
  }
  yield decode()
}

function unreadable(file: string, error: unknown): Met {
  return {
    kind: 'problem',
    file,
    error: new HoldfastError('SOURCE_UNREADABLE', `It cannot be read: ${reasonOf(error)}`, { cause: error })
  }
}

/** Without the path, which stands beside it already. */
function reasonOf(error: unknown): string {
  return messageOf(error).replace(/, \w+(?: '.*')?$/s, '')
}
