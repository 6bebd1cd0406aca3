import type { ReportedObject } from './report.ts'

/**
 * Puts findings that come later, such as those about objects that belong together, under the object that is listed
 * already; an object that is not is listed behind all others.
 */
export function joined(objects: readonly ReportedObject[], later: readonly ReportedObject[]): ReportedObject[] {
  const all = [...objects]
  const places = new Map(all.map((object, index) => [keyOf(object), index]))
  for (const object of later) {
    const at = places.get(keyOf(object))
    const before = at === undefined ? undefined : all[at]
    if (at === undefined || before === undefined) places.set(keyOf(object), all.push(object) - 1)
    else all[at] = { ...before, findings: [...before.findings, ...object.findings] }
  }
  return all
}

function keyOf({ group, kind, namespace, name, location }: ReportedObject): string {
  return JSON.stringify([group, kind, namespace, name, location?.file, location?.line])
}
