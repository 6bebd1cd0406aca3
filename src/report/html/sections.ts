import { cut } from '../../core/values/text.ts'
import type { ReadProblem, Report } from '../report.ts'
import { faultList } from './faults.ts'
import type { Entry, Figures } from './figures.ts'
import { filters } from './filters.ts'
import { withCommands } from './finding.ts'
import { type Html, html, NOTHING } from './markup.ts'
import { linkTo } from './objects.ts'
import { folded } from './tables.ts'
import { isIncomplete, number, several } from './words.ts'

const PROBLEMS_SHOWN = 5
const CAUSES_SHOWN = 4

/** All of it stands with its object. */
const BRIEF = 400

/** Past all that is clickable above the findings, for those who go from one such thing to the next. */
export function skipLink({ total }: Figures): Html {
  return total === 0 ? NOTHING : html`<a class="skip" href="#findings-title">Skip to the findings</a>\n`
}

/** Says first of all that something is missing: a reader who misses it takes the rest for the whole. */
export function incomplete(report: Report, figures: Figures): Html {
  if (!isIncomplete(report, figures)) return NOTHING
  const rows = [...report.problems.map(problemItem), ...figures.crashed.map(crashItem)]
  return html`<section class="incomplete" aria-label="What is missing">
<div class="wide">
<p><strong>This report is incomplete.</strong> ${rows.length === 1 ? 'This' : 'These'} could not be read or checked. Everything else was.</p>
${folded(rows, 'problem', 'problems', (some) => html`<ul>\n${some}</ul>\n`, PROBLEMS_SHOWN)}</div>
</section>
`
}

/** The message ends with the code, which is for those who look for it. */
function problemItem({ where, line, code, message }: ReadProblem): Html {
  const at = line === undefined ? where : `${where}:${line}`
  const end = ` [${code}]`
  const sentence = message.endsWith(end) ? message.slice(0, -end.length) : message
  return html`<li><code>${at}</code> ${sentence} <small>${code}</small></li>\n`
}

function crashItem(entry: Entry): Html {
  const policies = entry.findings.filter(({ outcome }) => outcome === 'crashed').map(({ policy }) => policy)
  return html`<li>${linkTo(entry)} was not checked by ${policies.join(', ')}, which crashed on it</li>\n`
}

/** What runs well today and is refused one day: the part of a scan that is worth the most. */
export function nextUpgrade({ failing }: Figures): Html {
  if (failing.length === 0) return NOTHING
  const isOne = failing.length === 1
  return html`<section class="upgrade" aria-labelledby="upgrade-title">
<h2 id="upgrade-title">${several(failing.length, 'object')} will fail at ${isOne ? 'its' : 'their'} next upgrade</h2>
<p>${isOne ? 'It keeps running' : 'They keep running'} until an update changes the fields below, and that update is refused.</p>
${folded(causes(failing), 'cause', 'causes', (some) => html`<ul>\n${some}</ul>\n`, CAUSES_SHOWN)}</section>
`
}

/** One chart makes many objects fail for one reason, which is said once. */
function causes(failing: readonly Entry[]): readonly Html[] {
  const all = failing.flatMap((entry) =>
    entry.findings.filter(({ failsNextUpgrade }) => failsNextUpgrade).map((finding) => ({ entry, finding }))
  )
  return [...Map.groupBy(all, ({ finding }) => `${finding.message}\n${finding.remediation ?? ''}`).values()].map(
    (same) => {
      const { message = '', remediation = '' } = same[0]?.finding ?? {}
      const way = remediation === '' ? NOTHING : html`<p class="way"><b>Fix:</b> ${withCommands(remediation)}</p>\n`
      const links = same.map(({ entry }) => html`<li>${linkTo(entry)}</li>\n`)
      return html`<li><p><b>${cut(message, BRIEF)}</b></p>
${way}${folded(links, 'object', 'objects', (some) => html`<ul class="objects">\n${some}</ul>\n`)}</li>
`
    }
  )
}

/** All findings, below what chooses among them. */
export function findings({ version }: Report, figures: Figures): Html {
  const { total, entries } = figures
  if (total === 0) return NOTHING
  return html`<section id="findings" aria-labelledby="findings-title">
<div class="tools">
<h2 id="findings-title" tabindex="-1">Findings</h2>
${filters(figures)}
<p class="status"><span id="count" role="status">${several(total, 'finding')} in ${several(entries.length, 'object')}</span> <button id="clear" hidden>Clear filters</button></p>
</div>
<div id="empty" hidden>
<p><b>No finding fits all of these filters.</b></p>
<p>Without them there ${total === 1 ? 'is' : 'are'} ${number(total)}.</p>
<button>Clear filters</button>
</div>
<div class="faults">
${faultList(figures, version)}</div>
</section>
`
}

export function remarks({ notes }: Report): Html {
  if (notes.length === 0) return NOTHING
  return html`<section class="remarks" aria-labelledby="remarks">
<h2 id="remarks">Remarks</h2>
<ul>
${notes.map((note) => html`<li>${note}</li>\n`)}</ul>
</section>
`
}
