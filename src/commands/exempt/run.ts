import { dayOf } from '../../config/day.ts'
import { count, oneLine } from '../../core/values/text.ts'
import { HoldfastError } from '../../errors.ts'
import { type Report, totalOf } from '../../report/report.ts'
import { resultOf } from '../check/run.ts'
import { settingsOf } from '../check/settings.ts'
import { CLEAN, INCOMPLETE } from '../deliver.ts'
import { exemptionsIn } from './exemptions.ts'
import type { ExemptFlags, Expiry } from './flags.ts'
import { exemptionsText } from './text.ts'

const DAY = 24 * 60 * 60 * 1000

/** Prints the exemptions. Answers with the exit code: 2 where something could not be read, and the rest is printed. */
export async function exempt(given: readonly string[], { reason, expires, ...flags }: ExemptFlags): Promise<number> {
  const day = dayFrom(expires, Date.now())
  const settings = await settingsOf(given, flags)
  const { report } = await resultOf(settings)
  for (const { where, line, message } of report.problems) {
    process.stderr.write(`holdfast: ${oneLine(line === undefined ? where : `${where}:${line}`)}: ${message}\n`)
  }
  const exemptions = exemptionsIn(report.objects)
  if (exemptions.length === 0) process.stderr.write(`holdfast: ${nothingToExempt(report)}\n`)
  else process.stdout.write(exemptionsText(exemptions, { reason, expires: day }, settings.flags.config))
  const isPart = report.leftOut !== undefined || report.objects.some(({ leftOut }) => leftOut !== undefined)
  if (isPart)
    process.stderr.write('holdfast: not all findings were listed: run it again with these exemptions in place\n')
  return report.problems.length > 0 ? INCOMPLETE : CLEAN
}

/** A baseline that the configuration names is easily forgotten. */
function nothingToExempt({ baseline }: Report): string {
  const what = 'there is no error and no warning to exempt'
  const known = baseline === undefined ? 0 : totalOf(baseline)
  if (baseline === undefined || known === 0) return what
  return `${what} besides ${count(known, 'finding')} in the baseline ${oneLine(baseline.file)}: to exempt those, set --baseline=/dev/null`
}

/** @throws HoldfastError FLAG_INVALID for a day that has come: what has expired exempts nothing */
function dayFrom(expires: Expiry, now: number): string {
  if ('inDays' in expires) return new Date(now + expires.inDays * DAY).toISOString().slice(0, 10)
  if (dayOf(expires.day) > now) return expires.day
  throw new HoldfastError(
    'FLAG_INVALID',
    `--expires is the first day without the exemptions, and ${expires.day} has come`
  )
}
