import { oneLine } from '../core/values/text.ts'
import { pageAt } from '../documentation.ts'
import type { Location } from './place.ts'
import type { ReportedFinding, ReportedObject } from './report.ts'

/** What machines are given to show to people: each text stands alone, on one line. */

/** "StatefulSet monitoring/prometheus". */
export function nameOfReported({ kind, namespace, name }: Pick<ReportedObject, 'kind' | 'namespace' | 'name'>): string {
  return oneLine(`${kind} ${namespace === '' ? name : `${namespace}/${name}`}`)
}

/** "new.yaml:102:9": where a finding is, which terminals and editors open; undefined for an object of a cluster. */
export function placeInWords(
  location: Location | undefined,
  finding: Partial<ReportedFinding> = {}
): string | undefined {
  if (location === undefined) return undefined
  const { line, column } = finding.line === undefined ? location : finding
  return [location.file === '-' ? 'stdin' : location.file, line, column].filter((part) => part !== undefined).join(':')
}

/** What, what else is involved, careful and the remediation. What comes first, because little room shows the first sentence only. */
export function sentencesOf(finding: ReportedFinding): string {
  const { caution, remediation, failsNextUpgrade, involved = [] } = finding
  const sentences = [`${whatOf(finding)}.`]
  if (failsNextUpgrade) sentences.push('Its next upgrade will be refused.')
  if (involved.length > 0) sentences.push(`Involved: ${involved.map(nameOfReported).join(', ')}.`)
  if (caution !== undefined) sentences.push(`Caution: ${caution}.`)
  if (remediation !== undefined) sentences.push(`Fix: ${remediation}.`)
  return sentences.join(' ')
}

/** Without a full stop. A repair is told in the present tense ("adds …"), which says nothing without who does it. */
export function whatOf({ outcome, remediation, message }: ReportedFinding): string {
  if (outcome === 'patched') return `Holdfast repairs this: ${message}`
  if (outcome === 'crashed' || remediation !== undefined) return message
  return `Holdfast would repair this: ${message}`
}

/** The page of a policy, as it was in the version that wrote the report. */
export function pageOf(policy: string, version: string): string {
  return pageAt(`docs/policies/${policy}.md`, version)
}
