import { identityOf, preExistingInWords } from '../core/identity.ts'
import type { Mode } from '../core/mode.ts'
import type { Operation, Subject } from '../core/subject.ts'
import { fieldPath } from '../core/values/path.ts'
import { oneLine } from '../core/values/text.ts'
import type { ValueChange } from '../core/values/value-change.ts'
import type { Outcome, Verdict } from '../core/verdict.ts'
import { whyNoDiff } from './no-diff.ts'
import type { NotChecked } from './not-checked.ts'
import type { CodeFrame, Location, Place } from './place.ts'

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
  /** Objects that were read and that no policy looks at; absent where there are none, or where they are not listed. */
  readonly notChecked?: NotChecked
  /** What the objects were checked with; absent where the caller does not say. */
  readonly settings?: ReportedSettings
  /** The whole catalogue in its order, whether or not a policy found something. */
  readonly policies: readonly ReportedPolicy[]
  /** Objects with something to say about, in the order in which they were met. */
  readonly objects: readonly ReportedObject[]
  /** Objects that are not among them although there is something to say about, and their findings; absent where all are. */
  readonly leftOut?: Counts & { readonly objects: number }
  /** Findings that a baseline knows, which are not among the objects, and how many of its entries no longer occur. */
  readonly baseline?: Counts & { readonly file: string; readonly gone: number }
  /** What could not be read or checked; the rest was, all the same. */
  readonly problems: readonly ReadProblem[]
  /** Sentences for the reader that are neither a finding nor a problem. */
  readonly notes: readonly string[]
}

export interface ReportedSettings {
  /** The configuration file, as the user wrote its path; absent where there was none. */
  readonly configuration?: string
  /** The ceiling for the modes of all policies. */
  readonly ceiling: Mode
  /** Of the API server; absent where it is not known. */
  readonly kubernetesVersion?: string
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
  /** Findings that are not among them, because the worst have all the room; absent where all are. */
  readonly leftOut?: Counts
}

/** `error` is rejected in enforce mode, `warning` what clients are warned of, `note` all the rest. */
export type Level = 'error' | 'warning' | 'note'

export const LEVELS: readonly Level[] = ['error', 'warning', 'note']

/** How many findings there are of each level. */
export type Counts = Readonly<Record<Level, number>>

export const NO_FINDINGS: Counts = { error: 0, warning: 0, note: 0 }

export function sumOf(one: Counts, other: Counts): Counts {
  return { error: one.error + other.error, warning: one.warning + other.warning, note: one.note + other.note }
}

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
  /** The line of the field in the file, or of the nearest field above it that is there, from 1. */
  readonly line?: number
  /** The column at which it begins, in UTF-16 code units from 1. */
  readonly column?: number
  /** What is written there: that line, with the one before it and the one behind it. */
  readonly frame?: CodeFrame
  /** What is wrong, or what a repair does ("adds …"): one sentence without a full stop. */
  readonly message: string
  /** What could be lost during the remediation. */
  readonly caution?: string
  /** The remediation; absent for a repair, which needs none. */
  readonly remediation?: string
  readonly changes?: readonly ValueChange[]
  readonly failsNextUpgrade?: true
  /** Why a run with `--fix` does not change what it is about; absent where it does, and in other runs. */
  readonly noDiff?: string
  /** Other objects that have a part in it, where it is about objects that belong together. */
  readonly involved?: readonly InvolvedObject[]
}

