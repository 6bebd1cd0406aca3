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
export const LARGEST_DOCUMENT = 16 * 1024 * 1024

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
  // A marker is known by the character behind it, so that only whole lines are looked at.
  const line: string[] = []
  for await (const chunk of chunks) {
    const end = chunk.lastIndexOf('\n') + 1
    if (end > 0) {
      yield* cutter.add(line.splice(0).join('') + chunk.slice(0, end))
      line.push(chunk.slice(end))
    } else line.push(chunk)
    // Whatever this is, it is no marker; and a line without an end may not be kept for ever.
    if (line.length > 1 && cutter.isTooLong(line)) line.splice(1)
  }
  yield* cutter.end(line.join(''))
}

/** Takes whole lines and gives whole documents. */
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

  *end(rest: string): Generator<Document | OversizedDocument> {
    // The last line has no end, and a marker is one with or without it.
    yield* this.add(`${rest}\n`)
    this.#parts.push(this.#parts.pop()?.slice(0, -1) ?? '')
    if (this.#oversized !== undefined || this.#parts.some((part) => part.trim() !== '')) yield this.#finished()
  }

  /** Whether a line that has no end yet is more than can be held, which gives up its document. */
  isTooLong(line: readonly string[]): boolean {
    const length = line.reduce((sum, part) => sum + part.length, 0)
    if (this.#length + length <= this.#largest) return false
    this.#giveUp()
    return true
  }

  #keep(text: string): void {
    if (text === '') return
    this.#isPreamble &&= text.split('\n').every((line) => EMPTY_LINE.test(line))
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

function newlinesIn(text: string): number {
  let count = 0
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) count++
  return count
}
