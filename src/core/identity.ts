import type { Finding } from './policy.ts'
import type { Subject } from './subject.ts'
import { namedPath, type Path } from './values/path.ts'
import { oneLine } from './values/text.ts'

/** Names in a file may be as long as they like, and those that an API server takes are not. */
const LONGEST = 300

/**
 * What a finding of a policy about an object is called for as long as it is the same one: what the policy calls it, or its
 * field, with the names of items in the place of their numbers. A container in front of another changes it as little as
 * a line or a value does. Every report carries it, and by it an update is not refused for what the old object had already.
 *
 * @param within where the Subject's object stands in the one that is reported
 */
export function identityOf({ field, identity }: Finding, { object, oldObject }: Subject, within: Path = []): string {
  const name = identity ?? [...within, namedPath(field, object, oldObject)].join('.')
  return oneLine(name, LONGEST)
}

/** How every output says that a fault was there before: the webhook's warnings and the reports have the same words. */
export function preExistingInWords(problem: string): string {
  return `pre-existing: ${problem}`
}
