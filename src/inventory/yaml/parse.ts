import { loadAll, YAMLException } from 'js-yaml'
import { isObject } from '../../core/values/json.ts'
import { oneLine } from '../../core/values/text.ts'
import { KUBERNETES_SCHEMA } from './schema.ts'

/** What cannot be read in a document: one sentence without a full stop, and where in the document's text. */
export class InvalidDocument extends Error {
  /** Counted in lines from 0. */
  readonly line: number

  constructor(what: string, line: number) {
    super(what)
    this.line = line
  }
}

/** A value in a document's text. */
export interface YamlValue {
  readonly value: unknown
  /**
   * Where its own text begins and ends: without an end marker before it, and one by one where JSON objects follow each
   * other.
   */
  readonly begin: number
  readonly end: number
}

/** No Kubernetes object is that deep. */
const DEEPEST = 500

/** Of two keys that are the same the last one counts, as for kubectl and Helm. */
const OPTIONS = { schema: KUBERNETES_SCHEMA, json: true, maxDepth: DEEPEST }

/** Values that a document may amount to. The largest CustomResourceDefinitions have 50 000. */
const MOST_VALUES = 4_000_000
/** And characters: what is read is held once more, written out. */
const MOST_CHARACTERS = 64 * 1024 * 1024

/**
 * What aliases may make of a document: a hundred times its own values, as for kubectl and Helm ("document contains
 * excessive aliasing"), and ten times where that is a lot. Whatever is said about a document is then bounded by its text.
 */
const MOST_TIMES = 100
const A_LOT_OF_VALUES = 100_000
const MOST_TIMES_A_LOT = 10
/** Characters that a document may amount to whatever its length is: a third of what kube-apiserver takes for an object. */
const A_LOT_OF_CHARACTERS = 1024 * 1024

/**
 * The values in the text of one document: one for YAML, several for JSON objects that follow each other, none for a
 * document of comments.
 *
 * @throws InvalidDocument
 */
export function valuesIn(text: string): YamlValue[] {
  // The end of the document before is no part of this one.
  const begin = text.startsWith('...') ? text.indexOf('\n') + 1 : 0
  const first = /^[\s\uFEFF]*(\S)/.exec(text.slice(begin))?.[1]
  if (first === undefined) return []
  try {
    return first === '{' || first === '[' ? jsonValues(text, begin) : yamlValues(text, begin)
  } catch (error) {
    throw invalidDocument(error, text)
  }
}

/** Flow YAML begins like JSON, so what is no JSON may still be YAML. */
function jsonValues(text: string, begin: number): YamlValue[] {
  const one = jsonValue(text.slice(begin))
  if (one !== undefined) return [{ value: one, begin, end: text.length }]
  const parts = jsonObjectsIn(text, begin)
  if (parts.length < 2) return yamlValues(text, begin)
  return parts.flatMap(([begin, end]) => {
    const value = jsonValue(text.slice(begin, end))
    return value === undefined ? yamlValues(text, begin, end) : [{ value, begin, end }]
  })
}

function jsonValue(text: string): unknown {
  let value: unknown
  try {
    // A mark of the byte order stands before the text. In a text it is a character like any other.
    value = JSON.parse(text.replace(/^[ \t\r\n]*\uFEFF/, ''))
  } catch {
    return undefined
  }
  checkSize(value)
  return value
}

function yamlValues(text: string, begin: number, end = text.length): YamlValue[] {
  const own = text.slice(begin, end)
  const values = loadYaml(own)
  if (own.includes('*')) for (const value of values) checkSize(value, own.length)
  return values.map((value) => ({ value, begin, end }))
}

/** Lines that are moved further in before nobody tries any more. */
const MOST_MOVED = 100
/** And characters that are read again for it, so that a large file does not take a hundred times its time. */
const MOST_READ_AGAIN = 20_000_000

/**
 * Inside of brackets and quotation marks kubectl does not look at indentation, nor whether it is made of tabs. Where the
 * parser does, the line is moved further in, which changes no value.
 */
function loadYaml(text: string): unknown[] {
  let lines: string[] | undefined
  for (let moved = 0; ; moved++) {
    try {
      return loadAll(lines?.join('\n') ?? text, OPTIONS)
    } catch (error) {
      if (!(error instanceof YAMLException) || error.reason !== 'deficient indentation') throw error
      lines ??= text.split('\n')
      const line = error.mark?.line ?? -1
      const [before, indentation = ''] = [lines[line], /^[ \t]*/.exec(lines[line] ?? '')?.[0]]
      const after = `${' '.repeat(200)}${before?.slice(indentation.length)}`
      const isEnough = moved === MOST_MOVED || moved * text.length > MOST_READ_AGAIN
      if (before === undefined || before === after || isEnough) throw error
      lines[line] = after
    }
  }
}

