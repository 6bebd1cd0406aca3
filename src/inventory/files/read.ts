import { Readable } from 'node:stream'
import { HoldfastError, messageOf } from '../../errors.ts'
import { type DeclaredKind, declaredKind, type Kinds } from '../yaml/kind.ts'
import { type Manifests, manifestsIn } from '../yaml/manifests.ts'
import { InvalidDocument } from '../yaml/parse.ts'
import { documentsOf, documentsOfStream, type IsIgnored, type Met } from './walk.ts'

export type DocumentRead = Extract<Met, { readonly kind: 'document' }> &
  Manifests & {
    /** The text is what a program made of the file, and not what stands in it. */
    readonly rendered?: true
    /** What stands in it, where nobody looks at objects of the kind: it was not parsed, and there are no manifests. */
    readonly unparsed?: DeclaredKind
  }

/** As `Met`, with the objects that stand in each document. */
export type Read = DocumentRead | Exclude<Met, { readonly kind: 'document' }>

/** A sentence for the reader. */
export interface Note {
  readonly kind: 'note'
  readonly text: string
}

/** Kinds of objects that a policy reads; undefined where all documents are to be parsed. */
export type WantedKinds = Kinds | undefined

export interface ReadOptions {
  readonly isIgnored?: IsIgnored | undefined
  /** Without it, every document is parsed. */
  readonly kinds?: WantedKinds | undefined
}

/** Reads the objects of files, directories and standard input. A document that cannot be read takes no other with it. */
export async function* readManifests(
  sources: readonly string[],
  input: Readable,
  { isIgnored, kinds }: ReadOptions = {}
): AsyncGenerator<Read> {
  for await (const met of documentsOf(sources, input, isIgnored)) {
    yield met.kind === 'document' ? parsed(met, kinds) : met
  }
}

/** Reads the objects of a text that stands in no file, such as what a program printed. */
export async function* readText(file: string, chunks: readonly Buffer[], kinds?: WantedKinds): AsyncGenerator<Read> {
  for await (const met of documentsOfStream(file, Readable.from(chunks))) {
    yield met.kind === 'document' ? parsed(met, kinds) : met
  }
}

/** Of a List, and of what is for kustomize, the kind does not say what is in it. */
const NOT_SKIPPED = /List$/

function skipped(text: string, kinds: WantedKinds): DeclaredKind | undefined {
  const declared = kinds && declaredKind(text)
  if (declared === undefined || kinds?.has(declared) || NOT_SKIPPED.test(declared.kind)) return undefined
  return declared.group === 'kustomize.config.k8s.io' ? undefined : declared
}

function parsed(met: Extract<Met, { readonly kind: 'document' }>, kinds: WantedKinds): Read {
  const unparsed = skipped(met.document.text, kinds)
  if (unparsed !== undefined) return { ...met, manifests: [], repeated: 0, lists: 0, unparsed }
  try {
    return { ...met, ...manifestsIn(met.document.text) }
  } catch (error) {
    // Whatever it was, it is the end of this document and of no other.
    const problem = new HoldfastError('SOURCE_INVALID', `It cannot be read: ${messageOf(error)}`, { cause: error })
    const { text, line } = met.document
    const behind = error instanceof InvalidDocument ? error.line : 0
    return { kind: 'problem', file: met.file, line: line + behind, error: problem, text }
  }
}
