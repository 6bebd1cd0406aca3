import { styleText } from 'node:util'
import { count, wrap } from '../core/values/text.ts'
import type { FormatOptions } from './format.ts'
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
import { nameOfReported, whatOf } from './sentences.ts'

type Style = Parameters<typeof styleText>[0]

const COLOUR_OF: Readonly<Record<Level, Style>> = { error: 'red', warning: 'yellow', note: 'cyan' }

/** A cluster may have thousands of Pods that get a repair one day; what is wrong must not drown in them. */
const MOST_QUIET = 20

/** Where the second column begins: behind the longest level. */
const INDENT = 11

/** For people, at a terminal and in the log of a CI run: by object, what is wrong and the remediation, and a line at the end. */
export function textReport(whole: Report, look: FormatOptions): string {
  const report = look.quiet ? withoutNotes(whole) : whole
  const page = new Page(look)
  let quiet = 0
  for (const object of report.objects) {
    const isQuiet = object.findings.every(({ level }) => level === 'note')
    if (!isQuiet || ++quiet <= MOST_QUIET) page.object(object)
  }
  for (const problem of report.problems) page.problem(problem)
  for (const note of report.notes) page.paragraph('note', 'note', note)
  if (quiet > MOST_QUIET) {
    const more = `${count(quiet - MOST_QUIET, 'more object')} with only notes: -o json and -o html list them`
    page.paragraph('note', 'note', more)
  }
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

  constructor(look: FormatOptions) {
    this.#look = look
  }

  line(text: string): void {
    this.text += `${text}\n`
  }

  object(object: ReportedObject): void {
    const { location, findings } = object
    if (this.text !== '') this.line('')
    const title = this.#style('bold', nameOfReported(object))
    const template = location?.template === undefined ? '' : `, from ${location.template}`
    this.line(
      location === undefined ? title : `${title}  ${this.#style('dim', `${location.file}:${location.line}${template}`)}`
    )
    const worstFirst = LEVELS.flatMap((level) => findings.filter((finding) => finding.level === level))
    for (const finding of worstFirst) this.#finding(finding)
  }

  #finding(finding: ReportedFinding): void {
    const { level, outcome, policy, field, line, caution, remediation, involved = [] } = finding
    const where = line === undefined ? field : `${field}, line ${line}`
    this.paragraph(level, outcome === 'skipped' ? 'skipped' : level, `${policy}: ${whatOf(finding)}`)
    // A repair needs no remediation, and an exemption has been found already.
    if (outcome === 'patched' || outcome === 'skipped') return
    this.#detail('where', where)
    if (involved.length > 0) this.#detail('involved', involved.map(involvedInWords).join(', '))
    if (caution !== undefined) this.#detail('careful', caution)
    if (remediation !== undefined) this.#detail('fix', remediation)
  }

  /** A word in the first column, and a text that stays in the second one. */
  paragraph(level: Level, word: string, text: string): void {
    const [first = '', ...rest] = wrapped(text, this.#look.width - INDENT)
    this.line(`  ${this.#style(COLOUR_OF[level], word.padEnd(INDENT - 2))}${first}`)
    for (const line of rest) this.line(' '.repeat(INDENT) + line)
  }

  #detail(word: string, text: string): void {
    if (text === '') return
    const [first = '', ...rest] = wrapped(`${word}: ${text}`, this.#look.width - INDENT)
    this.line(' '.repeat(INDENT) + first.replace(`${word}:`, this.#style('dim', `${word}:`)))
    for (const line of rest) this.line(' '.repeat(INDENT) + line)
  }

  problem({ where, line, message }: ReadProblem): void {
    if (this.text !== '') this.line('')
    this.line(this.#style('bold', line === undefined ? where : `${where}:${line}`))
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

function involvedInWords(object: InvolvedObject): string {
  const { location } = object
  return location === undefined
    ? nameOfReported(object)
    : `${nameOfReported(object)} (${location.file}:${location.line})`
}

/** Words, and commands in quotation marks, which have to stay in one piece to be copied. */
const PIECES = /"kubectl [^"]*"\S*|\S+/g

function wrapped(text: string, width: number): string[] {
  return wrap(text, width, PIECES)
}
