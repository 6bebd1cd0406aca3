import {
  closeSync,
  createReadStream,
  type Dirent,
  openSync,
  readdirSync,
  readSync,
  realpathSync,
  type Stats,
  statSync
} from 'node:fs'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { HoldfastError, messageOf } from '../../errors.ts'
import { type Document, documentsIn, documentsInText, type OversizedDocument } from './documents.ts'

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
    else if (!isIgnored(source)) {
      for (const found of walk(source, [], { seen: new Set(), isIgnored }))
        yield* found.kind === 'found' ? documentsOfFile(found) : [found]
    }
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

interface Found {
  readonly kind: 'found'
  readonly file: string
  /** Whether it is a file, and not a pipe or the like. */
  readonly isRegular: boolean
}

type Walked = Found | Exclude<Met, { readonly kind: 'document' | 'file' }>

function* walk(path: string, above: readonly string[], context: WalkContext): Generator<Walked> {
  const { seen, isIgnored } = context
  let entries: readonly Dirent[]
  let real: string
  try {
    const status = statSync(path)
    if (!status.isDirectory()) return yield { kind: 'found', file: path, isRegular: status.isFile() }
    real = realpathSync(path)
    if (above.includes(real)) throw new Error('it leads back to a directory above it')
    if (seen.has(real)) return
    seen.add(real)
    entries = readdirSync(path, { withFileTypes: true }).sort(byName)
  } catch (error) {
    yield unreadable(path, error)
    return
  }
  if (entries.some(({ name }) => isKustomization(name))) yield { kind: 'kustomization', directory: path }
  const isChart = entries.some(({ name }) => name === 'Chart.yaml')
  for (const entry of entries) {
    const { name } = entry
    // Charts in a chart are rendered with it.
    if (!isEntered(name) || (isChart && name === 'charts')) continue
    const inner = join(path, name)
    if (isIgnored(inner)) continue
    if (isChart && name === 'templates') yield { kind: 'skipped', directory: inner }
    else yield* walkInto(inner, entry, [...above, real], context)
  }
}

function byName(one: Dirent, other: Dirent): number {
  return one.name < other.name ? -1 : 1
}

/** What a directory holds: a directory again, or a file whose name says that it is a manifest. */
function* walkInto(path: string, entry: Dirent, above: readonly string[], context: WalkContext): Generator<Walked> {
  const isManifest = isManifestName(path)
  let status: Pick<Stats, 'isDirectory' | 'isFile'> = entry
  try {
    // Of a link, and on some file systems of everything, the directory does not say what it is.
    if (!entry.isDirectory() && !entry.isFile()) status = statSync(path)
  } catch (error) {
    // A link to nowhere matters only where it would have been read.
    if (isManifest) yield unreadable(path, error)
    return
  }
  if (status.isDirectory()) yield* walk(path, above, context)
  else if (status.isFile() && isManifest) yield { kind: 'found', file: path, isRegular: true }
}

/**
 * Bytes of a file that is read at once: to set up a stream takes longer than to read such a file, and nothing else waits in the
 * meantime. It is what a stream reads at a time, so that a file that is no text loses the same of it.
 */
const SMALL = 64 * 1024
const buffer = Buffer.alloc(SMALL + 1)

/** The documents of a file, and its end. */
function documentsOfFile({ file, isRegular }: Found): AsyncGenerator<Met> | readonly Met[] {
  try {
    const whole = isRegular ? smallFile(file) : undefined
    if (whole === undefined) return documentsOfStream(file, createReadStream(file))
    const documents = [...documentsInText(textOf(whole))].map((document) => met(file, document))
    return [...documents, { kind: 'file', file }]
  } catch (error) {
    return [failure(file, error)]
  }
}

/** All of a file; undefined where it has more than is read at once. It is valid until the next one is read. */
function smallFile(file: string): Uint8Array | undefined {
  const descriptor = openSync(file, 'r')
  try {
    let length = 0
    for (let more = -1; more !== 0 && length < buffer.length; length += more) {
      more = readSync(descriptor, buffer, length, buffer.length - length, null)
    }
    return length > SMALL ? undefined : buffer.subarray(0, length)
  } finally {
    closeSync(descriptor)
  }
}

/** The documents of one stream, and its end. */
export async function* documentsOfStream(file: string, stream: Readable): AsyncGenerator<Met> {
  let isEmpty = true
  try {
    for await (const document of documentsIn(texts(stream))) {
      isEmpty = false
      yield met(file, document)
    }
    // A program before the pipe that failed writes nothing, and nobody would be told.
    if (isEmpty && file === STANDARD_INPUT) throw new HoldfastError('SOURCE_EMPTY', 'There is nothing in it')
    yield { kind: 'file', file }
  } catch (error) {
    yield failure(file, error)
  }
}

function met(file: string, document: Document | OversizedDocument): Met {
  if (!('oversized' in document)) return { kind: 'document', file, document }
  const error = new HoldfastError('SOURCE_TOO_LARGE', 'The document has more than 16 MiB')
  return { kind: 'problem', file, line: document.line, error }
}

function failure(file: string, error: unknown): FileReadProblem {
  return error instanceof HoldfastError ? { kind: 'problem', file, error } : unreadable(file, error)
}

/** @throws HoldfastError SOURCE_NOT_TEXT */
async function* texts(stream: Readable): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', UTF_8)
  for await (const chunk of stream) yield decoded(() => decoder.decode(chunk, { stream: true }))
  yield decoded(() => decoder.decode())
}

/** @throws HoldfastError SOURCE_NOT_TEXT */
function textOf(whole: Uint8Array): string {
  return decoded(() => WHOLE.decode(whole))
}

const UTF_8 = { fatal: true, ignoreBOM: false }
const WHOLE = new TextDecoder('utf-8', UTF_8)

function decoded(decode: () => string): string {
  let text: string
  try {
    text = decode()
  } catch (error) {
    throw new HoldfastError('SOURCE_NOT_TEXT', 'It is not text in UTF-8', { cause: error })
  }
  if (text.includes('\0')) throw new HoldfastError('SOURCE_NOT_TEXT', 'It is binary')
  return text
}

function unreadable(file: string, error: unknown): FileReadProblem {
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
