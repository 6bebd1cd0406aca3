/** One document of a stream, as text. */
export interface Document {
  /** With the marker before it and its comments: all texts together are the stream. */
  readonly text: string
  /** The line of the stream at which the text begins, from 1. */
  readonly line: number
}

/** A document that is larger than anyone may ask us to hold. Its text is gone; the stream goes on behind it. */
export interface OversizedDocument {
  readonly oversized: true
  readonly line: number
}

/** 32 Mi characters. kube-apiserver takes objects of 3 MiB; a List of a whole cluster's workloads may be larger. */
export const LARGEST_DOCUMENT = 32 * 1024 * 1024

/** `---` and `...` at the beginning of a line end a document wherever they stand, even inside of a block of text. */
const MARKER = /(?<![^\n])(?:---|\.\.\.)(?=[ \t\r\n])/g

/** Nothing but comments, directives and blank lines: it belongs to the document behind it. */
const PREAMBLE = /^(?:(?:---|\.\.\.)?[ \t]*(?:#[^\n]*|%[^\n]*)?\r?(?:\n|$))*$/

/**
 * Cuts a stream of YAML or JSON into its documents, holding no more than one of them. Lines are counted across all.
 *
 * @param chunks the text, cut anywhere
 */
export async function* documentsIn(
  chunks: AsyncIterable<string>,
  largest = LARGEST_DOCUMENT
): AsyncGenerator<Document | OversizedDocument> {
  const cutter = new Cutter(largest)
  for await (const chunk of chunks) yield* cutter.add(chunk)
  yield* cutter.end()
}

class Cutter {
  readonly #largest: number
  #pending = ''
  #line = 1
  /** How much of `#pending` is known to have no marker. */
  #searched = 0
  /** The line at which a document began that was given up. */
  #oversized: number | undefined

  constructor(largest: number) {
    this.#largest = largest
  }

  *add(chunk: string): Generator<Document | OversizedDocument> {
    this.#pending += chunk
    // A marker is known by the character behind it, which may be in the next chunk.
    const settled = this.#pending.lastIndexOf('\n')
    if (settled < this.#searched) return this.#giveUpWhereTooLarge()
    MARKER.lastIndex = this.#searched
    let begin = 0
    for (let match = MARKER.exec(this.#pending); match !== null; match = MARKER.exec(this.#pending)) {
      if (match.index > settled) break
      if (match.index === begin && this.#oversized === undefined) continue
      if (this.#oversized === undefined && isPreamble(this.#pending, begin, match.index)) continue
      yield* this.#emit(this.#pending.slice(begin, match.index))
      begin = match.index
    }
    this.#pending = this.#pending.slice(begin)
    // The last line is looked at again, whole.
    this.#searched = settled + 1 - begin
    this.#giveUpWhereTooLarge()
  }

  *end(): Generator<Document | OversizedDocument> {
    yield* this.add('\n')
    if (this.#pending.trim() !== '' || this.#oversized !== undefined) yield* this.#emit(this.#pending.slice(0, -1))
  }

  *#emit(text: string): Generator<Document | OversizedDocument> {
    const line = this.#line
    this.#line += newlinesIn(text)
    if (this.#oversized !== undefined) {
      yield { oversized: true, line: this.#oversized }
      this.#oversized = undefined
    } else if (text.length > this.#largest) yield { oversized: true, line }
    else yield { text, line }
  }

  #giveUpWhereTooLarge(): void {
    if (this.#pending.length <= this.#largest && this.#oversized === undefined) return
    this.#oversized ??= this.#line
    const kept = this.#pending.lastIndexOf('\n') + 1
    this.#line += newlinesIn(this.#pending.slice(0, kept))
    // A line without an end is no marker once it is longer than one.
    this.#pending = this.#pending.slice(kept).slice(0, 8)
    this.#searched = 0
  }
}

function isPreamble(text: string, begin: number, end: number): boolean {
  // Nobody writes a longer one, and the pattern is not for megabytes.
  return end - begin < 100_000 && PREAMBLE.test(text.slice(begin, end))
}

function newlinesIn(text: string): number {
  let count = 0
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) count++
  return count
}
