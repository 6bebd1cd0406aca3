import { LEVELS, type Level, type Report } from '../report.ts'
import { stackedBar } from './bar.ts'
import type { Figures, Tally } from './figures.ts'
import { type Filter, filterLink } from './links.ts'
import { type Html, html, NOTHING } from './markup.ts'
import { number, several } from './words.ts'

/** The depth of one error, where the deepest colour has 4. */
const PALEST_ERROR = 3

/** More than this at once is nothing to look at: the rest unfolds. */
const ROWS_SHOWN = 12

/** So many findings of a check are an overview of themselves. */
const FEW = 10

/** Where it comes from: by policy and by namespace, as far as that tells a reader more than the list does. */
export function breakdown({ command }: Report, { total, policies, namespaces }: Figures): Html {
  if (total === 0 || (command === 'check' && total < FEW)) return NOTHING
  const panels = [byPolicy(policies), namespaces.length > 1 ? byNamespace(namespaces) : NOTHING]
  return html`<div class="panels">\n${panels}</div>\n`
}

function byPolicy(policies: readonly Tally[]): Html {
  const most = largest(policies.map(({ total }) => total))
  const rows = policies.map(
    ({ key, counts }) => html`<li>${filterLink({ policy: key }, key)}
${stackedBar(
  LEVELS.map((level) => [level, counts[level]]),
  most
)}
<span class="sum">${levelsInWords(counts)}</span></li>
`
  )
  return html`<section class="panel" aria-labelledby="by-policy">
<h2 id="by-policy">By policy</h2>
${folded(rows, 'policy', 'policies', (some) => html`<ul class="bars">\n${some}</ul>\n`)}</section>
`
}

/** Not Math.max, whose arguments lie on the stack: files may name more namespaces than there is room. */
function largest(values: readonly number[]): number {
  return values.reduce((most, value) => Math.max(most, value), 0)
}

function levelsInWords(counts: Readonly<Record<Level, number>>): readonly Html[] {
  return LEVELS.filter((level) => counts[level] > 0).map(
    (level) => html`<i class="${level}">${several(counts[level], level)}</i> `
  )
}

function byNamespace(namespaces: readonly Tally[]): Html {
  const most = {
    error: largest(namespaces.map(({ counts }) => counts.error)),
    warning: largest(namespaces.map(({ counts }) => counts.warning)),
    note: largest(namespaces.map(({ counts }) => counts.note)),
    next: largest(namespaces.map(({ failing }) => failing))
  }
  const rows = namespaces.map((tally) => namespaceRow(tally, most))
  return html`<section class="panel" aria-labelledby="by-namespace">
<h2 id="by-namespace">By namespace</h2>
${folded(rows, 'namespace', 'namespaces', namespaceTable)}</section>
`
}

function namespaceTable(rows: readonly Html[]): Html {
  return html`<table>
<thead><tr><th scope="col">Namespace</th><th scope="col">Errors</th><th scope="col">Warnings</th><th scope="col">Notes</th><th scope="col">Next upgrade</th></tr></thead>
<tbody>
${rows}</tbody>
</table>
`
}

function namespaceRow({ key, counts, failing }: Tally, most: Readonly<Record<Level | 'next', number>>): Html {
  const name = namespaceName(key)
  const ofLevel = LEVELS.map((level) =>
    cell(
      level,
      counts[level],
      most[level],
      { namespace: key, level },
      `${level}${counts[level] === 1 ? '' : 's'} in ${name}`
    )
  )
  const atUpgrade = cell('next', failing, most.next, { namespace: key, upgrade: '1' }, `at the next upgrade in ${name}`)
  return html`<tr><th scope="row">${filterLink({ namespace: key }, name)}</th>${ofLevel}${atUpgrade}</tr>
`
}

/**
 * The more of its column, the deeper its colour, and an error is never pale: two of them weigh more than many warnings. A
 * number alone says little to those who hear the page.
 */
function cell(style: string, value: number, most: number, filter: Filter, words: string): Html {
  if (value === 0) return html`<td class="zero">0</td>`
  const depth = Math.max(style === 'error' ? PALEST_ERROR : 1, Math.ceil(4 * Math.sqrt(value / most)))
  const content = html`${number(value)}<span class="aside"> ${words}</span>`
  return html`<td class="${style} heat${depth}">${filterLink(filter, content)}</td>`
}

/** Rendered YAML often leaves the namespace to whoever applies it. */
export function namespaceName(key: string): string {
  return key === '' ? '(none)' : key
}

/** The first rows, and the others behind a line that unfolds them. */
export function folded(
  rows: readonly Html[],
  one: string,
  many: string,
  wrap: (rows: readonly Html[]) => Html,
  shown = ROWS_SHOWN
): Html {
  const rest = rows.slice(shown)
  if (rest.length === 0) return wrap(rows)
  const words = `${number(rest.length)} more ${rest.length === 1 ? one : many}`
  return html`${wrap(rows.slice(0, shown))}<details><summary>${words}</summary>
${wrap(rest)}</details>
`
}
