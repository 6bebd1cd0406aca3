import { EVENT_ID, type Event, getScalarValue, parseEvents } from 'js-yaml'
import type { Path } from '../../core/values/path.ts'

/** Where something begins in a text, and what stands inside of it. */
interface Node {
  /** The index of its event. */
  readonly event: number
  /** Where its key begins, or itself where it is an item of a list. */
  readonly offset: number
}

/** Where a field stands in a text, and what is written there. */
export interface Position {
  /** Counted from 0. */
  readonly line: number
  /** Characters (UTF-16 code units) from 1, as editors and SARIF count them. */
  readonly column: number
  readonly frame: Frame
}

/** Lines of a text as they are written, without their ends. */
export interface Frame {
  /** The line of the first of them, counted as that of the position is. */
  readonly first: number
  readonly lines: readonly string[]
}

/**
 * Finds lines of fields in a document, of one value in it. The text is parsed on the first question, because most
 * documents have nothing that anyone would want to point at.
 */
export class Lines {
  readonly #document: string
  /** Where the value's own text begins and ends. */
  readonly #begin: number
  readonly #end: number
  #text = ''
  #events: readonly Event[] | undefined
  /** Where each line of the document ends. */
  #newlines: readonly number[] = []
  readonly #children = new Map<number, ReadonlyMap<string | number, Node>>()

  constructor(document: string, begin = 0, end = document.length) {
    this.#document = document
    this.#begin = begin
    this.#end = end
  }

  /** The line of a field, counted from 0, or that of the nearest one above it which is there. */
  lineOf(path: Path): number {
    return this.#lineAt(this.#offsetOf(path))
  }

  /** The place of a field, or of the nearest one above it which is there. */
  positionOf(path: Path): Position {
    const offset = this.#offsetOf(path)
    const line = this.#lineAt(offset)
    const column = this.#begin + offset - this.#startOf(line) + 1
    return { line, column, frame: this.#frameAround(line, column) }
  }

  #offsetOf(path: Path): number {
    let node = this.#root()
    if (node === undefined) return 0
    for (const step of path) {
      const child: Node | undefined = this.#childrenOf(node).get(step)
      if (child === undefined) break
      node = child
    }
    return node.offset
  }

  /** A line with the one before it and the one behind it, as far as they belong to the value: beside it, a Secret may stand. */
  #frameAround(line: number, column: number): Frame {
    const first = Math.max(this.#lineAt(0), line - 1)
    const isEnded = this.#end > this.#begin && this.#document[this.#end - 1] === '\n'
    const last = Math.min(line + 1, below(this.#newlines, this.#end) - (isEnded ? 1 : 0))
    const lines: string[] = []
    for (let at = first; at <= last; at++) lines.push(this.#textOf(at, at === line ? column : 1))
    return { first, lines }
  }

  #startOf(line: number): number {
    return line === 0 ? 0 : (this.#newlines[line - 1] as number) + 1
  }

  /** A line, or what of a long one stands around a column: JSON may be one line of a megabyte. */
  #textOf(line: number, column: number): string {
    const begin = this.#startOf(line)
    const start = Math.max(begin, this.#begin)
    const end = Math.min(this.#newlines[line] ?? this.#document.length, this.#end)
    const from = end - start <= LONGEST_LINE ? start : Math.max(start, begin + column - 1 - BEFORE_COLUMN)
    const to = Math.min(end, from + LONGEST_LINE)
    const text = this.#document.slice(from, to).replaceAll('\t', '  ').trimEnd()
    return `${from > start ? '…' : ''}${text}${to < end ? '…' : ''}`.toWellFormed()
  }

  #root(): Node | undefined {
    const events = this.#parsed()
    const event = events.findIndex(({ type }) => type !== EVENT_ID.DOCUMENT)
    const first = events[event]
    return first === undefined ? undefined : { event, offset: offsetOf(first) }
  }

  #parsed(): readonly Event[] {
    if (this.#events === undefined) {
      this.#text = this.#document.slice(this.#begin, this.#end)
      this.#newlines = newlinesIn(this.#document)
      this.#events = eventsIn(this.#text)
    }
    return this.#events
  }

  #lineAt(offset: number): number {
    return below(this.#newlines, this.#begin + offset)
  }

  #childrenOf(node: Node): ReadonlyMap<string | number, Node> {
    const known = this.#children.get(node.event)
    if (known !== undefined) return known
    const children = new Map<string | number, Node>()
    const events = this.#parsed()
    const container = events[node.event]
    const isMap = container?.type === EVENT_ID.MAPPING
    if (isMap || container?.type === EVENT_ID.SEQUENCE) {
      let at = node.event + 1
      for (let item = 0; at < events.length && events[at]?.type !== EVENT_ID.POP; item++) {
        const first = events[at] as Event
        const offset = offsetOf(first)
        if (isMap) at = after(events, at)
        // The last of two keys that are the same is the one that counts.
        children.set(isMap ? this.#keyOf(first) : item, { event: at, offset })
        at = after(events, at)
      }
    }
    this.#children.set(node.event, children)
    return children
  }

  #keyOf(event: Event): string {
    return event.type === EVENT_ID.SCALAR ? getScalarValue(this.#text, event) : ''
  }
}

/** Characters of a line that is shown, and how many of them stand before the field that it is shown for. */
const LONGEST_LINE = 160
const BEFORE_COLUMN = 40

/** A text that was read leniently has no positions, and is pointed at as a whole. */
function eventsIn(text: string): Event[] {
  try {
    return parseEvents(text, { maxDepth: 500 })
  } catch {
    return []
  }
}

/** The index of the event behind a whole value. */
function after(events: readonly Event[], at: number): number {
  let depth = 0
  let next = at
  do {
    const type = events[next]?.type
    if (type === EVENT_ID.MAPPING || type === EVENT_ID.SEQUENCE) depth++
    else if (type === EVENT_ID.POP) depth--
    next++
  } while (depth > 0 && next < events.length)
  return next
}

function offsetOf(event: Event): number {
  if (event.type === EVENT_ID.SCALAR) return event.valueStart
  if (event.type === EVENT_ID.MAPPING || event.type === EVENT_ID.SEQUENCE) return event.start
  return event.type === EVENT_ID.ALIAS ? event.anchorStart : 0
}

function newlinesIn(text: string): number[] {
  const offsets: number[] = []
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) offsets.push(at)
  return offsets
}

/** How many of sorted numbers are below another one. */
function below(sorted: readonly number[], limit: number): number {
  let [low, high] = [0, sorted.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if ((sorted[middle] as number) < limit) low = middle + 1
    else high = middle
  }
  return low
}
