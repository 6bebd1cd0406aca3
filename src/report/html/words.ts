import { count } from '../../core/values/text.ts'
import type { Report, ReportedFinding } from '../report.ts'
import type { Figures } from './figures.ts'

/** What the page says of itself, in sentences. */

const THOUSANDS = new Intl.NumberFormat('en')

/** "10,000". */
export function number(value: number): string {
  return THOUSANDS.format(value)
}

/** "1 error", "10,000 errors". */
export function several(value: number, noun: string): string {
  return count(value, noun).replace(String(value), number(value))
}

export function isIncomplete({ problems }: Report, { crashed }: Figures): boolean {
  return problems.length > 0 || crashed.length > 0
}

/** Everything was read and checked, and there is nothing to say. */
export function isClean(report: Report, figures: Figures): boolean {
  return report.checked > 0 && figures.total === 0 && !isIncomplete(report, figures)
}

/** The answer to what a reader came for. */
export function headline(report: Report, figures: Figures): string {
  const { refused, failing, crashed, counts, worst, total } = figures
  const of = `of ${several(report.checked, 'object')}`
  if (refused.length > 0) return report.checked === 1 ? ONE_REFUSED : `${number(refused.length)} ${of} would be refused`
  if (crashed.length > 0) return `Policies crashed on ${number(crashed.length)} ${of}`
  if (failing.length > 0) return `${number(failing.length)} ${of} will fail at the next upgrade`
  if (counts.warning > 0) return `Nothing refused; ${number(worst.warning)} ${of} with warnings`
  if (total > 0) return 'Nothing refused, no warnings'
  if (isIncomplete(report, figures)) return 'Nothing found in what could be read'
  if (report.checked === 0) return 'No object was checked'
  return `No findings in ${several(report.checked, 'object')}`
}

const ONE_REFUSED = 'The one object checked would be refused'

/** One sentence below the headline, where the headline alone would leave a question. */
export function explanation(report: Report, figures: Figures): string {
  if (figures.total > 0) return ''
  if (isIncomplete(report, figures)) return 'What could not be read is listed above.'
  if (report.checked === 0) return 'No policy applies to any of the objects.'
  return 'No policy found anything.'
}

export const OUTCOME_WORDS: Readonly<Record<ReportedFinding['outcome'], string>> = {
  denied: 'refused',
  patched: 'repaired on admission',
  warned: 'admitted with a warning',
  audited: 'only recorded',
  skipped: 'exempted by annotation or exemption',
  crashed: 'could not be checked'
}

/** "2026-03-01 09:12 UTC"; what is no such time is left as it is. */
export function timeInWords(createdAt: string): string {
  const match = /^(\d{4}-\d\d-\d\d)T(\d\d:\d\d)[\d:.]*Z$/.exec(createdAt)
  return match === null ? createdAt : `${match[1]} ${match[2]} UTC`
}
