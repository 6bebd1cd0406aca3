import type { BaselineEntry } from '../core/baseline.ts'
import { type Counts, NO_FINDINGS, type ReportedFinding, type ReportedObject } from './report.ts'

/** What a run knows about files, by which an entry is matched where its own file has none. */
export interface FilesOfRun {
  /** A file of a report, as a baseline calls it. */
  nameOf(file: string): string
  /** Whether a file of a baseline was read in this run. */
  isRead(name: string): boolean
  /** Whether a file of a baseline is there at all, read or not. */
  isThere(name: string): boolean
}

export interface ComparedWithBaseline {
  /** With what the baseline does not know. */
  readonly objects: readonly ReportedObject[]
  /** How many findings it knows, of each level. */
  readonly known: Counts
  /** Entries that no longer occur. */
  readonly gone: readonly BaselineEntry[]
}

/**
 * Takes the findings that a baseline knows out of what a run found. An entry is about its file, so that a fault which is
 * known in one environment is not overlooked in another; one whose file is no longer there is about the same finding
 * wherever it stands now.
 */
export function withoutKnown(
  objects: readonly ReportedObject[],
  entries: readonly BaselineEntry[],
  files: FilesOfRun
): ComparedWithBaseline {
  const known = { ...NO_FINDINGS }
  const unmet = new Map(entries.map((entry) => [keyOf(entry), entry]))
  const all = new Set(unmet.keys())
  const moved = Map.groupBy(
    entries.filter(({ file }) => !files.isRead(file) && !files.isThere(file)),
    keyWithoutFile
  )
  const isKnown = (entry: BaselineEntry): boolean => {
    const key = keyOf(entry)
    const elsewhere = moved.get(keyWithoutFile(entry)) ?? []
    unmet.delete(key)
    for (const other of all.has(key) ? [] : elsewhere) unmet.delete(keyOf(other))
    return all.has(key) || elsewhere.length > 0
  }
  const left = objects.flatMap((object) => {
    const findings = object.findings.filter((finding) => {
      const entry = entryFor(object, finding, files)
      if (entry === undefined || !isKnown(entry)) return true
      known[finding.level]++
      return false
    })
    if (findings.length === object.findings.length) return [object]
    return findings.length === 0 && object.leftOut === undefined ? [] : [{ ...object, findings }]
  })
  const gone = [...unmet.values()].filter(({ file }) => files.isRead(file) || !files.isThere(file))
  return { objects: left, known, gone }
}

/** What a baseline calls a finding; undefined for one that it may not know: a note, which fails nothing, or a crash. */
export function entryFor(
  object: ReportedObject,
  { level, outcome, policy, identity }: ReportedFinding,
  files: Pick<FilesOfRun, 'nameOf'>
): BaselineEntry | undefined {
  const { group, kind, namespace, name, location } = object
  if (level === 'note' || outcome === 'crashed' || location === undefined) return undefined
  return {
    file: files.nameOf(location.file),
    object: `${kind}${group === '' ? '' : `.${group}`} ${namespace === '' ? '' : `${namespace}/`}${name}`,
    policy,
    finding: identity
  }
}

function keyOf({ file, ...entry }: BaselineEntry): string {
  return JSON.stringify([file, keyWithoutFile(entry)])
}

function keyWithoutFile({ object, policy, finding }: Omit<BaselineEntry, 'file'>): string {
  return JSON.stringify([object, policy, finding])
}
