import { styleText } from 'node:util'
import { count, oneLine, wrap } from '../core/values/text.ts'
import { pageAt } from '../documentation.ts'
import {
  type CheckState,
  type DoctorCheck,
  type DoctorFinding,
  type DoctorReport,
  findingCounts,
  levelOf,
  stateOf
} from './finding.ts'

export interface DoctorTextOptions {
  readonly colour: boolean
  /** Columns. */
  readonly width: number
}

type Style = Parameters<typeof styleText>[0]

const SIGNS: Readonly<Record<CheckState, readonly [sign: string, style: Style]>> = {
  ok: ['ok', 'green'],
  error: ['✗', 'red'],
  warning: ['!', 'yellow'],
  unknown: ['?', 'magenta']
}

const SIGN_WIDTH = 4
const DETAIL = ' '.repeat(SIGN_WIDTH + 2)

/** For people: a line for each check, and below those that are not ok what is wrong and what to do. */
export function doctorText(report: DoctorReport, options: DoctorTextOptions): string {
  const { cluster, namespace, mode, checks } = report
  const longest = Math.max(...checks.map(({ id }) => id.length))
  const lines = [
    ...wrap(`Holdfast in the namespace ${namespace} of ${oneLine(cluster)}, mode ${mode}`, options.width),
    '',
    ...checks.flatMap((check) => linesOf(check, longest, options)),
    '',
    ...wrap(conclusion(report), options.width)
  ]
  return `${lines.join('\n')}\n`
}

function linesOf(check: DoctorCheck, longest: number, { colour, width }: DoctorTextOptions): string[] {
  const state = stateOf(check)
  const [sign, style] = SIGNS[state]
  const paint = (text: string): string => (colour ? styleText(style, text, { validateStream: false }) : text)
  const head = `${paint(sign.padEnd(SIGN_WIDTH))}${check.id.padEnd(longest)}  `
  const room = Math.max(20, width - SIGN_WIDTH - longest - 2)
  const indent = ' '.repeat(SIGN_WIDTH + longest + 2)
  const [first = '', ...rest] = wrap(oneLine(state === 'ok' ? check.summary : worstOf(check)), room)
  return [
    `${head}${first}`.trimEnd(),
    ...rest.map((line) => `${indent}${line}`),
    ...check.findings.flatMap((finding) => detail(finding, width))
  ]
}

/** What the line of a check says that is not ok: how much there is to read below. */
function worstOf({ findings }: DoctorCheck): string {
  const levels = Map.groupBy(findings, levelOf)
  const words = (['error', 'warning', 'unknown'] as const).flatMap((level) => {
    const number = levels.get(level)?.length ?? 0
    return number === 0 ? [] : [level === 'unknown' ? `${number} not known` : count(number, level)]
  })
  return words.join(', ')
}

/** Commands in quotation marks have to stay in one piece to be copied. */
const PIECES = /"(?:kubectl|helm|holdfast) [^\n]*?"(?=[\s,;.)]|$)\S*|\S+/g

function detail(finding: DoctorFinding, width: number): string[] {
  const room = Math.max(20, width - DETAIL.length)
  const text = `${finding.code}: ${oneLine(finding.message)}.`
  const fix = finding.fix === '' ? [] : wrap(`Fix: ${oneLine(finding.fix)}.`, room, PIECES)
  return [...wrap(text, room), ...fix].map((line) => `${DETAIL}${line}`)
}

function conclusion(report: DoctorReport): string {
  const { error, warning, unknown } = findingCounts(report)
  if (error + warning + unknown === 0) return 'All is well.'
  const found = `${count(error, 'error')}, ${count(warning, 'warning')}, ${unknown} not known.`
  const page = `${pageAt('docs/doctor.md')} describes each code.`
  if (error + warning > 0) return `${found} ${page}`
  return `Nothing wrong was found, but not everything could be seen: ${found} ${page}`
}
