import { Readable } from 'node:stream'
import { HoldfastError, messageOf } from '../../errors.ts'
import { type Manifests, manifestsIn } from '../yaml/manifests.ts'
import { InvalidDocument } from '../yaml/parse.ts'
import { documentsOf, documentsOfStream, type IsIgnored, type Met } from './walk.ts'

export type DocumentRead = Extract<Met, { readonly kind: 'document' }> &
  Manifests & {
    /** The text is what a program made of the file, and not what stands in it. */
    readonly rendered?: true
  }

/** As `Met`, with the objects that stand in each document. */
export type Read = DocumentRead | Exclude<Met, { readonly kind: 'document' }>

/** A sentence for the reader. */
export interface Note {
  readonly kind: 'note'
  readonly text: string
}

/** Reads the objects of files, directories and standard input. A document that cannot be read takes no other with it. */
export async function* readManifests(
  sources: readonly string[],
  input: Readable,
  isIgnored?: IsIgnored
): AsyncGenerator<Read> {
  for await (const met of documentsOf(sources, input, isIgnored)) yield met.kind === 'document' ? parsed(met) : met
}

/** Reads the objects of a text that stands in no file, such as what a program printed. */
export async function* readText(file: string, chunks: readonly Buffer[]): AsyncGenerator<Read> {
  for await (const met of documentsOfStream(file, Readable.from(chunks))) {
    yield met.kind === 'document' ? parsed(met) : met
  }
}

function parsed(met: Extract<Met, { readonly kind: 'document' }>): Read {
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
