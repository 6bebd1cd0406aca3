import { isAbsolute, relative } from 'node:path'
import { UNKNOWN_CLUSTER } from '../../core/cluster.ts'
import { kindOf } from '../../core/objects/metadata.ts'
import { FirstOf } from '../../core/values/first-of.ts'
import type { JsonObject } from '../../core/values/json.ts'
import { count, oneLine } from '../../core/values/text.ts'
import { HoldfastError } from '../../errors.ts'
import { LiveObjects, type Unread } from '../../inventory/cluster/live-objects.ts'
import { type Before, NEW, type Previous } from '../../inventory/files/previous.ts'
import type { DocumentRead } from '../../inventory/files/read.ts'
import { STANDARD_INPUT } from '../../inventory/files/walk.ts'
import { isRendered, readSources, type SourceRead } from '../../inventory/sources.ts'
import type { Manifest } from '../../inventory/yaml/manifests.ts'
import { Gathered } from '../../report/gathered.ts'
import { joined } from '../../report/joined.ts'
import { NotCheckedCount } from '../../report/not-checked.ts'
import type { ReadProblem, Report } from '../../report/report.ts'
import { VERSION } from '../../version.ts'
import { problemInCluster } from '../asked-cluster.ts'
import { policiesIn, settingsNotes } from '../configuration-file.ts'
import { deliver } from '../deliver.ts'
import { goneNotes } from '../gone.ts'
import { ambiguity, MOST_PROBLEMS, placeOf, problemOf, readPrevious, refuseTwoInputs } from '../previous-files.ts'
import { progressOn } from '../progress.ts'
import { reportedSettings } from '../reported-settings.ts'
import { sourceOptions } from '../source-options.ts'
import { UnknownSkips } from '../unknown-skips.ts'
import { readBaseline, withBaseline } from './baseline.ts'
import type { Live } from './connect-live.ts'
import type { Fixes } from './fixes.ts'
import type { CheckFlags } from './flags.ts'
import { type CheckContext, type Checked, checkManifest, matchedResource, WATCHED_KINDS } from './manifest.ts'
import { RefusedUpgrades } from './refused-upgrades.ts'
import { GivenSets } from './sets.ts'
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
  const { paths, flags, configuration, ignored } = settings
  const baseline = await readBaseline(flags)
  const now = new Date()
  const version = live === undefined ? flags.kubernetesVersion : live.version
  const context: CheckContext = {
    configuration,
    evaluation: {
      cluster: version === undefined ? UNKNOWN_CLUSTER : { version },
      ceiling: 'enforce',
      now: now.getTime()
    },
    namespace: live?.namespace ?? flags.namespace,
    unknownSkips: new UnknownSkips(),
    usedExemptions: new UsedExemptions(),
    isFixing: flags.fix === true
  }
  const problems = new FirstOf<ReadProblem>(MOST_PROBLEMS)
  const chartFlags = { ...flags, namespace: context.namespace, kubernetesVersion: version }
  const options = await sourceOptions(paths, flags.previous ?? [], chartFlags, WATCHED_KINDS)
  if (flags.diff) await refuseDiffOfRendered(paths)
  const notes: string[] = []
  const note = (sentence: string) => notes.push(sentence)
  const previous =
    flags.previous && (await readPrevious(flags.previous, flags.namespace, { ...options, paths, note }, problems))
  const fixes = flags.fix && (await fixesOn(process.stdout, flags.diff === true))
  const run = new CheckRun(context, live?.objects ?? previous, fixes, problems)
  for (const note of notes) run.note(note)
  await run.all(readSources(paths, process.stdin, { ...options, isIgnored: ignored.has, asNext: true }))
  const objects = joined(run.found.objects, run.sets.findings(problems.items.length > 0))
  for (const note of run.sets.notes()) run.note(note)
  for (const note of live?.notes ?? []) run.note(note)
  for (const note of previous === undefined ? [] : goneNotes(previous, flags.namespace)) run.note(note)
  for (const note of context.unknownSkips.notes()) run.note(note)
  for (const note of notesOnSettings(settings)) run.note(note)
  // What was not checked may be what an exemption is for.
  const isWhole = settings.isWhole && problems.items.length === 0
  for (const note of isWhole ? context.usedExemptions.notes(configuration, flags.config, now.getTime()) : [])
    run.note(note)
  const report: Report = {
    command: 'check',
    version: VERSION,
    createdAt: now.toISOString(),
    source: count(run.files, 'file'),
    checked: run.checked,
    ...run.notChecked.report,
    settings: reportedSettings(flags, version),
    policies: policiesIn(context.configuration),
    objects,
    ...run.found.leftOut,
    problems: problems.items,
    notes: [...settingsNotes(context.configuration, flags.config, now.getTime()), ...notesOf(run, problems)]
  }
  return { report: await withBaseline(report, baseline, flags, run.filesRead), upgradePlan: run.refused.markdown }
}

/** Notes of one run that are told, and characters of each. */
const MOST_NOTES = 1000
const LONGEST_NOTE = 2000

