import { type FindingGroup, groupsOf } from '../groups.ts'
import { LEVELS, type ReportedFinding } from '../report.ts'
import { pageOf } from '../sentences.ts'
import { diff } from './diff.ts'
import { type Figures, indexIn } from './figures.ts'
import { caution, findingItem, type ItemPage, LEVEL_NAMES, remediation } from './finding.ts'
import { type Html, html, NOTHING, raw } from './markup.ts'
import { folded } from './tables.ts'
import { number, OUTCOME_WORDS, several } from './words.ts'

/** Faults that are unfolded from the start, the worst; a reader of more wants to see what there is first. */
const MOST_OPEN = 5

/** Objects of a fault that are shown at once. */
const OBJECTS_SHOWN = 10

/** All findings by what they say: the worst faults first, and what is good to know behind a line that unfolds it. */
export function faultList(figures: Figures, version: string): Html {
  const groups = groupsOf(figures.entries.map(({ object, findings }) => ({ ...object, findings }))).sort(moreSerious)
  const loud = groups.filter(({ finding }) => finding.level !== 'note')
  const quiet = groups.filter(({ finding }) => finding.level === 'note')
  const page = { figures, version, policyAt: indexIn(figures.policies), namespaceAt: indexIn(figures.namespaces) }
  const toHtml = (group: FindingGroup, isOpen: boolean) => fault(group, page, isOpen)
  const shown = loud.map((group, index) => toHtml(group, index < MOST_OPEN))
  if (quiet.length === 0) return html`${shown}`
  const notes = quiet.map((group) => toHtml(group, false))
  // Where there is nothing else, it is what the reader came for.
  return html`${shown}<details id="quiet"${loud.length === 0 ? raw(' open') : NOTHING}><summary>${several(figures.counts.note, 'note')}: repaired, recorded or exempted</summary>
<div class="faults">
${notes}</div>
</details>
`
}

interface FaultPage extends ItemPage {
  readonly version: string
  /** The number of a policy among the filters. */
  policyAt(policy: string): number
}

function moreSerious(one: FindingGroup, other: FindingGroup): number {
  const byLevel = LEVELS.indexOf(one.finding.level) - LEVELS.indexOf(other.finding.level)
  const byUpgrade = Number(other.finding.failsNextUpgrade ?? false) - Number(one.finding.failsNextUpgrade ?? false)
  return byLevel || byUpgrade || other.found.length - one.found.length
}

function fault({ finding, found }: FindingGroup, page: FaultPage, isOpen: boolean): Html {
  const { level, policy, message, failsNextUpgrade, changes = [] } = finding
  const items = found.map((one, index) => findingItem(one, finding, page, index))
  const list = folded(items, 'object', 'objects', (some) => html`<ul>\n${some}</ul>\n`, OBJECTS_SHOWN)
  const times = found.length === 1 ? NOTHING : html`<span class="times">${number(found.length)} ×</span> `
  return html`<article class="${level}" data-policy="${page.policyAt(policy)}"${failsNextUpgrade ? raw(' data-upgrade') : NOTHING}>
<details${isOpen ? raw(' open') : NOTHING}>
<summary><b class="level">${LEVEL_NAMES[level]}</b><h3>${times}${message}</h3>${context(finding)}</summary>
<div class="body">
${diff(changes)}${caution(finding)}${remediation(finding)}${list}<p class="how"><a href="${pageOf(encodeURIComponent(policy), encodeURIComponent(page.version))}" rel="noreferrer">About this policy</a></p>
</div>
</details>
</article>
`
}

function context({ policy, mode, outcome, failsNextUpgrade }: ReportedFinding): Html {
  const next = failsNextUpgrade ? html`<b class="next">Fails at the next upgrade</b> ` : NOTHING
  return html`<span class="how">${next}<b>${policy}</b> <span>${mode}: ${OUTCOME_WORDS[outcome]}</span></span>`
}
