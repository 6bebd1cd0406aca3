import { isDeepStrictEqual } from 'node:util'
import { applyPatch, createTwoFilesPatch, structuredPatch } from 'diff'
import { type Document, isAlias, isCollection, isScalar, isSeq, type Node, parseDocument, visit } from 'yaml'
import { type PatchOperation, patched } from '../../core/patch.ts'
import { objectOf } from '../../core/values/json.ts'
import { type Path, pointer, pointerSteps } from '../../core/values/path.ts'
import { valuesIn } from './parse.ts'

/** Operations on one object of a document, and where the text of the value begins and ends in which it stands. */
export interface ObjectPatch {
  readonly begin: number
  readonly end: number
  readonly within: Path
  readonly operations: readonly PatchOperation[]
}

/**
 * The text of a document with its objects changed, and all the rest of it, comments and indentation included, as it was
 * where that is possible.
 *
 * @throws Error where a change has no place in the document
 */
export function rewritten(text: string, changes: readonly ObjectPatch[]): string {
  const parts = [...Map.groupBy(changes, ({ begin }) => begin)]
  // From the last to the first: what stands before a part stays where it is.
  parts.sort(([one], [other]) => other - one)
  return parts.reduce((whole, [begin, changes]) => {
    const end = changes[0]?.end ?? begin
    return whole.slice(0, begin) + rewrittenPart(whole.slice(begin, end), changes) + whole.slice(end)
  }, text)
}

function rewrittenPart(text: string, changes: readonly ObjectPatch[]): string {
  const [print, options] = isJson(text) ? [jsonPrinter(text), JSON_OPTIONS] : [yamlPrinter(text), YAML_OPTIONS]
  const document = parseDocument(text, options)
  const before = print(document)
  const room: Room = { characters: ROOM + text.length }
  for (const { within, operations } of changes) {
    for (const operation of operations) apply(document, within, operation, room)
  }
  const after = print(document)
  if (!isDone(text, after, changes)) throw new Error('another part of the document stands for the same, by an alias')
  const squeezed = squeezer()
  const compareLine = (_: number, line: string, __: string, content: string) => squeezed(line) === squeezed(content)
  // With less around a change, it also fits where lines were broken in another way than the library breaks them.
  for (const context of [3, 1]) {
    const patch = structuredPatch('', '', before, after, undefined, undefined, { context, maxEditLength: MOST_EDITS })
    const kept = patch !== undefined && applyPatch(text, patch, { fuzzFactor: 1, compareLine })
    if (kept !== false && isSameDocument(kept, after)) return kept
  }
  return after
}

/** A unified diff that `git apply` and `patch -p1` take; empty where nothing differs. */
export function unifiedDiff(file: string, before: string, after: string): string {
  if (before === after) return ''
  const name = file.replace(/^\/+/, '')
  return createTwoFilesPatch(`a/${name}`, `b/${name}`, before, after, undefined, undefined).replace(/^=+\n/, '')
}

/** As kubectl reads it, so that `0644` is written again as what it was and the text "no" in quotation marks. */
const YAML_OPTIONS = { version: '1.1', uniqueKeys: false, merge: true, strict: false, intAsBigInt: true } as const
const JSON_OPTIONS = { version: '1.2', uniqueKeys: false, strict: false } as const

/** Lines that change in one document. With more, finding the fewest of them takes the square of the time. */
const MOST_EDITS = 1000

type Printer = (document: Document) => string

/** As the text is written: with lists below their key or further in, and as deep a level as the first one. */
function yamlPrinter(text: string): Printer {
  const indent = INDENTED.exec(text)?.[2]?.length ?? 2
  const style = { lineWidth: 0, flowCollectionPadding: false, indentSeq: !FLUSH_LIST.test(text), indent }
  return (document) => document.toString(style)
}

function isJson(text: string): boolean {
  try {
    return typeof JSON.parse(text) === 'object'
  } catch {
    return false
  }
}

/** @throws Error where a number is larger than JavaScript can count */
function jsonPrinter(text: string): Printer {
  JSON.parse(text, (_key, value) => {
    if (Number.isInteger(value) && !Number.isSafeInteger(value)) {
      throw new Error(`the number ${value} cannot be written again as it was`)
    }
    return value
  })
  const indent = /\n([ \t]+)"/.exec(text)?.[1]
  const end = text.slice(text.trimEnd().length)
  return (document) => JSON.stringify(document.toJS(), null, indent) + end
}