/** An object that a finding about another one names. */
export interface InvolvedObject {
  readonly group: string
  readonly kind: string
  readonly namespace: string
  readonly name: string
  readonly location?: Location
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

/** Of one Subject. No workload has so much wrong with it, but aliases in YAML make a thousand containers of one. */
export const MOST_FINDINGS = 100
/** Of names and texts, in characters. Kubernetes accepts names of 253; thirty-two changes in words take 16,000. */
const LONGEST_NAME = 300
const LONGEST_TEXT = 16_384

/** What a report says about one Subject; undefined where there is nothing to say. */
export function reportedObject(
  subject: Subject,
  verdicts: readonly Verdict[],
  place: Place = {}
): ReportedObject | undefined {
  if (verdicts.length === 0) return undefined
  const { location } = place
  const kept = worstOf(verdicts)
  const findings = kept.map((verdict) => reportedFinding(verdict, subject, place))
  const leftOut = kept.length < verdicts.length && { leftOut: leftOutOf(verdicts, kept) }
  return { ...calledAs(subject), ...(location && { location }), findings, ...leftOut }
}

/** What a Subject is called in a report. */
export function calledAs(
  subject: Subject
): Pick<ReportedObject, 'group' | 'kind' | 'namespace' | 'name' | 'operation'> {
  const { group, kind, operation } = subject
  const [namespace, name] = [oneLine(subject.namespace, LONGEST_NAME), oneLine(subject.name, LONGEST_NAME)]
  return { group, kind, namespace, name, operation }
}

/** As many as a report lists of one Subject, those first of which most depends; in their order. */
function worstOf(verdicts: readonly Verdict[]): readonly Verdict[] {
  if (verdicts.length <= MOST_FINDINGS) return verdicts
  const [crashed, others] = [verdicts.filter(isCrash), verdicts.filter((verdict) => !isCrash(verdict))]
  const byLevel = LEVELS.flatMap((level) => others.filter(({ outcome }) => LEVEL_OF[outcome] === level))
  const kept = new Set([...crashed, ...byLevel].slice(0, MOST_FINDINGS))
  return verdicts.filter((verdict) => kept.has(verdict))
}

function isCrash({ outcome }: Verdict): boolean {
  return outcome === 'crashed'
}

function leftOutOf(all: readonly Verdict[], kept: readonly Verdict[]): Counts {
  const counts = { ...NO_FINDINGS }
  for (const { outcome } of all) counts[LEVEL_OF[outcome]]++
  for (const { outcome } of kept) counts[LEVEL_OF[outcome]]--
  return counts
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
    return { policy, mode, outcome, level, field: '', identity: 'crashed', message: oneLine(message, LONGEST_TEXT) }
  }
  const { finding, enforced, preExisting: known } = verdict
  const { within = [] } = place
  const path = [...within, ...finding.field]
  const position = place.positionOf?.(path)
  const noDiff = place.isFixing ? whyNoDiff(verdict, within) : undefined
  const isRepair = enforced === 'patched' && finding.fix !== undefined
  const message = isRepair ? (finding.fix?.does as string) : finding.problem
  return {
    policy,
    mode,
    outcome,
    level,
    field: fieldPath(path),
    identity: identityOf(finding, subject, within),
    ...position,
    message: oneLine(known ? preExistingInWords(message) : message, LONGEST_TEXT),
    ...(finding.caution !== undefined && !isRepair && { caution: finding.caution }),
    ...(!isRepair && { remediation: oneLine(finding.remediation, LONGEST_TEXT) }),
    ...(finding.changes && { changes: finding.changes }),
    ...(finding.failsNextUpgrade && { failsNextUpgrade: true }),
    ...(noDiff !== undefined && { noDiff }),
    ...(finding.involved && finding.involved.length > 0 && { involved: involvedIn(finding.involved, place) })
  }
}

/** As many as a finding names; nobody reads more, and a Service may select a thousand. */
const MOST_INVOLVED = 20

function involvedIn(subjects: readonly Subject[], place: Place): InvolvedObject[] {
  return subjects.slice(0, MOST_INVOLVED).map((subject) => {
    const { operation: _, ...called } = calledAs(subject)
    const location = place.locationOf?.(subject)
    return { ...called, ...(location && { location }) }
  })
}

export function totalOf({ error, warning, note }: Counts): number {
  return error + warning + note
}

/** All findings, whether or not they are listed. */
export function countsOf({ objects, leftOut }: Report): Counts {
  const counts = { ...listedIn(objects) }
  for (const level of LEVELS) {
    counts[level] += leftOut?.[level] ?? 0
    for (const object of objects) counts[level] += object.leftOut?.[level] ?? 0
  }
  return counts
}

export function listedIn(objects: readonly ReportedObject[]): Counts {
  const counts = { ...NO_FINDINGS }
  for (const { findings } of objects) for (const { level } of findings) counts[level]++
  return counts
}
