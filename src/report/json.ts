import { countsOf, type Report } from './report.ts'

export const REPORT_API_VERSION = 'holdfast.dev/v1alpha2'
export const REPORT_KIND = 'HoldfastReport'

/** For programs. docs/report.schema.json is its schema; a field that is here stays here within an apiVersion. */
export function jsonReport(report: Report): string {
  const { command, version, createdAt, source, checked: judged, settings, notChecked, policies } = report
  const { objects, leftOut, baseline, problems, notes } = report
  const document = {
    apiVersion: REPORT_API_VERSION,
    kind: REPORT_KIND,
    command,
    version,
    createdAt,
    source,
    judged,
    notChecked,
    counts: countsOf(report),
    settings,
    policies,
    objects,
    leftOut,
    baseline,
    problems,
    notes
  }
  return `${JSON.stringify(document, null, 2)}\n`
}
