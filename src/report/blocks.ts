import { type FindingGroup, groupsOf } from './groups.ts'
import type { ReportedFinding, ReportedObject } from './report.ts'

/** Findings that say the same from which they are told once, with their objects: two can still be read one by one. */
const MANY = 3

/** An object with findings of its own, or findings of many objects that say the same. */
export type Block = { readonly findings: readonly ReportedFinding[] } & (
  | { readonly object: ReportedObject }
  | { readonly group: FindingGroup }
)

/** In the order of the objects; what many have in common stands where it was first met. */
export function blocksOf(objects: readonly ReportedObject[]): Block[] {
  const many = new Map<ReportedFinding, FindingGroup>()
  for (const group of groupsOf(objects)) {
    if (group.found.length >= MANY) for (const { finding } of group.found) many.set(finding, group)
  }
  const told = new Set<FindingGroup>()
  return objects.flatMap((object) => {
    const own = object.findings.filter((finding) => !many.has(finding))
    const blocks: Block[] = own.length === 0 ? [] : [{ object, findings: own }]
    for (const finding of object.findings) {
      const group = many.get(finding)
      if (group === undefined || told.has(group)) continue
      told.add(group)
      blocks.push({ group, findings: [group.finding] })
    }
    return blocks
  })
}
