import { count, cut } from '../core/values/text.ts'
import { type GroupedFinding, groupsOf } from './groups.ts'
import { countsOf, LEVELS, type Level, type ReadProblem, type Report } from './report.ts'
import { nameOfReported, pageOf, sentencesOf } from './sentences.ts'

/** GitHub shows so many annotations of each type that a step writes, and drops the others without a word. */
export const MOST_OF_A_TYPE = 10

/** Of a message, in characters. GitHub takes 64 KB, and shows some lines. */
const LONGEST_MESSAGE = 4000
const LONGEST_TITLE = 200

type Command = 'error' | 'warning' | 'notice'

const COMMAND_OF: Readonly<Record<Level, Command>> = { error: 'error', warning: 'warning', note: 'notice' }

interface Annotation {
  readonly command: Command
  readonly title: string
  readonly message: string
  readonly file?: string | undefined
  readonly line?: number | undefined
  readonly column?: number | undefined
}

/** Workflow commands that GitHub Actions shows at the lines of a pull request, and a last line for the log. */
export function githubReport(report: Report): string {
  const all = [...report.problems.map(problemAnnotation), ...findingAnnotations(report)]
  const byCommand = Map.groupBy(all, ({ command }) => command)
  const isFull = [...byCommand.values()].some(({ length }) => length > MOST_OF_A_TYPE)
  const lines: string[] = []
  const leftOut: string[] = []
  for (const level of LEVELS) {
    const annotations = byCommand.get(COMMAND_OF[level]) ?? []
    // Where something is left out, the last notice says so.
    const room = isFull && level === 'note' ? MOST_OF_A_TYPE - 1 : MOST_OF_A_TYPE
    lines.push(...annotations.slice(0, room).map(commandLine))
    if (annotations.length > room) leftOut.push(count(annotations.length - room, `more ${level}`))
  }
  if (isFull) lines.push(commandLine(leftOutAnnotation(leftOut)))
  return `${[...lines, summaryOf(report)].join('\n')}\n`
}

function leftOutAnnotation(parts: readonly string[]): Annotation {
  const message = `${parts.join(', ')} without an annotation: GitHub shows ${MOST_OF_A_TYPE} of each type for a step. The text report lists them.`
  return { command: 'notice', title: 'holdfast: not all findings are shown', message }
}

function problemAnnotation({ where, line, message }: ReadProblem): Annotation {
  // What a cluster did not tell is in no file.
  const place = line === undefined ? {} : { file: where, line }
  return { command: 'error', title: 'holdfast: could not be read', message: `${where}: ${message}`, ...place }
}

/** Of each fault first one, then what repeats it: none hides behind another one that stands in ten files. */
function findingAnnotations({ objects, version }: Report): Annotation[] {
  const groups = groupsOf(objects)
  const first = groups.map(({ found }) => annotationOf(found[0], version, found.length - 1))
  const others = groups.flatMap(({ found }) => found.slice(1).map((one) => annotationOf(one, version, 0)))
  return [...first, ...others]
}

function annotationOf({ object, finding }: GroupedFinding, version: string, others: number): Annotation {
  const { location } = object
  const { policy, level, line, column } = finding
  const more = others === 0 ? [] : [`${count(others, 'more object')} with the same finding.`]
  return {
    command: COMMAND_OF[level],
    title: `${policy}: ${nameOfReported(object)}`,
    message: [sentencesOf(finding), ...more, pageOf(policy, version)].join('\n'),
    // Standard input is no file of the repository.
    ...(location !== undefined &&
      location.file !== '-' && {
        file: location.file,
        line: line ?? location.line,
        column: line === undefined ? location.column : column
      })
  }
}

function commandLine({ command, title, message, file, line, column }: Annotation): string {
  const properties = [
    ...(file === undefined ? [] : [`file=${property(pathOf(file))}`]),
    ...(line === undefined ? [] : [`line=${line}`]),
    ...(column === undefined ? [] : [`col=${column}`]),
    `title=${property(cut(title, LONGEST_TITLE))}`
  ]
  return `::${command} ${properties.join(',')}::${data(cut(message, LONGEST_MESSAGE))}`
}

/** As it is called from the root of the repository, where GitHub looks for it. */
function pathOf(file: string): string {
  return file.replaceAll('\\', '/').replace(/^(?:\.\/+)+/, '')
}

/** https://github.com/actions/toolkit, command.ts: what ends a message or a property. */
function data(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A')
}

function property(text: string): string {
  return data(text).replaceAll(':', '%3A').replaceAll(',', '%2C')
}

function summaryOf(report: Report): string {
  const { error, warning, note } = countsOf(report)
  const counts = [count(error, 'error'), count(warning, 'warning'), count(note, 'note')].join(', ')
  return `${count(report.checked, 'object')} checked in ${report.source}: ${counts}`
}
