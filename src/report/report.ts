import type { Outcome, Verdict } from '../core/evaluate.ts'
import { identityOf } from '../core/identity.ts'
import type { Mode } from '../core/mode.ts'
import type { Operation, Subject } from '../core/subject.ts'
import { fieldPath, type Path } from '../core/values/path.ts'
import type { ValueChange } from '../core/values/value-change.ts'

/** What one run of `check` or `scan` found: every format is made of this, and of nothing else. */
export interface Report {
  readonly command: 'check' | 'scan'
  readonly version: string
  /** When the run began: ISO 8601, UTC. */
  readonly createdAt: string
  /** What was looked at, in words: "3 files", "the cluster behind the context kind". */
  readonly source: string
  /** How many objects policies were asked about. */
  readonly checked: number
  /** The whole catalogue in its order, whether or not a policy found something. */
  readonly policies: readonly ReportedPolicy[]
  /** Objects with something to say about, in the order in which they were met. */
  readonly objects: readonly ReportedObject[]
  /** What could not be read or checked; the rest was, all the same. */
  readonly problems: readonly ReadProblem[]
  /** Sentences for the reader that are neither a finding nor a problem. */
  readonly notes: readonly string[]
}

export interface ReportedPolicy {
  readonly id: string
  /** One sentence, with its full stop. */
  readonly summary: string
  /** What is in force where no setting is for one namespace. */
  readonly mode: Mode
}

export interface ReportedObject {
  readonly group: string
  readonly kind: string
  readonly namespace: string
  readonly name: string
  /** UPDATE where there was an old object to compare with. */
  readonly operation: Operation
  /** Where it stands in a file; absent for an object of a cluster. */
  readonly location?: Location
  readonly findings: readonly ReportedFinding[]
}

export interface Location {
  /** The path as the user wrote it; `-` for standard input. */
  readonly file: string
  /** The line at which the object begins, from 1. */
  readonly line: number
  /** The template that Helm rendered it from, where a comment says so: `chart/templates/statefulset.yaml`. */
  readonly template?: string
}

/** `error` is rejected in enforce mode, `warning` what clients are warned of, `note` all the rest. */
export type Level = 'error' | 'warning' | 'note'

export const LEVELS: readonly Level[] = ['error', 'warning', 'note']

export interface ReportedFinding {
  readonly policy: string
  /** The mode after all ceilings. */
  readonly mode: Mode
  readonly outcome: Outcome
  readonly level: Level
  /** As Kubernetes writes it: `spec.volumeClaimTemplates[0].metadata.labels`; `''` where a policy crashed. */
  readonly field: string
  /**
   * What the finding is called for as long as it is the same one, among those of its policy about the object: it stays
   * while lines move, values change and containers or volumes are put in front. One line; `crashed` where a policy
   * crashed.
   */
  readonly identity: string
  /** The line of the field in the file, from 1. */
  readonly line?: number
  /** What is wrong, or what a repair does ("adds …"): one sentence without a full stop. */
  readonly message: string
  /** What could be lost during the remediation. */
  readonly caution?: string
  /** The remediation; absent for a repair, which needs none. */
  readonly remediation?: string
  readonly changes?: readonly ValueChange[]
  readonly failsNextUpgrade?: true
}

/** Something that could not be read or checked. */
export interface ReadProblem {
  /** A file, or what was asked of the cluster: "pods in the namespace lab". */
  readonly where: string
  /** From 1. */
  readonly line?: number
  /** A code of docs/errors.md. */
  readonly code: string
  /** One sentence, with its help. */
  readonly message: string
}

/** How a door found an object, and where its fields stand. */
export interface Place {
  readonly location?: Location
  /** The line of a field, or of the nearest field above it that is there. */
  lineOf?(path: Path): number | undefined
  /** Where the Subject's object stands in the one that was found, such as the Pod template of a Deployment. */
  readonly within?: Path
}

/** What a report says about one Subject; undefined where there is nothing to say. */
export function reportedObject(
  subject: Subject,
  verdicts: readonly Verdict[],
  place: Place = {}
): ReportedObject | undefined {
  if (verdicts.length === 0) return undefined
  const { group, kind, namespace, name, operation } = subject
  const { location } = place
  const findings = verdicts.map((verdict) => reportedFinding(verdict, subject, place))
  return { group, kind, namespace, name, operation, ...(location && { location }), findings }
}

const LEVEL_OF: Readonly<Record<Outcome, Level>> = {
  denied: 'error',
  crashed: 'error',
  warned: 'warning',
  patched: 'note',
  audited: 'note',
  skipped: 'note'
}

function reportedFinding(verdict: Verdict, subject: Subject, place: Place): ReportedFinding {
  const { policy, mode, outcome } = verdict
  const level = LEVEL_OF[outcome]
  if (verdict.outcome === 'crashed') {
    const message = `the policy crashed on this object: ${verdict.error instanceof Error ? verdict.error.message : verdict.error}`
    return { policy, mode, outcome, level, field: '', identity: 'crashed', message }
  }
  const { finding, enforced, preExisting: known } = verdict
  const { within = [] } = place
  const path = [...within, ...finding.field]
  const line = place.lineOf?.(path)
  const isRepair = enforced === 'patched' && finding.fix !== undefined
  const message = isRepair ? (finding.fix?.does as string) : finding.problem
  return {
    policy,
    mode,
    outcome,
    level,
    field: fieldPath(path),
    identity: identityOf(finding, subject, within),
    ...(line !== undefined && { line }),
    message: known ? `pre-existing: ${message}` : message,
    ...(finding.caution !== undefined && !isRepair && { caution: finding.caution }),
    ...(!isRepair && { remediation: finding.remediation }),
    ...(finding.changes && { changes: finding.changes }),
    ...(finding.failsNextUpgrade && { failsNextUpgrade: true })
  }
}

/** How many findings there are of each level. */
export function countsOf({ objects }: Report): Readonly<Record<Level, number>> {
  const counts = { error: 0, warning: 0, note: 0 }
  for (const { findings } of objects) for (const { level } of findings) counts[level]++
  return counts
}
