import { oneLine } from '../../core/values/text.ts'
import { yamlText } from '../../core/values/yaml-text.ts'
import type { ReportedFinding, ReportedObject } from '../../report/report.ts'
import { nameOfReported } from '../../report/sentences.ts'
import type { ProposedExemption } from './exemptions.ts'

/** What each entry says besides. */
export interface ExemptionTerms {
  readonly reason: string
  /** A day such as `2027-01-31`. */
  readonly expires: string
}

/** Of a message, in characters. */
const LONGEST_MESSAGE = 90

/** @param file the configuration file that is used, where there is one */
export function exemptionsText(
  exemptions: readonly ProposedExemption[],
  terms: ExemptionTerms,
  file: string | undefined
): string {
  const head = `# For the configuration file${file === undefined ? '' : ` ${oneLine(file)}`}; if it has exemptions already, add these to them.\n`
  return `${head}exemptions:\n${exemptions.map((exemption) => entry(exemption, terms)).join('')}`
}

function entry({ namespace, name, policies, objects }: ProposedExemption, { reason, expires }: ExemptionTerms): string {
  const namespaces =
    namespace === ''
      ? '    # The file names no namespace, so this is about any. To name one, set -n.\n'
      : `    namespaces:\n      - ${yamlText(namespace)}\n`
  const ids = [...policies].map(([id, findings]) => `${[...new Set(findings.map(commentOn))].join('')}      - ${id}\n`)
  return `${objects.map(titleOf).join('')}  - policies:
${ids.join('')}${namespaces}    names:
      - ${yamlText(name)}
    reason: ${yamlText(reason)}
    expires: '${expires}'
`
}

function titleOf(object: ReportedObject): string {
  const { location } = object
  return `  # ${nameOfReported(object)}${location === undefined ? '' : ` in ${oneLine(location.file)}`}\n`
}

function commentOn({ level, message }: ReportedFinding): string {
  return `      # ${level}: ${oneLine(message, LONGEST_MESSAGE)}\n`
}
