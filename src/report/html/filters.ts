import { LEVELS } from '../report.ts'
import type { Figures, Tally } from './figures.ts'
import { type Html, html, NOTHING, raw } from './markup.ts'
import { namespaceName } from './tables.ts'
import { number, several } from './words.ts'

/** What chooses among the findings. The script unhides it, since nothing of it works without one. */
export function filters({ counts, policies, namespaces, failing }: Figures): Html {
  const chips = LEVELS.filter((level) => counts[level] > 0).map((level) =>
    chip(level, html`name="level" value="${level}"`, several(counts[level], level))
  )
  const upgrades = policies.reduce((sum, tally) => sum + tally.failing, 0)
  const next =
    failing.length === 0 ? NOTHING : chip('next', raw('id="upgrade"'), `${number(upgrades)} at the next upgrade`)
  return html`<div id="filters" role="search" aria-label="Filter the findings" hidden>
<label class="search">Search <input id="q" type="search" autocomplete="off" spellcheck="false" placeholder="name, field, words"></label>
${choice('policy', 'Policy', 'All policies', policies, (key) => key)}
${choice('namespace', 'Namespace', 'All namespaces', namespaces, namespaceName)}
<fieldset><legend>Show only</legend>${chips}${next}</fieldset>
</div>`
}

function chip(style: string, attributes: Html, words: string): Html {
  return html`<label class="chip ${style}"><input type="checkbox" autocomplete="off" ${attributes}> ${words}</label>\n`
}

function choice(
  id: string,
  label: string,
  all: string,
  tallies: readonly Tally[],
  nameOf: (key: string) => string
): Html {
  const options = tallies.map(
    ({ key, total }) => html`<option value="${key}">${nameOf(key)} (${number(total)})</option>\n`
  )
  return html`<label>${label} <select id="${id}" autocomplete="off">
<option>${all}</option>
${options}</select></label>`
}
