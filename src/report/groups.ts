import type { ReportedFinding, ReportedObject } from './report.ts'

/** A finding and the object that it is about. */
export interface GroupedFinding {
  readonly object: ReportedObject
  readonly finding: ReportedFinding
}

/** Findings that say the same, of whatever objects. */
export interface FindingGroup {
  /** As all of them say it: where the commands differ by the objects' names only, with NAME and NAMESPACE in their place. */
  readonly finding: ReportedFinding
  /** In the order of the report; at least one. */
  readonly found: readonly [GroupedFinding, ...GroupedFinding[]]
}

/** The findings of objects by what they say, in the order in which each was first met. */
export function groupsOf(objects: readonly ReportedObject[]): FindingGroup[] {
  const all = objects.flatMap((object) => object.findings.map((finding) => ({ object, finding })))
  return [...Map.groupBy(all, keyOfFinding).values()].map((found) => {
    const [first, ...others] = found as [GroupedFinding, ...GroupedFinding[]]
    const isSame = others.every(({ finding }) => finding.remediation === first.finding.remediation)
    const finding = isSame ? first.finding : { ...first.finding, remediation: generalRemediation(first) }
    return { finding, found: [first, ...others] }
  })
}

function keyOfFinding(found: GroupedFinding): string {
  const { policy, outcome, level, message, caution, noDiff } = found.finding
  return JSON.stringify([policy, outcome, level, message, caution, noDiff, generalRemediation(found)])
}

const COMMAND = /"kubectl [^"]*"/g

/** What a remediation says of any object: in its commands, placeholders stand for the name and the namespace of this one. */
function generalRemediation({ object: { name, namespace }, finding: { remediation = '' } }: GroupedFinding): string {
  // Which of two equal words is which nobody could tell.
  if (name === namespace) return remediation
  return remediation.replaceAll(COMMAND, (command) =>
    command
      .split(/([^\w.-]+)/)
      .map((word) => (word === name ? 'NAME' : word !== '' && word === namespace ? 'NAMESPACE' : word))
      .join('')
  )
}
