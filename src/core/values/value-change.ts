import { oneLine } from './text.ts'

/** A value before and after, as text on one line; absent where there is none. */
export interface ValueChange {
  /** A label's key, or the path of a field. */
  readonly key: string
  readonly before?: string
  readonly after?: string
}

/** Longer values are cut: nobody compares more than this by eye. */
const LONGEST_VALUE = 200

export function valueChange(key: string, before: unknown, after: unknown): ValueChange {
  return { key, ...(!isNone(before) && { before: inText(before) }), ...(!isNone(after) && { after: inText(after) }) }
}

function isNone(value: unknown): value is undefined | null {
  return value === undefined || value === null
}

function inText(value: unknown): string {
  const text = typeof value === 'object' ? JSON.stringify(value) : String(value)
  return oneLine(text, LONGEST_VALUE)
}
