import { isDeepStrictEqual } from 'node:util'
import { applyPatch, createTwoFilesPatch, structuredPatch } from 'diff'
import { type Document, isAlias, isCollection, isScalar, isSeq, parseDocument } from 'yaml'
import { objectOf } from '../core/json.ts'
import { type Operation, patched } from '../core/patch.ts'
import { type Path, pointer, stepsOf } from '../core/path.ts'
import { valuesIn } from './parse.ts'

/** Operations on one object of a document. */
export interface Change {
  readonly within: Path
  readonly operations: readonly Operation[]
}

/**
 * The text of a document with its objects changed, and all the rest of it, comments and indentation included, as it was
 * where that is possible.
 *
 * @throws Error where a change has no place in the document
 */
export function rewritten(text: string, changes: readonly Change[]): string {
  const document = parseDocument(text, OPTIONS)
  const style = { lineWidth: 0, flowCollectionPadding: false, indentSeq: !FLUSH_LIST.test(text) }
  const before = document.toString(style)
  for (const { within, operations } of changes) for (const operation of operations) apply(document, within, operation)
  const after = isJson(text) ? json(document, text) : document.toString(style)
  if (!isDone(text, after, changes)) throw new Error('another part of the document stands for the same, by an alias')
  const patch = structuredPatch('', '', before, after)
  const compareLine = (_: number, line: string, __: string, content: string) => squeezed(line) === squeezed(content)
  const kept = applyPatch(text, patch, { fuzzFactor: 1, compareLine })
  return kept !== false && isSameDocument(kept, after) ? kept : after
}

/** A unified diff that `git apply` and `patch -p1` take; empty where nothing differs. */
export function unifiedDiff(file: string, before: string, after: string): string {
  if (before === after) return ''
  const name = file.replace(/^\/+/, '')
  return createTwoFilesPatch(`a/${name}`, `b/${name}`, before, after, undefined, undefined).replace(/^=+\n/, '')
}

const OPTIONS = { version: '1.2', uniqueKeys: false, merge: true, strict: false } as const

function isJson(text: string): boolean {
  try {
    return typeof JSON.parse(text) === 'object'
  } catch {
    return false
  }
}

function json(document: Document, text: string): string {
  return `${JSON.stringify(document.toJS(), null, /\n([ \t]+)"/.exec(text)?.[1])}\n`
}

/** `key:` and its list below at the same indentation. */
const FLUSH_LIST = /^( *)(?:- )?[^\s#-][^\n]*:[ \t]*\r?\n\1- /m

/** What differs between a line as somebody wrote it and as the library prints it: spaces and quotation marks. */
function squeezed(line: string | undefined): string | undefined {
  return line?.replace(/[\s"']+/g, '')
}

function apply(document: Document, within: Path, { op, path, ...rest }: Operation): void {
  const steps = [...within, ...stepsOf(path)]
  for (let depth = 1; depth < steps.length; depth++) copyAlias(document, steps.slice(0, depth))
  if (op === 'remove') document.deleteIn(steps)
  else put(document, steps, op === 'add', 'value' in rest ? rest.value : undefined)
}

/** What is about to be changed here stays as it is where the alias came from. */
function copyAlias(document: Document, steps: Path): void {
  const node = document.getIn(steps, true)
  if (!isAlias(node)) return
  const copy = node.resolve(document)?.clone()
  if (isCollection(copy)) delete copy.anchor
  document.setIn(steps, copy)
}

function put(document: Document, steps: Path, isNew: boolean, value: unknown): void {
  const present = document.getIn(steps, true)
  const parent = document.getIn(steps.slice(0, -1))
  if (isNew && isSeq(parent)) parent.items.splice(Number(steps.at(-1)), 0, document.createNode(value))
  // A text keeps its quotation marks.
  else if (isScalar(present) && typeof value === typeof present.value) present.value = value
  else document.setIn(steps, document.createNode(value))
}

/** Whether the text, read anew, is the document with the changes and nothing else. */
function isDone(before: string, after: string, changes: readonly Change[]): boolean {
  const [wanted] = valuesIn(before)
  const operations = changes.flatMap(({ within, operations }) =>
    operations.map((operation) => ({ ...operation, path: pointer(within) + operation.path }))
  )
  return isDeepStrictEqual(valuesIn(after)[0], patched(objectOf(wanted), operations))
}

function isSameDocument(one: string, other: string): boolean {
  try {
    return isDeepStrictEqual(valuesIn(one), valuesIn(other))
  } catch {
    return false
  }
}
