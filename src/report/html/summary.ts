import type { Report } from '../report.ts'
import { stackedBar } from './bar.ts'
import type { Figures } from './figures.ts'
import { type Filter, filterLink } from './links.ts'
import { KELP, MARK, TICK } from './mark.ts'
import { type Html, html, NOTHING } from './markup.ts'
import { explanation, headline, isClean, number, several, timeInWords } from './words.ts'

/** What is seen first: whose report this is, its answer, and the numbers behind it. */
export function masthead(report: Report, figures: Figures): Html {
  const why = explanation(report, figures)
  const sentence = why === '' ? NOTHING : html`<p class="why">${why}</p>\n`
  return html`<header>
<div class="wide">
<div class="answer">
${KELP}
<p class="brand">${MARK}<b>Holdfast</b> <span>${report.command}</span></p>
<h1>${isClean(report, figures) ? TICK : NOTHING}${headline(report, figures)}</h1>
${sentence}<p class="source">${report.source} · <time datetime="${report.createdAt}">${timeInWords(report.createdAt)}</time></p>
</div>
${report.checked > 0 ? numbers(report, figures) : NOTHING}</div>
</header>
`
}

function numbers(report: Report, figures: Figures): Html {
  const { counts, crashed, entries } = figures
  const found = entries.length === 0 ? 'nothing found in any' : `${number(entries.length)} with findings`
  const refused = crashed.length > 0 ? 'refused or not checked' : 'rejected in enforce mode'
  const tiles = [
    tile('', report.checked, plural(report.checked, 'object checked', 'objects checked'), found),
    tile('error', counts.error, plural(counts.error, 'error', 'errors'), refused, { level: 'error' }),
    tile('warning', counts.warning, plural(counts.warning, 'warning', 'warnings'), 'admitted with a warning', {
      level: 'warning'
    }),
    lastTile(report, figures)
  ]
  return html`<ul class="tiles">
${tiles}</ul>
${objectRibbon(report, figures)}`
}

/** A check has compared the upgrade itself: that no other one will fail would read as if this one did not. */
function lastTile({ command }: Report, { counts, failing }: Figures): Html {
  if (command === 'check' && failing.length === 0) {
    return tile('', counts.note, plural(counts.note, 'note', 'notes'), 'repaired or recorded', { level: 'note' })
  }
  const fail = plural(failing.length, 'fails at its next upgrade', 'fail at their next upgrade')
  return tile('next', failing.length, fail, 'at the next upgrade', { upgrade: '1' })
}

function plural(value: number, one: string, many: string): string {
  return value === 1 ? one : many
}

function tile(style: string, value: number, noun: string, hint: string, filter?: Filter): Html {
  const words = html`<strong>${number(value)}</strong> <span>${noun}</span>`
  if (value === 0) return html`<li class="zero">${words}</li>\n`
  const content = html`${words} <small>${hint}</small>`
  const inside = filter === undefined ? content : filterLink(filter, content)
  return html`<li class="${style}">${inside}</li>\n`
}

/** How many of the objects are well. */
function objectRibbon({ checked }: Report, { worst, clean }: Figures): Html {
  const parts = [
    ['error', worst.error, 'with errors'],
    ['warning', worst.warning, 'with warnings'],
    ['note', worst.note, 'with notes only'],
    ['clean', clean, 'without findings']
  ] as const
  const whole = parts.reduce((sum, [, value]) => sum + value, 0)
  const legend = parts
    .filter(([, value]) => value > 0)
    .map(([style, value, words]) => html`<li class="${style}">${number(value)} ${words}</li>\n`)
  return html`<figure class="ribbon">
${stackedBar(
  parts.map(([style, value]) => [style, value]),
  whole
)}
<figcaption>Of ${several(checked, 'object')}: <ul class="legend">${legend}</ul></figcaption>
</figure>
`
}
