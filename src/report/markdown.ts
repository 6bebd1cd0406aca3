import { fencedCode, inlineCode, markdownText } from '../core/values/markdown.ts'
import { count, cut } from '../core/values/text.ts'
import { frameOf, gutterOf } from './code-frame.ts'
import type { FormatOptions } from './format.ts'
import { type FindingGroup, type GroupedFinding, groupsOf } from './groups.ts'
import { countsOf, LEVELS, type Report, type ReportedFinding } from './report.ts'
import { nameOfReported, pageOf, placeInWords, whatOf } from './sentences.ts'

/** GitHub takes comments of 65,536 characters. The rest is for what an action may put around it. */
export const LONGEST_COMMENT = 65_000

/** What is at the most for the table, the plan and a list, so that there is room for the rest. */
const LONGEST_TABLE = 15_000
const LONGEST_PLAN = 30_000
const LONGEST_LIST = 10_000
/** What says that something is missing. */
const RESERVE = 1_000

/** Objects of one finding, problems and notes that are listed. */
const MOST_LISTED = 20
/** Characters of a message in the table, of one below it, and of a name. */
const LONGEST_ROW = 160
const LONGEST_TEXT = 2000
const LONGEST_NAME = 300

/** What the comment begins with, so that the next run finds it again. Nothing is shown of it. */
const MARKER = '<!-- holdfast -->'

/** A comment for a pull request: a line with the counts, a table, and behind each row what there is to know. */
export function markdownReport(report: Report, { upgradePlan }: FormatOptions): string {
  const groups = worstFirst(groupsOf(report.objects))
  const comment = new Comment()
  comment.add(MARKER)
  comment.add(`### Holdfast ${markdownText(report.command)}: ${countsInWords(report)}`)
  comment.add(summaryOf(report))
  if (report.problems.length > 0) comment.take(problemsOf(report))
  const rows = table(comment, groups, report.version)
  const hasPlan = upgradePlan !== undefined && upgradePlan.length <= LONGEST_PLAN
  if (hasPlan) comment.reserve(upgradePlan.length + RESERVE)
  const details = detailsOf(comment, groups, report.version)
  if (hasPlan) comment.take(folded('<b>How to get the refused upgrade through</b>', upgradePlan))
  comment.list('Notes', report.notes)
  const missing = [
    ...(rows < groups.length ? [`${count(groups.length - rows, 'finding')} not in the table`] : []),
    ...(details < groups.length ? [`details of ${count(groups.length - details, 'finding')}`] : []),
    ...(upgradePlan !== undefined && !hasPlan ? ['the plan of the upgrade (run holdfast explain-upgrade)'] : []),
    ...(comment.isNoteLeftOut ? ['notes'] : [])
  ]
  if (missing.length > 0) {
    comment.take(`Left out, because a comment on GitHub has a limit: ${missing.join('; ')}. The text report has all.`)
  }
  return `${comment.text}\n`
}

/** Blocks, as far as there is room. */
class Comment {
  text = ''
  isNoteLeftOut = false
  #reserved = RESERVE

  /** Room for what comes later. */
  reserve(characters: number): void {
    this.#reserved += characters
  }

  hasRoomFor(block: string): boolean {
    return this.text.length + block.length + 2 + this.#reserved <= LONGEST_COMMENT
  }

  add(block: string): boolean {
    if (!this.hasRoomFor(block)) return false
    this.take(block)
    return true
  }

  /** What has had its room reserved. */
  take(block: string): void {
    this.text += this.text === '' ? block : `\n\n${block}`
  }

  list(title: string, texts: readonly string[]): void {
    if (texts.length === 0) return
    this.isNoteLeftOut = !this.add(folded(`<b>${title}</b>`, bullets(texts)))
  }
}

function countsInWords(report: Report): string {
  const counts = countsOf(report)
  return LEVELS.map((level) => count(counts[level], level)).join(', ')
}

function summaryOf(report: Report): string {
  const failing = report.objects.filter(({ findings }) => findings.some((finding) => finding.failsNextUpgrade)).length
  const sentences = [
    `${count(report.checked, 'object')} checked in ${markdownText(cut(report.source, LONGEST_NAME))}.`,
    ...(failing > 0 ? [`**${count(failing, 'object')} will fail at the next upgrade of the chart.**`] : []),
    ...(report.problems.length > 0
      ? [`**Incomplete: ${count(report.problems.length, 'part')} could not be read.**`]
      : [])
  ]
  return sentences.join(' ')
}

function problemsOf({ problems }: Report): string {
  return bullets(
    problems.map(({ where, line, message }) => `${line === undefined ? where : `${where}:${line}`}: ${message}`)
  )
}

/** Escapes may take ten times the room of a text. */
function bullets(texts: readonly string[]): string {
  const listed: string[] = []
  let room = LONGEST_LIST
  for (const text of texts.slice(0, MOST_LISTED)) {
    const bullet = `- ${markdownText(cut(text, LONGEST_NAME))}`
    room -= bullet.length
    if (room > 0) listed.push(bullet)
  }
  const more = texts.length - listed.length
  return [...listed, ...(more > 0 ? [`- and ${more} more`] : [])].join('\n')
}

