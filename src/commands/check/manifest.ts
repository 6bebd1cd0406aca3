import type { Configuration } from '../../config/configuration.ts'
import { judge } from '../../core/decide.ts'
import { type Circumstances, isAsked } from '../../core/evaluate.ts'
import type { Operation } from '../../core/patch.ts'
import type { Subject } from '../../core/subject.ts'
import { detached, type JsonObject } from '../../core/values/json.ts'
import type { Path } from '../../core/values/path.ts'
import { type Before, namespaceFor } from '../../inventory/files/previous.ts'
import { isOfKind, subjectsOf } from '../../inventory/subjects.ts'
import type { Manifest } from '../../inventory/yaml/manifests.ts'
import { POLICIES } from '../../policies/index.ts'
import { type Place, type ReportedObject, reportedObject } from '../../report/report.ts'

/** What objects of files are judged by. */
export interface Court {
  readonly configuration: Configuration
  readonly circumstances: Circumstances
  /** The namespace of objects that name none; undefined where nobody said. */
  readonly namespace: string | undefined
}

export interface Checked {
  /** Whether any policy looked at it. */
  readonly judged: boolean
  readonly reported: ReportedObject | undefined
  /** What the webhook would change in the object as it is applied. */
  readonly operations: readonly Operation[]
}

const NOTHING: Checked = { judged: false, reported: undefined, operations: [] }

/**
 * Judges one object of a file, and the Pods that it will make.
 *
 * @param before what it is compared with
 * @param line the line of the file at which the object's document begins, from 1
 */
export function checkManifest(manifest: Manifest, before: Before, file: string, line: number, court: Court): Checked {
  const { object } = manifest
  if (!isWatchedKind(object)) return NOTHING
  const previous = before.kind === 'known' ? before.object : undefined
  const namespace = namespaceFor(object, court.namespace, previous)
  const rules = court.configuration.rulesFor(namespace)
  const [own, ...made] = subjectsOf(object, previous, namespace)
  const judged = [own, ...made].filter(({ subject }) => isAsked(rules, subject))
  if (judged.length === 0) return NOTHING

  const operations: Operation[] = []
  const reports = judged.flatMap(({ subject, within }) => {
    const decision = judge(subject, rules, court.circumstances)
    // A Pod that a controller will create is not in the file: what is changed in it is changed later.
    if (within.length === 0) operations.push(...decision.operations)
    return reportedObject(subject, decision.verdicts, placeIn(manifest, file, line, within)) ?? []
  })
  return { judged: true, reported: together(own.subject, reports), operations }
}

/** Whether any policy, in whatever mode, wants to see objects of this kind. */
export function isWatchedKind(object: JsonObject): boolean {
  return POLICIES.some(({ watches }) => watches.some(({ resource }) => isOfKind(resource, object)))
}

function placeIn(manifest: Manifest, file: string, line: number, within: Path): Place {
  const { template } = manifest
  return {
    within,
    get location() {
      return { file, line: line + manifest.line, ...(template !== undefined && { template }) }
    },
    lineOf: (path) => line + manifest.lineOf(path)
  }
}

/** What is said about an object and about its Pods stands under the object, which is what the reader can change. */
function together(own: Subject, reports: readonly ReportedObject[]): ReportedObject | undefined {
  const [first] = reports
  if (first === undefined) return undefined
  const { group, kind, namespace, name, operation } = own
  const findings = reports.flatMap((report) => report.findings)
  return detached({ ...first, group, kind, namespace, name, operation, findings })
}