function notesOf({ notes, found }: CheckRun, problems: FirstOf<ReadProblem>): string[] {
  const more = (leftOut: number, noun: string): string[] =>
    leftOut === 0 ? [] : [`${count(leftOut, `more ${noun}`)} not listed.`]
  return [...notes.items, ...found.notes(), ...more(notes.leftOut, 'note'), ...more(problems.leftOut, 'problem')]
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

/** Nobody can apply a diff to what a program prints. */
async function refuseDiffOfRendered(paths: readonly string[]): Promise<void> {
  for (const path of paths) {
    if (await isRendered(path)) throw new HoldfastError('FLAG_INVALID', `--diff needs files, and ${path} is rendered`)
  }
}

/** What one run has met until now. */
class CheckRun {
  files = 0
  readonly filesRead = new Set<string>()
  checked = 0
  readonly found = new Gathered()
  readonly notChecked = new NotCheckedCount()
  readonly sets: GivenSets
  readonly refused = new RefusedUpgrades()
  readonly notes = new FirstOf<string>(MOST_NOTES)
  readonly #context: CheckContext
  readonly #previous: Previous | LiveObjects | undefined
  readonly #fixes: Fixes | undefined
  readonly #problems: FirstOf<ReadProblem>
  /** Objects of Kubernetes, of whatever kind. */
  #met = 0

  constructor(
    context: CheckContext,
    previous: Previous | LiveObjects | undefined,
    fixes: Fixes | undefined,
    problems: FirstOf<ReadProblem>
  ) {
    this.#context = context
    this.sets = new GivenSets(context)
    this.#previous = previous
    this.#fixes = fixes
    this.#problems = problems
  }

  async all(stream: AsyncIterable<SourceRead>): Promise<void> {
    const progress = progressOn(process.stderr, () => performance.now())
    for await (const read of stream) {
      await this.#one(read)
      progress.show(
        `${count(this.files, 'file')}, ${count(this.checked, 'object')} checked, ${this.found.objects.length} with findings`
      )
    }
    progress.end()
    if (this.checked === 0 && this.#met > 0) {
      this.note(`No policy applies to any of the ${count(this.#met, 'object')} that were read.`)
    }
  }

  /** A sentence for the reader, which may name what anybody wrote. */
  note(sentence: string): void {
    this.notes.push(oneLine(sentence, LONGEST_NOTE))
  }

  async #one(read: SourceRead): Promise<void> {
    if (read.kind === 'document') await this.#document(read)
    else if (read.kind === 'problem') {
      this.#problems.push(problemOf(read))
      this.#fixes?.keep(read)
    } else if (read.kind === 'note') this.note(read.text)
    else this.#endOfFile(read.file)
  }

  async #document(read: DocumentRead): Promise<void> {
    const { unparsed } = read
    if (unparsed !== undefined) {
      this.#met++
      this.notChecked.add(unparsed.group, unparsed.kind)
    }
    const checked: Checked[] = []
    for (const manifest of read.manifests) checked.push(await this.#manifest(manifest, read))
    const share = read.document.text.length / read.manifests.length
    for (const [index, manifest] of read.manifests.entries()) {
      this.sets.add(manifest, read.file, read.document.line, share, checked[index]?.stored)
    }
    this.#met += checked.length
    for (const [index, { object }] of read.manifests.entries()) this.#count(object, checked[index]?.evaluated === true)
    for (const { reported } of checked) if (reported !== undefined) this.found.add(reported)
    if (read.repeated > 0) this.note(repetition(read))
    const problem = this.#fixes?.add(read, checked)
    if (problem !== undefined) this.#problems.push(problemOf(problem))
  }

  async #manifest(manifest: Manifest, read: DocumentRead): Promise<Checked> {
    const before = await this.#before(manifest, read)
    if (before.kind === 'ambiguous') this.#problems.push(ambiguity(manifest.object, read, manifest, before))
    if (before.kind === 'unread') this.#problems.push(problemInCluster(before.problem))
    if (before.kind === 'known') this.#compared(manifest.object, before.object, read.file)
    const known = before.kind === 'unread' ? NEW : before
    return checkManifest(manifest, known, read.file, read.document.line, this.#context)
  }

  #compared(object: JsonObject, previous: JsonObject, file: string): void {
    const { namespace, evaluation } = this.#context
    this.refused.add(object, previous, file, namespace, evaluation.cluster)
  }

  async #before(manifest: Manifest, read: DocumentRead): Promise<Before | Unread> {
    const { object } = manifest
    const resource = this.#previous && matchedResource(object)
    if (this.#previous === undefined || resource === undefined) return NEW
    const place = placeOf(read, manifest)
    if (this.#previous instanceof LiveObjects) return this.#previous.find(object, resource, place)
    return this.#previous.find(object, this.#context.namespace, place)
  }

  #endOfFile(file: string): void {
    this.files++
    this.filesRead.add(file)
    this.#fixes?.endFile(nameInDiff(file))
  }

  #count(object: JsonObject, isEvaluated: boolean): void {
    const { group, kind } = kindOf(object)
    if (isEvaluated || this.sets.reads(object)) this.checked++
    else this.notChecked.add(group, kind)
  }
}

function repetition({ file, document, repeated }: DocumentRead): string {
  const aliases = repeated === 1 ? '1 alias' : `${repeated} aliases`
  return `${file}:${document.line}: what ${aliases} of objects stand for is checked once`
}

/** As it is called from here, which is where `git apply` looks for it. */
function nameInDiff(file: string): string {
  if (file === STANDARD_INPUT) return 'stdin'
  const near = relative(process.cwd(), file)
  return isAbsolute(file) && !near.startsWith('..') ? near : file
}
