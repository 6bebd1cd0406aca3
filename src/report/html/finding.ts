import { frameOf, gutterOf } from '../code-frame.ts'
import type { GroupedFinding } from '../groups.ts'
import type { InvolvedObject, Level, ReportedFinding } from '../report.ts'
import { nameOfReported, placeInWords } from '../sentences.ts'
import type { Figures } from './figures.ts'
import { type Html, html, NOTHING } from './markup.ts'
import { fullName } from './objects.ts'

export const LEVEL_NAMES: Readonly<Record<Level, string>> = { error: 'Error', warning: 'Warning', note: 'Note' }

/** Excerpts of one fault: the second shows nothing that the first did not. */
const FRAMES_SHOWN = 1

/** What an object of a fault has to know of the page. */
export interface ItemPage {
  readonly figures: Figures
  /** The number of a namespace among the filters. */
  namespaceAt(namespace: string): number
}

/**
 * One object of a fault.
 *
 * @param general what stands above all objects of the fault
 * @param index among these objects
 */
export function findingItem(
  { object, finding }: GroupedFinding,
  general: ReportedFinding,
  page: ItemPage,
  index: number
): Html {
  const { remediation } = finding
  const anchor = page.figures.anchors.get(finding)
  const id = anchor === undefined ? NOTHING : html` id="${anchor}"`
  const own = remediation === undefined || remediation === general.remediation ? NOTHING : commandsIn(remediation)
  const frame = index < FRAMES_SHOWN ? codeFrame(finding) : NOTHING
  return html`<li class="finding"${id} data-namespace="${page.namespaceAt(object.namespace)}">
<p class="object"><span>${fullName(object)}</span> ${place({ object, finding })}</p>
${frame}${involved(finding)}${own}</li>
`
}

function place({ object, finding }: GroupedFinding): Html {
  const { operation, location } = object
  const at = placeInWords(location, finding)
  const parts = [
    ...(operation === 'UPDATE' ? [html` <span>update</span>`] : []),
    ...(at === undefined ? [] : [html` <code>${breakable(at)}</code>`]),
    ...(finding.field === '' ? [] : [html` <code class="field">${breakable(finding.field)}</code>`]),
    ...(location?.template === undefined ? [] : [html` <span>from <code>${location.template}</code></span>`])
  ]
  return parts.length === 0 ? NOTHING : html`<span class="origin">${parts}</span>`
}

/** On a phone a line ends behind a dot or a slash, rather than within a word. */
function breakable(text: string): readonly Html[] {
  return text.split(/(?<=[./])/).map((part, index) => (index === 0 ? html`${part}` : html`<wbr>${part}`))
}

function codeFrame(finding: ReportedFinding): Html {
  const lines = frameOf(finding)
  if (lines.length === 0) return NOTHING
  const rows = lines.map((line) => {
    const text = `${gutterOf(line, lines)}${line.text}`.trimEnd()
    return line.isMarked ? html`<b>${text}</b>\n` : html`${text}\n`
  })
  return html`<pre class="frame"><code>${rows}</code></pre>\n`
}

function involved({ involved = [] }: ReportedFinding): Html {
  if (involved.length === 0) return NOTHING
  const objects = involved.map((object) => html` <span>${nameOfReported(object)}${placeOfInvolved(object)}</span>`)
  return html`<p class="how">Involved:${objects}</p>\n`
}

function placeOfInvolved({ location }: InvolvedObject): Html {
  const at = placeInWords(location)
  return at === undefined ? NOTHING : html` <code>${at}</code>`
}

export function caution({ caution }: ReportedFinding): Html {
  return caution === undefined ? NOTHING : html`<p class="careful"><b>Caution:</b> ${caution}</p>\n`
}

export function remediation({ remediation, noDiff }: ReportedFinding): Html {
  const way = remediation === undefined ? NOTHING : html`<p class="way"><b>Fix:</b> ${withCommands(remediation)}</p>\n`
  return noDiff === undefined ? way : html`${way}<p class="how">No diff: ${noDiff}</p>\n`
}

/** A remediation may have commands in it, in quotation marks. */
const COMMAND = /"(kubectl [^"]*)"/

/** Commands stand apart, ready to be copied. The quotation marks are no part of them. */
export function withCommands(remediation: string): readonly Html[] {
  return remediation.split(COMMAND).map((part, index) => (index % 2 === 0 ? html`${part}` : command(part)))
}

/** Those of one object, where what stands above has placeholders. */
function commandsIn(remediation: string): Html {
  return html`${remediation.split(COMMAND).flatMap((part, index) => (index % 2 === 0 ? [] : [command(part)]))}\n`
}

function command(part: string): Html {
  return html`<span class="command"><code>${words(part)}</code><button>Copy</button></span>`
}

/** A line of it ends between two words, and not behind the dashes of a flag. */
function words(command: string): readonly Html[] {
  return command.split(' ').map((word, index) => html`${index === 0 ? '' : ' '}<span>${word}</span>`)
}
