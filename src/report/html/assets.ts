import { readFileSync } from 'node:fs'

/** What stands in every page. The files lie beside this one, in `src` as in `dist`, where the build puts them. */

function asset(name: string): string {
  return readFileSync(new URL(name, import.meta.url), 'utf8')
}

/** In this order: what comes later wins. */
const STYLES = ['page.css', 'summary.css', 'findings.css', 'print.css']

/** All of the page's style. Its hash stands in the page's policy, so nothing may be added to it later. */
export const STYLE = STYLES.map(asset).join('')

/** A classic script, which the page ends with. */
export const SCRIPT = asset('page.client.js')
