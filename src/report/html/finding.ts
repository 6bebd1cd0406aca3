import type { InvolvedObject, Level, ReportedFinding } from '../report.ts'
import { nameOfReported } from '../sentences.ts'
import { diff } from './diff.ts'
import { type Html, html, NOTHING, raw } from './markup.ts'
import { OUTCOME_WORDS } from './words.ts'

const LEVEL_NAMES: Readonly<Record<Level, string>> = { error: 'Error', warning: 'Warning', note: 'Note' }

/** @param policy the number of its policy among the filters */
export function findingItem(finding: ReportedFinding, policy: number): Html {
  const { level, message, failsNextUpgrade, changes = [] } = finding
  const upgrade = failsNextUpgrade ? raw(' data-upgrade') : NOTHING
  return html`<li class="finding ${level}" data-policy="${policy}"${upgrade}>
<p class="what"><b class="level">${LEVEL_NAMES[level]}</b> ${message}</p>
${context(finding)}${involved(finding)}${diff(changes)}${caution(finding)}${wayOut(finding)}</li>
`
}

function context({ policy, field, line, mode, outcome, failsNextUpgrade }: ReportedFinding): Html {
  const next = failsNextUpgrade ? html`<b class="next">Fails at the next upgrade</b> ` : NOTHING
  const where = field === '' ? NOTHING : html` <code>${field}</code>`
  const at = line === undefined ? NOTHING : html` <span>line ${line}</span>`
  return html`<p class="how">${next}<b>${policy}</b> <span>${mode}: ${OUTCOME_WORDS[outcome]}</span>${where}${at}</p>\n`
}

function involved({ involved = [] }: ReportedFinding): Html {
  if (involved.length === 0) return NOTHING
  const objects = involved.map((object) => html` <span>${nameOfReported(object)}${place(object)}</span>`)
  return html`<p class="how">Involved:${objects}</p>\n`
}

function place({ location }: InvolvedObject): Html {
  if (location === undefined) return NOTHING
  return html` <code>${location.file === '-' ? 'standard input' : location.file}:${location.line}</code>`
}

function caution({ caution }: ReportedFinding): Html {
  return caution === undefined ? NOTHING : html`<p class="careful"><b>Careful:</b> ${caution}</p>\n`
}

function wayOut({ remediation }: ReportedFinding): Html {
  return remediation === undefined ? NOTHING : html`<p class="way"><b>Fix:</b> ${withCommands(remediation)}</p>\n`
}

/** A remediation may have commands in it, in quotation marks. */
const COMMAND = /"(kubectl [^"]*)"/

/** Commands stand apart, ready to be copied. The quotation marks are no part of them. */
export function withCommands(remediation: string): readonly Html[] {
  return remediation
    .split(COMMAND)
    .map((part, index) =>
      index % 2 === 0
        ? html`${part}`
        : html`<span class="command"><code>${words(part)}</code><button>Copy</button></span>`
    )
}

/** A line of it ends between two words, and not behind the dashes of a flag. */
function words(command: string): readonly Html[] {
  return command.split(' ').map((word, index) => html`${index === 0 ? '' : ' '}<span>${word}</span>`)
}