function worstFirst(groups: readonly FindingGroup[]): FindingGroup[] {
  return LEVELS.flatMap((level) => groups.filter(({ finding }) => finding.level === level))
}

/** Answers with the number of rows that had room. */
function table(comment: Comment, groups: readonly FindingGroup[], version: string): number {
  const lines = ['| | policy | finding | object |', '|---|---|---|---|']
  let [length, rows] = [0, 0]
  for (const group of groups) {
    const row = rowOf(group, version)
    length += row.length
    if (length > LONGEST_TABLE) break
    lines.push(row)
    rows++
  }
  if (rows > 0) comment.take(lines.join('\n'))
  return rows
}

function rowOf({ finding, found }: FindingGroup, version: string): string {
  const what = markdownText(cut(whatOf(finding), LONGEST_ROW))
  const objects = found.length === 1 ? cell(objectOf(found[0])) : count(found.length, 'object')
  return `| ${finding.level} | ${linkTo(finding, version)} | ${what} | ${objects} |`
}

/** A bar ends a cell even in code. */
function cell(code: string): string {
  return code.replaceAll('|', '\\|')
}

function objectOf({ object }: GroupedFinding): string {
  return inlineCode(cut(nameOfReported(object), LONGEST_NAME))
}

function linkTo({ policy }: ReportedFinding, version: string): string {
  // What is no name of a policy is no part of an address either.
  return /^[a-z-]+$/.test(policy) && /^[\w.+-]+$/.test(version)
    ? `[${policy}](${pageOf(policy, version)})`
    : markdownText(cut(policy, LONGEST_NAME))
}

/** Answers with the number of findings that had room. */
function detailsOf(comment: Comment, groups: readonly FindingGroup[], version: string): number {
  for (const [index, group] of groups.entries()) if (!comment.add(detailOf(group, version))) return index
  return groups.length
}

function detailOf(group: FindingGroup, version: string): string {
  const { finding, found } = group
  const { level, policy, caution, remediation, noDiff, changes = [], involved = [] } = finding
  const where = found.length === 1 ? htmlCode(nameOfReported(found[0].object)) : count(found.length, 'object')
  const blocks = [
    `${markdownText(cut(whatOf(finding), LONGEST_TEXT))}.`,
    placesOf(found),
    ...frameBlock(found[0].finding),
    ...(changes.length === 0 ? [] : [fencedCode('diff', diffOf(finding))]),
    ...(involved.length === 0
      ? []
      : [`Involved: ${involved.map((object) => inlineCode(nameOfReported(object))).join(', ')}`]),
    ...(caution === undefined ? [] : [`**Caution:** ${markdownText(cut(caution, LONGEST_TEXT))}.`]),
    ...(remediation === undefined ? [] : [`**Fix:** ${withCommands(cut(remediation, LONGEST_TEXT))}.`]),
    ...(noDiff === undefined ? [] : [`No diff: ${markdownText(noDiff)}.`]),
    `Policy: ${linkTo(finding, version)}`
  ]
  return folded(`<b>${level}</b> ${htmlCode(policy)} in ${where}`, blocks.join('\n\n'))
}

function placesOf(found: readonly GroupedFinding[]): string {
  const listed = found.slice(0, MOST_LISTED).map((one) => {
    const place = placeInWords(one.object.location, one.finding)
    return `- ${[objectOf(one), ...(place === undefined ? [] : [inlineCode(cut(place, LONGEST_NAME))])].join(' ')}`
  })
  const more = found.length - listed.length
  return [...listed, ...(more > 0 ? [`- and ${count(more, 'more object')}`] : [])].join('\n')
}

function frameBlock(finding: ReportedFinding): string[] {
  const lines = frameOf(finding)
  if (lines.length === 0) return []
  return [fencedCode('text', lines.map((line) => `${gutterOf(line, lines)}${line.text}`.trimEnd()).join('\n'))]
}

function diffOf({ changes = [] }: ReportedFinding): string {
  const lines = changes.flatMap(({ key, before, after }) => [
    ...(before === undefined ? [] : [`- ${key}: ${before}`]),
    ...(after === undefined ? [] : [`+ ${key}: ${after}`])
  ])
  return lines
    .slice(0, 2 * MOST_LISTED)
    .map((line) => cut(line, LONGEST_NAME))
    .join('\n')
}

/** Commands stand in quotation marks, and in code they can be copied. */
const COMMAND = /"(kubectl [^"]*)"/

function withCommands(remediation: string): string {
  return remediation
    .split(COMMAND)
    .map((part, index) => (index % 2 === 0 ? markdownText(part) : inlineCode(part)))
    .join('')
}

/** Below the blank line Markdown begins again. */
function folded(summary: string, content: string): string {
  return `<details><summary>${summary}</summary>\n\n${content.trim()}\n\n</details>`
}

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' }

/** A summary is HTML, where Markdown escapes nothing; in code nobody is notified. */
function htmlCode(text: string): string {
  return `<code>${cut(text, LONGEST_NAME).replace(/[&<>]/g, (character) => ENTITIES[character] as string)}</code>`
}
