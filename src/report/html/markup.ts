import { cut } from '../../core/values/text.ts'
import { escapeMarkup } from '../escape.ts'

/** Text that may stand in a page as it is. */
export class Html {
  readonly text: string

  constructor(text: string) {
    this.text = text
  }
}

export type Content = Html | string | number | readonly Html[]

/** No sentence of ours comes near it; a name in a hostile file may be megabytes long. */
const LONGEST_TEXT = 4000

/**
 * A piece of a page. Whatever is no Html is escaped on its way in, so that there is no place where it could be
 * forgotten. Attributes stand in double quotes.
 */
export function html(literals: TemplateStringsArray, ...values: readonly Content[]): Html {
  let text = literals[0] as string
  for (const [index, value] of values.entries()) text += inMarkup(value) + literals[index + 1]
  return new Html(text)
}

/** Our own style and script, which are no text to escape. */
export function raw(text: string): Html {
  return new Html(text)
}

export const NOTHING = raw('')

function inMarkup(value: Content): string {
  if (value instanceof Html) return value.text
  if (typeof value === 'string') return escapeMarkup(cut(value, LONGEST_TEXT))
  return typeof value === 'number' ? String(value) : value.map(({ text }) => text).join('')
}
