import type { Report } from './report.ts'
import type { TrendPoint } from './trend.ts'

/** How a report is laid out. A format that has no use for an option ignores it. */
export interface FormatOptions {
  /** Whether escape sequences for colour are welcome. */
  readonly colour: boolean
  /** How wide a line may be, in columns. */
  readonly width: number
  /** The minimum severity that ends the run with exit code 1, where the caller says so; `enforce` where it does not. */
  readonly failOn?: 'warn' | 'enforce'
  /** Nothing but errors, warnings and what could not be read. */
  readonly quiet?: boolean
  /** How to get refused upgrades through, in Markdown, where the run has compared any. */
  readonly upgradePlan?: string | undefined
  /** What earlier runs over the same source found, oldest first, where they were kept. */
  readonly trend?: readonly TrendPoint[] | undefined
}

/** A whole report as the text of one file. Every text of the report is one line. */
export type Format = (report: Report, options: FormatOptions) => string
