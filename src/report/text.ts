import { styleText } from 'node:util'
import { count, cut, wrap } from '../core/values/text.ts'
import { blocksOf } from './blocks.ts'
import { frameOf, gutterOf } from './code-frame.ts'
import type { FormatOptions } from './format.ts'
import type { FindingGroup, GroupedFinding } from './groups.ts'
import { notCheckedInWords } from './not-checked.ts'
import {
  countsOf,
  type InvolvedObject,
  LEVELS,
  type Level,
  type ReadProblem,
  type Report,
  type ReportedFinding,
  type ReportedObject,
  totalOf
} from './report.ts'
import { nameOfReported, pageOf, placeInWords, whatOf } from './sentences.ts'

type Style = Parameters<typeof styleText>[0]

const COLOUR_OF: Readonly<Record<Level, Style>> = { error: 'red', warning: 'yellow', note: 'cyan' }

/** A cluster may have thousands of Pods that get a repair one day; what is wrong must not drown in them. */
const MOST_QUIET = 20

/** Objects that are named where many have the same finding. */
const MOST_NAMED = 10

/** Where the second column begins: behind the longest level. */
const INDENT = 11

/** A frame that has less room than this says nothing. */
const NARROWEST_FRAME = 20

/**
 * For people, at a terminal and in the log of a CI run: by object, what is wrong and the remediation, what many objects
 * have in common once, and a line at the end.
 */
export function textReport(whole: Report, look: FormatOptions): string {
  const report = look.quiet ? withoutNotes(whole) : whole
  const page = new Page(look, report.version)
  let quiet = 0
  for (const block of blocksOf(report.objects)) {
    const isQuiet = block.findings.every(({ level }) => level === 'note')
    if (isQuiet && ++quiet > MOST_QUIET) continue
    if ('group' in block) page.group(block.group)
    else page.object(block.object, block.findings)
  }
  for (const problem of report.problems) page.problem(problem)
  const notes = [...report.notes]
  if (quiet > MOST_QUIET) {
    notes.push(`${count(quiet - MOST_QUIET, 'more object')} with only notes: -o json and -o html list them`)
  }
  // Or they would read as notes about the last object.
  if (page.text !== '' && notes.length > 0) page.line('')
  for (const note of notes) page.paragraph('note', 'note', note)
  if (look.quiet) return page.text
  if (report.objects.length + report.problems.length + report.notes.length > 0) page.line('')
  page.summary(report)
  return page.text
}

function withoutNotes(report: Report): Report {
  const objects = report.objects.map((object) => ({
    ...object,
    findings: object.findings.filter(({ level }) => level !== 'note')
  }))
  return { ...report, objects: objects.filter(({ findings }) => findings.length > 0), notes: [] }
}

class Page {
  text = ''
  readonly #look: FormatOptions
  readonly #version: string
  /** Policies whose page was named already. */
  readonly #linked = new Set<string>()
  /** The place of the last frame. */
  #framed: string | undefined

  constructor(look: FormatOptions, version: string) {
    this.#look = look
    this.#version = version
  }

  line(text: string): void {
    this.text += `${text}\n`
  }

  object(object: ReportedObject, findings: readonly ReportedFinding[]): void {
    const { location } = object
    const place = placeInWords(location)
    const template = location?.template === undefined ? '' : `, from ${location.template}`
    if (this.text !== '') this.line('')
    this.#beside(nameOfReported(object), place === undefined ? '' : `${place}${template}`, 0, 'bold')
    const worstFirst = LEVELS.flatMap((level) => findings.filter((finding) => finding.level === level))
    for (const finding of worstFirst) this.#finding(finding, [{ object, finding }])
  }

  group({ finding, found }: FindingGroup): void {
    this.#title(this.#style('bold', `${found.length} × ${finding.policy}`))
    this.#finding(finding, found)
  }

