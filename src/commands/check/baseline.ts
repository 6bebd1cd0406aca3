import { existsSync } from 'node:fs'
import { dirname, relative, resolve } from 'node:path'
import type { WrittenEntry } from '../../config/baseline.ts'
import { isLeftOut } from '../../config/selection.ts'
import type { BaselineEntry } from '../../core/baseline.ts'
import { FirstOf } from '../../core/values/first-of.ts'
import { count, oneLine } from '../../core/values/text.ts'
import { HoldfastError, messageOf } from '../../errors.ts'
import { STANDARD_INPUT } from '../../inventory/files/walk.ts'
import { replaceFiles } from '../../replace-file.ts'
import { type ComparedWithBaseline, entryFor, type FilesOfRun, withoutKnown } from '../../report/baseline.ts'
import { type Report, type ReportedFinding, type ReportedObject, totalOf } from '../../report/report.ts'
import { readTextFile } from '../configuration-file.ts'
import type { CheckFlags } from './flags.ts'

/** What is known of findings before a run: read early, so that a file that cannot be used ends it before it begins. */
export interface Baseline {
  /** As it is called from the working directory. */
  readonly file: string
  readonly entries: readonly BaselineEntry[]
}

/** @throws HoldfastError BASELINE_UNREADABLE, BASELINE_INVALID, and FLAG_INVALID where a part would be written */
export async function readBaseline(flags: CheckFlags): Promise<Baseline | undefined> {
  const { baseline: file, writeBaseline, only, exclude } = flags
  if (writeBaseline !== undefined && (only ?? exclude) !== undefined) {
    const what = '--write-baseline is about all policies, and --only and --exclude leave some out'
    throw new HoldfastError('FLAG_INVALID', what)
  }
  if (file === undefined) return undefined
  const { parseBaseline } = await import('../../config/baseline.ts')
  return { file, entries: parseBaseline(await readTextFile(file, 'BASELINE_UNREADABLE'), file) }
}

/**
 * Takes what a baseline knows out of a report, and writes the baseline where the flags say so: what was found or, where
 * there was one before, what is left of it.
 *
 * @param filesRead files that were read, as reports call them
 * @throws HoldfastError BASELINE_UNWRITABLE
 */
export async function withBaseline(
  report: Report,
  before: Baseline | undefined,
  flags: CheckFlags,
  filesRead: ReadonlySet<string>
): Promise<Report> {
  const { writeBaseline: file } = flags
  if (file === undefined) return before === undefined ? report : compared(report, before, flags, filesRead)
  const { objects } = report
  if (report.problems.length > 0) {
    const why = 'because something could not be read, and its findings would be missing'
    const notes = [...report.notes, `The baseline ${file} was not written, ${why}.`]
    return before === undefined ? { ...report, notes } : compared({ ...report, notes }, before, flags, filesRead)
  }
  if (report.leftOut !== undefined || objects.some(({ leftOut }) => leftOut !== undefined)) {
    const what = `The baseline ${file} would be incomplete: the report does not list all findings; check fewer files at once`
    throw new HoldfastError('BASELINE_UNWRITABLE', what)
  }
  const isKept = before && keptBy(before, objects, filesRead)
  const entries = entriesOf(objects, filesOf(file, filesRead), isKept)
  const { baselineText } = await import('../../config/baseline.ts')
  try {
    await replaceFiles([{ file, text: baselineText(entries) }])
  } catch (error) {
    throw new HoldfastError('BASELINE_UNWRITABLE', `Cannot write ${file}: ${messageOf(error)}`, { cause: error })
  }
  if (!flags.quiet)
    process.stderr.write(`holdfast: baseline written to ${oneLine(file)} (${findings(entries.length)})\n`)
  return compared(report, { file, entries }, flags, filesRead)
}

type IsKept = (finding: ReportedFinding) => boolean

/** Of a baseline that only shrinks, what it knows. */
function keptBy(
  { file, entries }: Baseline,
  objects: readonly ReportedObject[],
  filesRead: ReadonlySet<string>
): IsKept {
  const { objects: unknown } = withoutKnown(objects, entries, filesOf(file, filesRead))
  const left = new Set(unknown.flatMap((object) => object.findings))
  return (finding) => !left.has(finding)
}

function entriesOf(objects: readonly ReportedObject[], files: FilesOfRun, isKept: IsKept = () => true): WrittenEntry[] {
  return objects.flatMap((object) =>
    object.findings.flatMap((finding) => {
      const entry = isKept(finding) ? entryFor(object, finding, files) : undefined
      return entry === undefined ? [] : [{ ...entry, message: `${finding.level}: ${finding.message}` }]
    })
  )
}

function compared(
  report: Report,
  { file, entries }: Baseline,
  flags: CheckFlags,
  filesRead: ReadonlySet<string>
): Report {
  const { objects, known, gone } = withoutKnown(report.objects, entries, filesOf(file, filesRead))
  // What could not be read may hold what seems to be gone.
  const shrunk = report.problems.length > 0 ? [] : gone.filter(({ policy }) => !isLeftOut(policy, flags))
  const notes = [...report.notes, ...knownNotes(file, known), ...goneNotes(file, shrunk)]
  return { ...report, objects, baseline: { file, ...known, gone: shrunk.length }, notes }
}

function knownNotes(file: string, known: ComparedWithBaseline['known']): string[] {
  const total = totalOf(known)
  if (total === 0) return []
  const counts = `${count(known.error, 'error')}, ${count(known.warning, 'warning')}`
  return [`${findings(total)} in the baseline ${file} not listed: ${counts}.`]
}

/** How many entries a note names. */
const NAMED_ENTRIES = 5

function goneNotes(file: string, gone: readonly BaselineEntry[]): string[] {
  if (gone.length === 0) return []
  const named = new FirstOf<string>(NAMED_ENTRIES)
  for (const { policy, object, file } of gone) named.push(`${policy} of ${object} in ${file}`)
  const more = named.leftOut === 0 ? '' : ` and ${named.leftOut} more`
  const what =
    gone.length === 1
      ? '1 entry of the baseline no longer occurs'
      : `${gone.length} entries of the baseline no longer occur`
  const how = `To remove ${gone.length === 1 ? 'it' : 'them'}, run holdfast check --baseline ${file} --write-baseline ${file}.`
  return [`${what}: ${named.items.join(', ')}${more}. ${how}`]
}

function findings(number: number): string {
  return count(number, 'finding')
}

function filesOf(baseline: string, filesRead: ReadonlySet<string>): FilesOfRun {
  const directory = resolve(dirname(baseline))
  const nameOf = (file: string): string => (file === STANDARD_INPUT ? file : relative(directory, resolve(file)))
  const read = new Set([...filesRead].map(nameOf))
  return {
    nameOf,
    isRead: (name) => read.has(name),
    isThere: (name) => name !== STANDARD_INPUT && existsSync(resolve(directory, name))
  }
}
