import { InvalidArgumentError, Option } from 'commander'
import { dayOf } from '../../config/day.ts'
import { type CheckFlags, INPUT_FLAGS } from '../check/flags.ts'
import type { ChartFlags } from '../flags/chart.ts'
import type { ConnectionFlags } from '../flags/connection.ts'
import type { EvaluationFlags } from '../flags/evaluation.ts'
import { flag } from '../flags/flag.ts'
import type { UncheckedFlags } from '../flags/unchecked.ts'

/** Those of `check` that say what is found, and what is printed of it. */
export interface ExemptFlags
  extends EvaluationFlags,
    ConnectionFlags,
    ChartFlags,
    UncheckedFlags,
    Pick<CheckFlags, 'previous' | 'live' | 'namespace' | 'baseline'> {
  readonly reason: string
  readonly expires: Expiry
}

/** A day such as `2027-01-31`, or a number of days from today on. */
export type Expiry = { readonly day: string } | { readonly inDays: number }

export const EXEMPT_FLAGS = [
  new Option('--reason <text>', 'why the objects are exempted, for later readers')
    .argParser(reason)
    .makeOptionMandatory(),
  new Option('--expires <day>', 'first day on which the exemptions no longer apply, such as 2027-01-31, or 30d')
    .argParser(expiry)
    .default({ inDays: 90 }, '90d'),
  ...INPUT_FLAGS,
  flag('--baseline <file>', 'known findings, which need no exemption')
]

function reason(text: string): string {
  if (text.trim() === '') throw new InvalidArgumentError('It may not be empty.')
  return text
}

function expiry(text: string): Expiry {
  const [, days] = /^(\d{1,4})d$/.exec(text) ?? []
  if (days !== undefined && Number(days) > 0) return { inDays: Number(days) }
  if (/^\d{4}-\d{2}-\d{2}$/.test(text) && !Number.isNaN(dayOf(text))) return { day: text }
  throw new InvalidArgumentError('It has to be a day such as 2027-01-31, or a number of days such as 30d.')
}
