import type { Level } from '../report.ts'
import { type Content, type Html, html } from './markup.ts'

/** What the page's address says behind its #. */
export interface Filter {
  readonly policy?: string
  readonly namespace?: string
  readonly level?: Level
  readonly upgrade?: '1'
}

/**
 * Something to click that shows the findings it counts. The script makes a link of it: without the script there would be
 * nothing behind it.
 */
export function filterLink(filter: Filter, content: Content): Html {
  return html`<a data-filter="${new URLSearchParams({ ...filter }).toString()}">${content}</a>`
}