function invalidDocument(error: unknown, text: string): Error {
  if (error instanceof InvalidDocument) return error
  if (error instanceof YAMLException) {
    return new InvalidDocument(hintOf(oneLine(error.reason, LONGEST_REASON), text), error.mark?.line ?? 0)
  }
  // The stack ended: lists in lists in lists, or aliases of aliases.
  return new InvalidDocument(TOO_DEEP, 0)
}

/** It may name an alias of any length. */
const LONGEST_REASON = 200

const ALIASED = 'its aliases stand for many times what it says, and kubectl does not read that either'

const TOO_DEEP = `it is nested more than ${DEEPEST} levels deep`

/** The reason why most YAML in a repository cannot be read. */
function hintOf(reason: string, text: string): string {
  return text.includes('{{') ? `${reason}; it looks like a template: render it first, with helm template` : reason
}

/**
 * Where each of `{…}{…}` and `{…}\n{…}` begins and ends, as `kubectl get -o json` and `jq` write them: by the outermost
 * braces, in one pass, because a file may be one text of 30 MB that never ends.
 */
function jsonObjectsIn(text: string, from: number): [begin: number, end: number][] {
  const parts: [number, number][] = []
  let [depth, begin] = [0, 0]
  for (let at = from; at < text.length; at++) {
    const character = text.charCodeAt(at)
    if (character === QUOTE) {
      at = endOfText(text, at)
    } else if (character === OPEN) {
      if (depth++ === 0) begin = at
    } else if (character === CLOSE && --depth === 0) parts.push([begin, at + 1])
    // What stands between them would be lost.
    else if (depth === 0 && character !== CLOSE && !/[\s\uFEFF]/.test(text.charAt(at))) return []
  }
  return depth === 0 ? parts : []
}

const [QUOTE, BACKSLASH, OPEN, CLOSE] = [...'"\\{}'].map((character) => character.charCodeAt(0))

/** The closing quotation mark, or the end of it all. */
function endOfText(text: string, begin: number): number {
  for (let at = begin + 1; at < text.length; at++) {
    const character = text.charCodeAt(at)
    if (character === BACKSLASH) at++
    else if (character === QUOTE) return at
  }
  return text.length
}

interface Size {
  values: number
  characters: number
  depth: number
}

/**
 * A few lines of aliases can stand for billions of values, and brackets for more levels than anyone could walk down.
 *
 * @param length of the text, where it may have aliases
 */
function checkSize(root: unknown, length = Number.POSITIVE_INFINITY): void {
  const sizes = new Map<object, Size>()
  let own = 0
  const measure = (value: unknown): Size => {
    own++
    if (typeof value === 'string') return { values: 1, characters: value.length, depth: 0 }
    if (typeof value !== 'object' || value === null) return { values: 1, characters: 1, depth: 0 }
    const known = sizes.get(value)
    if (known !== undefined) return known
    // Whoever meets this again before it is replaced is inside of it.
    sizes.set(value, { values: Number.POSITIVE_INFINITY, characters: 0, depth: 0 })
    const size: Size = { values: 1, characters: 1, depth: 0 }
    for (const inner of isObject(value) ? Object.values(value) : (value as unknown[])) {
      const { values, characters, depth } = measure(inner)
      size.values += values
      size.characters += characters
      size.depth = Math.max(size.depth, depth + 1)
    }
    sizes.set(value, size)
    return size
  }
  const { values, characters, depth } = measure(root)
  if (values > MOST_VALUES || characters > MOST_CHARACTERS) {
    throw new InvalidDocument(`it stands for more than ${MOST_VALUES.toLocaleString('en')} values or 64 MiB`, 0)
  }
  if (depth > DEEPEST) throw new InvalidDocument(TOO_DEEP, 0)
  const times = values > A_LOT_OF_VALUES ? MOST_TIMES_A_LOT : MOST_TIMES
  if (values > times * own || characters > A_LOT_OF_CHARACTERS + MOST_TIMES_A_LOT * length)
    throw new InvalidDocument(ALIASED, 0)
}
