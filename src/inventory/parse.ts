import { loadAll, YAMLException } from 'js-yaml'
import { isObject } from '../core/json.ts'
import { KUBERNETES_SCHEMA } from './yaml-schema.ts'

/** What cannot be read in a document: one sentence without a full stop, and where in the document's text. */
export class InvalidDocument extends Error {
  /** Counted in lines from 0. */
  readonly line: number

  constructor(what: string, line: number) {
    super(what)
    this.line = line
  }
}

/** Of two keys that are the same the last one counts, as for kubectl and Helm. No object of Kubernetes is that deep. */
const OPTIONS = { schema: KUBERNETES_SCHEMA, json: true, maxDepth: 500 }

/** Values that aliases may amount to. The largest CustomResourceDefinitions have 50 000. */
const MOST_VALUES = 1_000_000
const DEEPEST = 1000

/**
 * The values in the text of one document: one for YAML, several for JSON objects that follow each other, none for a
 * document of comments.
 *
 * @throws InvalidDocument
 */
export function valuesIn(text: string): unknown[] {
  const begin = text.search(/[^\s\uFEFF]/)
  if (begin < 0) return []
  return text[begin] === '{' || text[begin] === '[' ? jsonValues(text) : yamlValues(text)
}

/** Flow YAML begins like JSON, so what is no JSON may still be YAML. */
function jsonValues(text: string): unknown[] {
  try {
    return [JSON.parse(text.replace('\uFEFF', ''))]
  } catch {
    const parts = jsonObjectsIn(text)
    return parts.length > 1 ? parts.flatMap(valuesIn) : yamlValues(text)
  }
}

function yamlValues(text: string): unknown[] {
  try {
    const values = loadYaml(text)
    if (text.includes('*')) for (const value of values) checkAliases(value)
    return values
  } catch (error) {
    throw invalidDocument(error, text)
  }
}

const TABS_BEFORE = /^\t+/gm

function loadYaml(text: string): unknown[] {
  try {
    return loadAll(text, OPTIONS)
  } catch (error) {
    // Inside of brackets, kubectl takes a tab for as good as a space.
    const isTab = error instanceof YAMLException && error.reason === 'deficient indentation' && /^\t/m.test(text)
    if (!isTab) throw error
    return loadAll(
      text.replace(TABS_BEFORE, (tabs) => '        '.repeat(tabs.length)),
      OPTIONS
    )
  }
}

function invalidDocument(error: unknown, text: string): Error {
  if (error instanceof InvalidDocument) return error
  if (error instanceof YAMLException) return new InvalidDocument(hintOf(error.reason, text), error.mark?.line ?? 0)
  // The stack ended: lists in lists in lists, or aliases of aliases.
  return new InvalidDocument('it is nested too deeply', 0)
}

/** The reason why most YAML in a repository cannot be read. */
function hintOf(reason: string, text: string): string {
  return text.includes('{{') ? `${reason}; it looks like a template: render it first, with helm template` : reason
}

/** `{…}{…}` and `{…}\n{…}`, as `kubectl get -o json` and `jq` write them: the text of each, by its outermost braces. */
function jsonObjectsIn(text: string): string[] {
  const parts: string[] = []
  let depth = 0
  let begin = 0
  for (const { 0: token, index } of text.matchAll(/"(?:[^"\\]|\\.)*"|[{}]/g)) {
    if (token === '{' && depth++ === 0) begin = index
    else if (token === '}' && --depth === 0) parts.push(text.slice(begin, index + 1))
  }
  return depth === 0 ? parts : []
}

/** A few lines of aliases can stand for billions of values, which nobody could walk through. */
function checkAliases(root: unknown): void {
  const sizes = new Map<object, { readonly values: number; readonly depth: number }>()
  const measure = (value: unknown): { readonly values: number; readonly depth: number } => {
    if (typeof value !== 'object' || value === null) return { values: 1, depth: 0 }
    const known = sizes.get(value)
    if (known !== undefined) return known
    // Whoever meets this again before it is replaced is inside of it.
    sizes.set(value, { values: Number.POSITIVE_INFINITY, depth: 0 })
    const size = { values: 1, depth: 0 }
    for (const inner of isObject(value) ? Object.values(value) : (value as unknown[])) {
      const { values, depth } = measure(inner)
      size.values += values
      size.depth = Math.max(size.depth, depth + 1)
    }
    sizes.set(value, size)
    return size
  }
  const { values, depth } = measure(root)
  if (values > MOST_VALUES || depth > DEEPEST) {
    throw new InvalidDocument(`its aliases stand for more than ${MOST_VALUES.toLocaleString('en')} values`, 0)
  }
}
