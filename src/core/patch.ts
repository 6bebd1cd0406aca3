import jsonpatch, { type Operation as PatchOperation } from 'fast-json-patch'
import { isObject, type JsonObject } from './values/json.ts'
import { type Path, pointer } from './values/path.ts'

export type { PatchOperation }

/** What a field should be. `undefined` means that the field should not be there. */
export interface Edit {
  readonly path: Path
  readonly value: unknown
}

/** The edited object, and the operations that turn the original into it. */
export interface Patched {
  readonly object: JsonObject
  readonly operations: readonly PatchOperation[]
}

type Branch = { [key: string]: unknown } | unknown[]

/**
 * Turns edits into the smallest JSON Patch, and applies it before anyone else does: kube-apiserver answers 500 to a
 * patch that does not apply, whatever the failurePolicy. The original is not touched; the result shares with it all
 * that did not change.
 *
 * Only `add`, `replace` and `remove` are emitted, never `test`. Missing parents come into being in one `add`.
 *
 * @throws where an edit leads through a value that is neither map nor list, or past the end of a list
 */
export function patchOf(original: JsonObject, edits: readonly Edit[]): Patched {
  const draft = new Draft(original)
  const operations = edits.flatMap((edit) => draft.apply(edit))
  return { object: draft.root, operations }
}

/** A copy of an object with operations made in it, those of somebody who saw the defaults of the API server too. */
export function patched(object: JsonObject, operations: readonly PatchOperation[]): JsonObject {
  return jsonpatch.applyPatch(jsonpatch.deepClone(object), operations).newDocument
}

/** A copy of an object that copies only what an edit is about to change. */
class Draft {
  root: JsonObject
  readonly #copies = new Set<unknown>()

  constructor(original: JsonObject) {
    this.root = this.#copyOf(original) as JsonObject
  }

  apply({ path, value }: Edit): readonly PatchOperation[] {
    const { parent, depth } = this.#descend(path)
    const key = path[depth] as string | number
    const at = pointer(depth === path.length - 1 ? path : path.slice(0, depth + 1))
    if (Array.isArray(parent) && (typeof key !== 'number' || key >= parent.length))
      throw new Error(`${at} is not there`)
    const operations =
      depth < path.length - 1 ? creation(at, path.slice(depth + 1), value) : change(at, parent, key, value)
    // A change inside a map changes that map, so it too has to be a copy by now.
    if (operations.some((operation) => operation.path.length > at.length)) this.#own(parent, key)
    for (const operation of operations) jsonpatch.applyOperation(this.root, operation)
    if (!isReached(read(parent, key), path.length - 1 - depth, value))
      throw new Error(`the patch of ${at} does not apply`)
    return operations
  }

  /** Walks to the deepest container on the way that is there already, copying what it passes. */
  #descend(path: Path): { parent: Branch; depth: number } {
    let parent = this.root as Branch
    const last = path.length - 1
    for (let depth = 0; depth < last; depth++) {
      const key = path[depth] as string | number
      const next = read(parent, key)
      if (next === undefined || next === null) return { parent, depth }
      if (typeof next !== 'object') throw new Error(`${pointer(path.slice(0, depth + 1))} is a ${typeof next}`)
      parent = this.#own(parent, key)
    }
    return { parent, depth: last }
  }

  /** Makes a child ours to change and answers with it. */
  #own(parent: Branch, key: string | number): Branch {
    const child = read(parent, key) as Branch
    if (this.#copies.has(child)) return child
    const copy = this.#copyOf(child)
    ;(parent as Record<string | number, unknown>)[key] = copy
    return copy
  }

  #copyOf(container: Branch | JsonObject): Branch {
    const copy = Array.isArray(container) ? [...container] : { ...container }
    this.#copies.add(copy)
    return copy
  }
}

/** Parents that are not there come into being together with the value. */
function creation(at: string, rest: Path, value: unknown): PatchOperation[] {
  return value === undefined ? [] : [{ op: 'add', path: at, value: nested(rest, value) }]
}

function change(at: string, parent: Branch, key: string | number, value: unknown): PatchOperation[] {
  const current = read(parent, key)
  if (value === undefined) return current === undefined ? [] : [{ op: 'remove', path: at }]
  return current === undefined ? [{ op: 'add', path: at, value }] : differences(at, current, value)
}

/** A map with more keys is sent as a whole, rather than as an operation for each. */
const MOST_KEYS = 256

/** Key by key between two flat maps, such as labels; any other value is replaced as a whole. */
function differences(at: string, current: unknown, wanted: unknown): PatchOperation[] {
  if (isFlat(current) && isFlat(wanted)) {
    return jsonpatch.compare(current, wanted).map((operation) => ({ ...operation, path: `${at}${operation.path}` }))
  }
  return current === wanted ? [] : [{ op: 'replace', path: at, value: wanted }]
}

/** A map of ordinary size without maps or lists in it, and without the one key that fast-json-patch refuses to apply to. */
function isFlat(value: unknown): value is JsonObject {
  if (!isObject(value) || Object.hasOwn(value, '__proto__')) return false
  const values = Object.values(value)
  return values.length <= MOST_KEYS && values.every((inner) => typeof inner !== 'object' || inner === null)
}

/** Whether the edited place now holds what it should. A map that was changed key by key is equal, not the same. */
function isReached(found: unknown, deeper: number, value: unknown): boolean {
  if (deeper > 0 || found === value) return true
  return isFlat(found) && isFlat(value) && jsonpatch.compare(found, value).length === 0
}

function nested(path: Path, value: unknown): unknown {
  return path.reduceRight<unknown>((inner, step) => {
    if (typeof step === 'number') throw new Error(`item ${step} of a list that is not there`)
    return { [step]: inner }
  }, value)
}

function read(container: Branch, key: string | number): unknown {
  return Object.hasOwn(container, key) ? (container as Record<string | number, unknown>)[key] : undefined
}