/** A key on a line of its own, and the key below it further in. */
const INDENTED = /^( *)[^\s#-][^\n]*:[ \t]*\r?\n\1( {1,8})[^\s#-]/m

/** `key:` and its list below at the same indentation. */
const FLUSH_LIST = /^( *)(?:- )?[^\s#-][^\n]*:[ \t]*\r?\n\1- /m

/**
 * What a line is without what differs between somebody's writing and the library's: spaces and quotation marks. A line is
 * compared with many others, and may be long.
 */
function squeezer(): (line: string | undefined) => string | undefined {
  const known = new Map<string, string>()
  return (line) => {
    if (line === undefined) return undefined
    const squeezed = known.get(line) ?? line.replace(/[\s"']+/g, '')
    known.set(line, squeezed)
    return squeezed
  }
}

/** What aliases may add to a document that is a small one, when they are written out: no object of a chart is as long. */
const ROOM = 64 * 1024

/** For what aliases stand for, as long as it is written out. */
interface Room {
  characters: number
}

function apply(document: Document, within: Path, { op, path, ...rest }: PatchOperation, room: Room): void {
  const steps = [...within, ...pointerSteps(path)]
  for (let depth = 1; depth < steps.length; depth++) copyAlias(document, steps.slice(0, depth), room)
  if (op === 'remove') document.deleteIn(steps)
  else put(document, steps, op === 'add', 'value' in rest ? rest.value : undefined)
}

/** A text that begins like a number is one for some reader of YAML or other. */
const LIKE_A_NUMBER = /^[-+.~\d]/

function nodeOf(document: Document, value: unknown): Node {
  const node = document.createNode(value)
  visit(node, {
    Scalar(_key, scalar) {
      if (typeof scalar.value === 'string' && LIKE_A_NUMBER.test(scalar.value)) scalar.type = 'QUOTE_DOUBLE'
    }
  })
  return node
}

function isSameKind(one: unknown, other: unknown): boolean {
  if (typeof one === 'bigint') return Number.isSafeInteger(other)
  return one !== null && typeof one !== 'object' && typeof one === typeof other
}

/** Whole numbers are read as such, so that none is too large to be written again. */
function bigAs(present: unknown, value: unknown): unknown {
  return typeof present === 'bigint' ? BigInt(value as number) : value
}

/**
 * What is about to be changed here stays as it is where the alias came from.
 *
 * @throws Error where aliases, written out, would make more of the document than it was
 */
function copyAlias(document: Document, steps: Path, room: Room): void {
  const node = document.getIn(steps, true)
  if (!isAlias(node)) return
  const original = node.resolve(document)
  const [begin, end] = original?.range ?? [0, 0]
  room.characters -= end - begin
  if (room.characters < 0) throw new Error('its aliases, written out, would make it more than twice as long')
  const copy = original?.clone()
  if (isCollection(copy)) delete copy.anchor
  document.setIn(steps, copy)
}

function put(document: Document, steps: Path, isNew: boolean, value: unknown): void {
  const present = document.getIn(steps, true)
  const parent = document.getIn(steps.slice(0, -1))
  if (isNew && isSeq(parent)) parent.items.splice(Number(steps.at(-1)), 0, nodeOf(document, value))
  // A value keeps its quotation marks and the comment behind it.
  else if (isScalar(present) && isSameKind(present.value, value)) present.value = bigAs(present.value, value)
  else document.setIn(steps, nodeOf(document, value))
}

/** Whether the text, read anew, is the document with the changes and nothing else. */
function isDone(before: string, after: string, changes: readonly ObjectPatch[]): boolean {
  const wanted = valuesIn(before)[0]?.value
  const operations = changes.flatMap(({ within, operations }) =>
    operations.map((operation) => ({ ...operation, path: pointer(within) + operation.path }))
  )
  return isDeepStrictEqual(valuesIn(after)[0]?.value, patched(objectOf(wanted), operations))
}

function isSameDocument(one: string, other: string): boolean {
  try {
    return isDeepStrictEqual(valuesIn(one)[0]?.value, valuesIn(other)[0]?.value)
  } catch {
    return false
  }
}
