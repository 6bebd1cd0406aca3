import { isObject } from '../../src/core/values/json.ts'

/** What works in a text without being seen. Spelled anew, so that a mistake in the sources is none here. */
const UNSEEN = /[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}\u00ad\u200b\ufeff\u{e0000}-\u{e007f}]/u

/** What CI runners take for a command: at the beginning of a line but for blanks, and anywhere. */
const AT_BEGINNING = /^\s*::/
const ANYWHERE = /##\w*\[/

/** What is wrong with a text of several lines, whoever obeys it: a terminal, a CI runner, or a reader's eye. */
export function faultsIn(text: string): string[] {
  if (!text.isWellFormed()) return ['half a character']
  return text.split('\n').flatMap((line) => {
    const faults = [
      UNSEEN.test(line) && 'unseen',
      AT_BEGINNING.test(line) && 'at beginning',
      ANYWHERE.test(line) && '##'
    ]
    return faults.filter((fault) => fault !== false).map((fault) => `${fault}: ${JSON.stringify(line.slice(0, 300))}`)
  })
}

/** The same of every text in a JSON value, where a text is one line. */
export function faultsInJson(value: unknown): string[] {
  if (typeof value === 'string')
    return value.includes('\n') ? [`a line break: ${JSON.stringify(value)}`] : faultsIn(value)
  if (Array.isArray(value)) return value.flatMap(faultsInJson)
  return isObject(value)
    ? Object.entries(value).flatMap(([key, part]) => [...faultsIn(key), ...faultsInJson(part)])
    : []
}
