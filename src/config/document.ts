import {
  type Document,
  isAlias,
  isMap,
  isNode,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  type Pair,
  parseDocument
} from 'yaml'
import { isObject, type JsonObject } from '../core/values/json.ts'
import { fieldPath, type Path } from '../core/values/path.ts'
import { type ErrorCode, HoldfastError, messageOf } from '../errors.ts'

/** Something in a file that keeps it from being used. */
export interface FileProblem {
  /** From the file's map. */
  readonly path: Path
  /** The name of the field is wrong, not its value. */
  readonly isName: boolean
  /** Behind the path, without a full stop: "has to be a list". */
  readonly what: string
}

/** A YAML file that holds one map, and where each of its fields stands. */
export interface YamlFile {
  readonly value: JsonObject
  /** The error that names the file, and the line and column of each problem. */
  invalid(problems: readonly FileProblem[]): HoldfastError
}

/**
 * @param source what to call the file in an error
 * @param code of the error where the text is no such file
 * @throws HoldfastError with the code
 */
export function readYamlFile(text: string, source: string, code: ErrorCode): YamlFile {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false })
  const refuse = (problems: readonly (readonly [offset: number, what: string])[]): HoldfastError => {
    const list = problems.map(([offset, what]) => {
      const { line, col } = lines.linePos(offset)
      return `${source}:${line}:${col}: ${what}`
    })
    return new HoldfastError(code, `${source} cannot be used`, { list })
  }
  if (document.errors.length > 0) {
    throw refuse(
      document.errors.map(({ code, message, pos }) => [
        pos[0],
        code === 'MULTIPLE_DOCS' ? 'the file has to hold one document' : message
      ])
    )
  }
  const value = plain(document, (what) => refuse([[0, what]]))
  if (!isObject(value)) throw refuse([[offsetOf(document.contents), 'the file has to hold one map']])
  return {
    value,
    invalid: (problems) =>
      refuse(
        problems.map(({ path, isName, what }) => {
          const where = fieldPath(path)
          return [offsetAt(document, path, isName), where === '' ? what : `${where}: ${what}`]
        })
      )
  }
}

/** Aliases may not make a small file large. */
function plain(document: Document, refuse: (what: string) => HoldfastError): unknown {
  try {
    return document.toJS({ maxAliasCount: 100 }) ?? {}
  } catch (error) {
    throw refuse(messageOf(error))
  }
}

/** Where a field begins: its value, or its name where that is meant or the value is empty. */
function offsetAt(document: Document, path: Path, isName: boolean): number {
  let value: unknown = document.contents
  let name: unknown
  for (const step of path) {
    // What an alias stands for is written elsewhere, and that is where it has to be changed.
    const within = isAlias(value) ? value.resolve(document) : value
    const pair = isMap(within) ? within.items.find((item) => isNamed(item, step)) : undefined
    if (pair === undefined && !isSeq(within)) break
    name = pair?.key
    value = pair === undefined && isSeq(within) ? within.items[Number(step)] : pair?.value
  }
  const isEmpty = isScalar(value) && value.value === null
  return offsetOf((isName || isEmpty) && isNode(name) ? name : value)
}

function isNamed({ key }: Pair, step: string | number): boolean {
  return isScalar(key) && String(key.value) === String(step)
}

function offsetOf(node: unknown): number {
  return isNode(node) ? ((node as Node).range?.[0] ?? 0) : 0
}
