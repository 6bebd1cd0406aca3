/**
 * Reading JSON that nobody vouched for. An object under review may hold null where a list belongs, or a string where
 * a map belongs; these readers turn every such surprise into "nothing there", so that no policy has to.
 */

export type JsonObject = { readonly [key: string]: unknown }

const NOTHING: JsonObject = Object.freeze({})
const NONE: readonly unknown[] = Object.freeze([])

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The map itself, or an empty one where there is none. */
export function objectOf(value: unknown): JsonObject {
  return isObject(value) ? value : NOTHING
}

/** The list itself, or an empty one where there is none. */
export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : NONE
}

/** The text itself, or undefined where there is something else. */
export function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}

/**
 * What a text, a number or a truth value says; nothing for anything else. JavaScript cannot make a text of every map: that of
 * JSON may have a `toString`, which is then no function.
 */
export function wordOf(value: unknown): string {
  return typeof value === 'object' && value !== null ? '' : String(value ?? '')
}

/** The texts in a list; other items are left out. */
export function textsOf(value: unknown): readonly string[] {
  return listOf(value).filter((item) => typeof item === 'string')
}

/** The whole number itself, or undefined where there is something else. */
export function integerOf(value: unknown): number | undefined {
  return Number.isSafeInteger(value) ? (value as number) : undefined
}

/**
 * A key that came from the object under review. Only own keys count: a label may be called `constructor`, and
 * `labels['constructor']` would otherwise answer with what every JavaScript object inherits.
 */
export function own(map: JsonObject, key: string): unknown {
  return Object.hasOwn(map, key) ? map[key] : undefined
}

/**
 * A copy that shares nothing with the original. A part of a text holds on to the whole of it, so that one name taken from
 * a file would otherwise keep the file in memory.
 */
export function detached<Value extends object>(value: Value): Value {
  return JSON.parse(JSON.stringify(value)) as Value
}
