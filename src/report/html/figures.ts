import { cut } from '../../core/values/text.ts'
import {
  type Counts,
  countsOf,
  LEVELS,
  type Level,
  listedIn,
  type Report,
  type ReportedFinding,
  type ReportedObject,
  totalOf
} from '../report.ts'

/** All that the page counts, in the order in which it shows it. */
export interface Figures {
  readonly counts: Counts
  /** All findings that the page lists. */
  readonly total: number
  /** The most serious objects first, and among equals as the report has them. */
  readonly entries: readonly Entry[]
  readonly policies: readonly Tally[]
  readonly namespaces: readonly Tally[]
  /** How many objects there are by the worst that is said of them. */
  readonly worst: Counts
  /** How many were checked and have nothing to say about. */
  readonly clean: number
  readonly refused: readonly Entry[]
  readonly failing: readonly Entry[]
  readonly crashed: readonly Entry[]
  /** Where links to an object lead: its worst finding, by the name that it has in the page's address. */
  readonly anchors: ReadonlyMap<ReportedFinding, string>
}

/** An object on the page. */
export interface Entry {
  readonly anchor: string
  readonly object: ReportedObject
  readonly findings: readonly ReportedFinding[]
  readonly worst: Level
}

/** What there is to say about one policy, or in one namespace. */
export interface Tally {
  /** What it is called in the page's address and in its filters. */
  readonly key: string
  readonly counts: Counts
  readonly total: number
  /** Findings that will make the next upgrade fail. */
  readonly failing: number
}

export function figuresOf(report: Report): Figures {
  const entries = report.objects
    .map(entryOf)
    .sort((one, other) => rank(one.worst) - rank(other.worst))
    .map((entry, index) => ({ ...entry, anchor: `o${index + 1}` }))
  const counts = countsOf(report)
  const worst = { error: 0, warning: 0, note: 0 }
  for (const entry of entries) worst[entry.worst]++
  return {
    counts,
    total: totalOf(listedIn(report.objects)),
    entries,
    policies: tallies(entries, (_, finding) => finding.policy),
    namespaces: tallies(entries, (object) => object.namespace),
    worst,
    clean: Math.max(0, report.checked - entries.length - (report.leftOut?.objects ?? 0)),
    refused: entries.filter(hasOne(({ outcome }) => outcome === 'denied')),
    failing: entries.filter(hasOne(({ failsNextUpgrade }) => failsNextUpgrade === true)),
    crashed: entries.filter(hasOne(({ outcome }) => outcome === 'crashed')),
    anchors: new Map(entries.flatMap(({ anchor, findings: [first] }) => (first === undefined ? [] : [[first, anchor]])))
  }
}

function hasOne(condition: (finding: ReportedFinding) => boolean): (entry: Entry) => boolean {
  return ({ findings }) => findings.some(condition)
}

function entryOf(object: ReportedObject): Entry {
  const findings = object.findings.toSorted((one, other) => rank(one.level) - rank(other.level))
  return { anchor: '', object, findings, worst: findings[0]?.level ?? 'note' }
}

function rank(level: Level): number {
  return LEVELS.indexOf(level)
}

/** Long enough for any policy and any namespace that Kubernetes accepts. */
const LONGEST_KEY = 253

/** The place of a name in the list that its filter offers. */
export function indexIn(tallies: readonly Tally[]): (name: string) => number {
  const indexes = new Map(tallies.map(({ key }, index) => [key, index]))
  return (name) => indexes.get(keyOf(name)) ?? -1
}

/** One word for a policy or a namespace wherever the page has to tell them apart. */
function keyOf(name: string): string {
  return cut(name, LONGEST_KEY)
}

function tallies(
  entries: readonly Entry[],
  nameOf: (object: ReportedObject, finding: ReportedFinding) => string
): Tally[] {
  const found = new Map<string, { error: number; warning: number; note: number; failing: number }>()
  for (const { object, findings } of entries) {
    for (const finding of findings) {
      const key = keyOf(nameOf(object, finding))
      const tally = found.get(key) ?? { error: 0, warning: 0, note: 0, failing: 0 }
      tally[finding.level]++
      if (finding.failsNextUpgrade) tally.failing++
      found.set(key, tally)
    }
  }
  return [...found]
    .map(([key, { failing, ...counts }]) => ({ key, counts, failing, total: totalOf(counts) }))
    .sort(moreSerious)
}

function moreSerious(one: Tally, other: Tally): number {
  for (const level of LEVELS) {
    const difference = other.counts[level] - one.counts[level]
    if (difference !== 0) return difference
  }
  return one.key < other.key ? -1 : 1
}
