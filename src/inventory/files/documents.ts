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

/**
 * 16 Mi characters. kube-apiserver takes objects of 3 MiB; a List of all workloads of a cluster may be larger. What is read
 * takes up to eighty times its text where that is nothing but brackets.
 */
const LARGEST_DOCUMENT = 16 * 1024 * 1024

/** `---` and `...` at the beginning of a line end a document wherever they stand, even inside of a block of text. */
const MARKER = /(?<![^\n])(?:---|\.\.\.)(?=[ \t\r\n])/g

/** A line with nothing but a marker, a comment or a directive: it belongs to the document behind it. */
const EMPTY_LINE = /^(?:---|\.\.\.)?[ \t]*(?:[#%][^\n]*)?\r?$/

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
  // A marker is known by the character behind it, so that a line is looked at when it is whole, or long enough.
  let begun = ''
  let isWithin = false
  for await (const chunk of chunks) {
    let text = begun + chunk
    begun = ''
    if (isWithin) {
      const end = text.indexOf('\n') + 1
      cutter.more(end === 0 ? text : text.slice(0, end))
      if (end === 0) continue
      text = text.slice(end)
      isWithin = false
    }
    const end = text.lastIndexOf('\n') + 1
    yield* cutter.add(text.slice(0, end))
    begun = text.slice(end)
    if (begun.length < LONG_LINE) continue
    yield* cutter.add(begun)
    begun = ''
    isWithin = true
  }
  yield* cutter.end(begun)
}

/** The same for a text that is at hand as a whole. */
export function documentsInText(text: string): Generator<Document | OversizedDocument> {
  return new Cutter(LARGEST_DOCUMENT).whole(text)
}

/** Longer than any marker, and short enough to be put before every chunk. */
const LONG_LINE = 4096

/** Takes lines and gives whole documents. */
class Cutter {
  readonly #largest: number
  #parts: string[] = []
  #length = 0
  #line = 1
  /** Whether all of the document until now is comments and the like. */
  #isPreamble = true
  /** The line at which a document began that was given up. */
  #oversized: number | undefined

  constructor(largest: number) {
    this.#largest = largest
  }

  *add(lines: string): Generator<Document | OversizedDocument> {
    let begin = 0
    for (const { index } of lines.matchAll(MARKER)) {
      this.#keep(lines.slice(begin, index))
      if (!this.#isPreamble) yield this.#finished()
      begin = index
    }
    this.#keep(lines.slice(begin))
  }

  /** Of a line whose beginning was added. */
  more(text: string): void {
    this.#keep(text)
  }

  *whole(text: string): Generator<Document | OversizedDocument> {
    const end = text.lastIndexOf('\n') + 1
    yield* this.add(text.slice(0, end))
    yield* this.end(text.slice(end))
  }

  *end(rest: string): Generator<Document | OversizedDocument> {
    // The last line has no end, and a marker is one with or without it.
    this.#length--
    yield* this.add(`${rest}\n`)
    this.#parts.push(this.#parts.pop()?.slice(0, -1) ?? '')
    if (this.#oversized !== undefined || this.#parts.some((part) => part.trim() !== '')) yield this.#finished()
  }

  #keep(text: string): void {
    if (text === '') return
    this.#isPreamble &&= isPreamble(text)
    this.#length += text.length
    this.#parts.push(text)
    if (this.#length > this.#largest) this.#giveUp()
  }

  /** Lines are still counted, text is not kept. */
  #giveUp(): void {
    this.#oversized ??= this.#line
    this.#isPreamble = false
    for (const part of this.#parts.splice(0)) this.#line += newlinesIn(part)
  }

  #finished(): Document | OversizedDocument {
    const [oversized, line] = [this.#oversized, this.#line]
    const text = this.#parts.splice(0).join('')
    this.#line += newlinesIn(text)
    this.#length = 0
    this.#isPreamble = true
    this.#oversized = undefined
    return oversized === undefined ? { text, line } : { oversized: true, line: oversized }
  }
}

function isPreamble(text: string): boolean {
  for (let at = 0; at <= text.length; ) {
    const end = text.indexOf('\n', at)
    if (!EMPTY_LINE.test(text.slice(at, end < 0 ? text.length : end))) return false
    if (end < 0) break
    at = end + 1
  }
  return true
}

function newlinesIn(text: string): number {
  let count = 0
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) count++
  return count
}
