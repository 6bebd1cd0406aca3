import { UNKNOWN_CLUSTER } from '../../core/cluster.ts'
import { FirstOf } from '../../core/values/first-of.ts'
import { count } from '../../core/values/text.ts'
import { HoldfastError } from '../../errors.ts'
import { isRendered, readSources, type SourceOptions } from '../../inventory/sources.ts'
import { joined } from '../../report/joined.ts'
import type { ReadProblem, Report, ReportedObject } from '../../report/report.ts'
import { VERSION } from '../../version.ts'
import { policiesIn, settingsNotes } from '../configuration-file.ts'
import { deliver } from '../deliver.ts'
import { goneNotes } from '../gone.ts'
import { MOST_PROBLEMS, readPrevious, refuseTwoInputs } from '../previous-files.ts'
import { reportedSettings } from '../reported-settings.ts'
import { sourceOptions } from '../source-options.ts'
import { UnknownSkips } from '../unknown-skips.ts'
import { readBaseline, withBaseline } from './baseline.ts'
import { CheckRun } from './check-run.ts'
import type { Live } from './connect-live.ts'
import type { Fixes } from './fixes.ts'
import type { CheckFlags } from './flags.ts'
import { CHECKED_KINDS, type CheckContext } from './manifest.ts'
import { notesOnSettings, type RunSettings, settingsOf } from './settings.ts'
import { UsedExemptions } from './used-exemptions.ts'

/** Answers with the exit code: 0 clean, 1 findings, 2 something could not be read. */
export async function check(given: readonly string[], flags: CheckFlags): Promise<number> {
  const settings = await settingsOf(given, flags)
  const { report, upgradePlan } = await resultOf(settings)
  return deliver(report, settings.flags, flags.fix ? process.stderr : process.stdout, { upgradePlan })
}

export interface CheckResult {
  readonly report: Report
  /** How to get refused upgrades through, in Markdown. */
  readonly upgradePlan: string | undefined
}

/** Checks what the settings name; with --fix, writes it to standard output as the webhook would admit it. */
export async function resultOf(settings: RunSettings): Promise<CheckResult> {
  const { paths, flags } = settings
  refuseContradictions(paths, flags)
  if (!flags.live) return checkFiles(settings, undefined)
  const { connectLive } = await import('./connect-live.ts')
  const live = await connectLive(flags)
  try {
    return await checkFiles(settings, live)
  } finally {
    live.close()
  }
}

async function checkFiles(settings: RunSettings, live: Live | undefined): Promise<CheckResult> {
  const { paths, flags, ignored } = settings
  const baseline = await readBaseline(flags)
  if (flags.diff) await refuseDiffOfRendered(paths)
  const context = contextOf(settings, live)
  const problems = new FirstOf<ReadProblem>(MOST_PROBLEMS)
  const notes: string[] = []
  const options = await optionsFor(settings, context)
  const compared = { ...options, paths, note: (sentence: string) => notes.push(sentence) }
  const previous = flags.previous && (await readPrevious(flags.previous, flags.namespace, compared, problems))
  const fixes = flags.fix && (await fixesOn(process.stdout, flags.diff === true))
  const run = new CheckRun(context, live?.objects ?? previous, fixes, problems)
  for (const note of notes) run.note(note)
  await run.all(readSources(paths, process.stdin, { ...options, isIgnored: ignored.has, asNext: true }))
  const objects = joined(run.found.objects, run.sets.findings(problems.items.length > 0))
  for (const note of run.sets.notes()) run.note(note)
  for (const note of live?.notes ?? []) run.note(note)
  for (const note of previous === undefined ? [] : goneNotes(previous, flags.namespace)) run.note(note)
  for (const note of notesOnContext(settings, context, problems)) run.note(note)
  const report = await withBaseline(reportOf(run, objects, settings, context), baseline, flags, run.filesRead)
  return { report, upgradePlan: run.refused.markdown }
}

function contextOf({ flags, configuration }: RunSettings, live: Live | undefined): CheckContext {
  const version = live === undefined ? flags.kubernetesVersion : live.version
  return {
    configuration,
    evaluation: {
      cluster: version === undefined ? UNKNOWN_CLUSTER : { version },
      ceiling: 'enforce',
      now: Date.now()
    },
    namespace: live?.namespace ?? flags.namespace,
    unknownSkips: new UnknownSkips(),
    usedExemptions: new UsedExemptions(),
    isFixing: flags.fix === true
  }
}

function optionsFor({ paths, flags }: RunSettings, { namespace, evaluation }: CheckContext): Promise<SourceOptions> {
  const chartFlags = { ...flags, namespace, kubernetesVersion: evaluation.cluster.version }
  return sourceOptions(paths, flags.previous ?? [], chartFlags, CHECKED_KINDS)
}

function notesOnContext(settings: RunSettings, context: CheckContext, problems: FirstOf<ReadProblem>): string[] {
  const { unknownSkips, usedExemptions, configuration, evaluation } = context
  // What was not checked may be what an exemption is for.
  const isWhole = settings.isWhole && problems.items.length === 0
  const unused = isWhole ? usedExemptions.notes(configuration, settings.flags.config, evaluation.now) : []
  return [...unknownSkips.notes(), ...notesOnSettings(settings), ...unused]
}

function reportOf(
  run: CheckRun,
  objects: readonly ReportedObject[],
  { flags, configuration }: RunSettings,
  { evaluation: { cluster, now } }: CheckContext
): Report {
  return {
    command: 'check',
    version: VERSION,
    createdAt: new Date(now).toISOString(),
    source: count(run.files, 'file'),
    checked: run.checked,
    ...run.notChecked.report,
    settings: reportedSettings(flags, cluster.version),
    policies: policiesIn(configuration),
    objects,
    ...run.found.leftOut,
    problems: run.problems.items,
    notes: [...settingsNotes(configuration, flags.config, now), ...run.sentences()]
  }
}

function refuseContradictions(paths: readonly string[], { previous = [], live, fix, diff, output }: CheckFlags): void {
  refuseTwoInputs([...paths, ...previous])
  if (live && previous.length > 0) {
    throw new HoldfastError('FLAG_INVALID', '--live and --previous both say what runs now')
  }
  if (diff && !fix) throw new HoldfastError('FLAG_INVALID', '--diff needs --fix')
  if (fix && output?.some(({ file }) => file === undefined)) {
    throw new HoldfastError('FLAG_INVALID', '--fix writes to standard output, so each -o has to name a file')
  }
}

/** Loaded where it is wanted: what rewrites YAML is a third of all that `check` would load. */
async function fixesOn(stream: NodeJS.WriteStream, asDiff: boolean): Promise<Fixes> {
  const { Fixes } = await import('./fixes.ts')
  return new Fixes(asDiff, (text) => stream.write(text))
}

/** A diff cannot be applied to what a program prints. */
async function refuseDiffOfRendered(paths: readonly string[]): Promise<void> {
  for (const path of paths) {
    if (await isRendered(path)) throw new HoldfastError('FLAG_INVALID', `--diff needs files, and ${path} is rendered`)
  }
}