  #title(text: string): void {
    if (this.text !== '') this.line('')
    this.line(text)
  }

  /** @param found where it was found: one object, whose name stands above, or many */
  #finding(finding: ReportedFinding, found: readonly GroupedFinding[]): void {
    const { level, outcome, policy, caution, remediation, noDiff, involved = [] } = finding
    const what = found.length === 1 ? `${policy}: ${whatOf(finding)}` : whatOf(finding)
    this.paragraph(level, outcome === 'skipped' ? 'skipped' : level, what)
    if (found.length === 1) this.#detail('where', whereOf(found[0] as GroupedFinding))
    else this.#objects(found)
    // A repair needs no remediation, and an exemption has been found already.
    if (outcome !== 'patched' && outcome !== 'skipped') {
      if (level !== 'note') this.#frame(found[0])
      if (involved.length > 0 && found.length === 1) this.#detail('involved', involved.map(involvedInWords).join(', '))
      if (caution !== undefined) this.#detail('caution', caution)
      if (remediation !== undefined) this.#detail('fix', remediation)
    }
    if (noDiff !== undefined) this.#detail('no diff', noDiff)
    if (level !== 'note') this.#link(policy)
  }

  /** A name and its place, which stands below it where one line has no room for both. */
  #beside(name: string, place: string, indent: number, style?: Style): void {
    const [before, title] = [' '.repeat(indent), style === undefined ? name : this.#style(style, name)]
    const isOneLine = indent + name.length + 2 + place.length <= this.#look.width
    const between = isOneLine ? '  ' : `\n${before}  `
    this.line(place === '' ? before + title : `${before}${title}${between}${this.#style('dim', place)}`)
  }

  /** Each on a line of its own, which a terminal opens. */
  #objects(found: readonly GroupedFinding[]): void {
    const named = found.slice(0, MOST_NAMED)
    for (const { object, finding } of named) {
      this.#beside(nameOfReported(object), placeInWords(object.location, finding) ?? '', INDENT)
    }
    const more = found.length - named.length
    if (more > 0) this.#indented(`and ${count(more, 'more object')}: -o json and -o html list them`)
  }

  #frame(found: GroupedFinding | undefined): void {
    const lines = found === undefined ? [] : frameOf(found.finding)
    const place = found && placeInWords(found.object.location, found.finding)
    // Three findings about one container do not need it three times.
    if (place === this.#framed) return
    this.#framed = place
    for (const line of lines) {
      const gutter = gutterOf(line, lines)
      const text = cut(line.text, Math.max(NARROWEST_FRAME, this.#look.width - INDENT - gutter.length))
      this.#indented(this.#style(line.isMarked ? 'bold' : 'dim', `${gutter}${text}`.trimEnd()))
    }
  }

  #link(policy: string): void {
    if (this.#linked.has(policy)) return
    this.#linked.add(policy)
    this.#detail('docs', pageOf(policy, this.#version))
  }

  /** A word in the first column, and a text that stays in the second one. */
  paragraph(level: Level, word: string, text: string): void {
    const [first = '', ...rest] = wrapped(text, this.#look.width - INDENT)
    this.line(`  ${this.#style(COLOUR_OF[level], word.padEnd(INDENT - 2))}${first}`)
    for (const line of rest) this.#indented(line)
  }

  #detail(word: string, text: string): void {
    if (text === '') return
    const [first = '', ...rest] = wrapped(text, this.#look.width - INDENT, `${word}: `)
    this.#indented(first.replace(`${word}:`, this.#style('dim', `${word}:`)))
    for (const line of rest) this.#indented(line)
  }

  #indented(text: string): void {
    this.line(' '.repeat(INDENT) + text)
  }

  problem({ where, line, message }: ReadProblem): void {
    this.#title(this.#style('bold', line === undefined ? where : `${where}:${line}`))
    this.paragraph('error', 'unread', message)
  }

  summary(report: Report): void {
    const { error, warning, note } = countsOf(report)
    const counts = [count(error, 'error'), count(warning, 'warning'), count(note, 'note')].join(', ')
    const level: Level = error > 0 ? 'error' : warning > 0 ? 'warning' : 'note'
    this.line(
      `${count(report.checked, 'object')} checked in ${report.source}: ${this.#style(COLOUR_OF[level], counts)}${inBaseline(report)}`
    )
    const { notChecked } = report
    if (notChecked !== undefined) {
      const words = `Not checked, because no policy looks at them: ${notCheckedInWords(notChecked)}`
      for (const line of wrapped(words, this.#look.width)) this.line(line)
    }
    const failing = report.objects.filter(({ findings }) => findings.some((finding) => finding.failsNextUpgrade))
    if (failing.length > 0) {
      this.line(this.#style('yellow', `${count(failing.length, 'object')} will fail at the next upgrade of the chart`))
    }
    if (report.problems.length > 0) {
      this.line(this.#style('red', `Incomplete: ${count(report.problems.length, 'part')} could not be read`))
    }
  }

  #style(style: Style, text: string): string {
    return this.#look.colour ? styleText(style, text, { validateStream: false }) : text
  }
}

function inBaseline({ baseline }: Report): string {
  return baseline === undefined ? '' : `; ${totalOf(baseline)} more in the baseline`
}

function whereOf({ object, finding }: GroupedFinding): string {
  return [placeInWords(object.location, finding), finding.field].filter(Boolean).join(' ')
}

function involvedInWords(object: InvolvedObject): string {
  const place = placeInWords(object.location)
  return place === undefined ? nameOfReported(object) : `${nameOfReported(object)} (${place})`
}

/** Words, and commands in quotation marks, which have to stay in one piece to be copied. */
const PIECES = /"kubectl [^"]*"\S*|\S+/g

function wrapped(text: string, width: number, before = ''): string[] {
  return wrap(before + text, width, PIECES)
}
