import { InvalidArgumentError, Option } from 'commander'
import { dayOf } from '../../config/day.ts'
import type { CheckFlags } from '../check/flags.ts'
import { CHART_FLAGS, type ChartFlags } from '../flags/chart.ts'
import { CONNECTION_FLAGS, type ConnectionFlags } from '../flags/connection.ts'
import { DISCOVERED_CONFIG_FLAG, EVALUATION_FLAGS, type EvaluationFlags } from '../flags/evaluation.ts'
import { flag, previousFlag } from '../flags/flag.ts'
import { allowUncheckedFlag, type UncheckedFlags } from '../flags/unchecked.ts'
import { namespace } from '../flags/values.ts'

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
  previousFlag(),
  new Option('--live', 'compare with what runs: read the same objects, and no others, from the cluster'),
  ...CONNECTION_FLAGS,
  flag('-n, --namespace <name>', 'namespace of objects that name none').argParser(namespace),
  DISCOVERED_CONFIG_FLAG,
  ...CHART_FLAGS,
  ...EVALUATION_FLAGS,
  allowUncheckedFlag(),
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
