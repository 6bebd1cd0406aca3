import type { FormatName } from './format-names.ts'
import { htmlReport } from './html/html.ts'
import { jsonReport } from './json.ts'
import { junitReport } from './junit.ts'
import type { Report } from './report.ts'
import { sarifReport } from './sarif.ts'
import { textReport } from './text.ts'

export interface Look {
  /** Whether escape sequences for colour are welcome. */
  readonly colour: boolean
  /** How wide a line may be, in columns. */
  readonly width: number
  /** The least that ends the run with exit code 1, where the caller says so; `enforce` where it does not. */
  readonly failOn?: 'warn' | 'enforce'
}

/** A whole report as the text of one file. */
export type Format = (report: Report, look: Look) => string

export const FORMATS = {
  text: textReport,
  json: jsonReport,
  sarif: sarifReport,
  junit: junitReport,
  html: htmlReport
} as const satisfies Readonly<Record<FormatName, Format>>
