import { isAbsolute, relative } from 'node:path'
import { kindOf } from '../../core/objects/metadata.ts'
import { FirstOf } from '../../core/values/first-of.ts'
import type { JsonObject } from '../../core/values/json.ts'
import { count, oneLine } from '../../core/values/text.ts'
import { LiveObjects, type Unread } from '../../inventory/cluster/live-objects.ts'
import { type Before, NEW, type Previous } from '../../inventory/files/previous.ts'
import type { DocumentRead } from '../../inventory/files/read.ts'
import { STANDARD_INPUT } from '../../inventory/files/walk.ts'
import type { SourceRead } from '../../inventory/sources.ts'
import type { Manifest } from '../../inventory/yaml/manifests.ts'
import { Gathered } from '../../report/gathered.ts'
import { NotCheckedCount } from '../../report/not-checked.ts'
import type { ReadProblem } from '../../report/report.ts'
import { problemInCluster } from '../asked-cluster.ts'
import { fileToApply } from '../file-to-apply.ts'
import { ambiguity, placeOf, problemOf } from '../previous-files.ts'
import { progressOn } from '../progress.ts'
import type { Fixes } from './fixes.ts'
import { type CheckContext, type Checked, checkManifest, matchedResource } from './manifest.ts'
import { RefusedUpgrades } from './refused-upgrades.ts'
import { GivenSets } from './sets.ts'

/** Notes of one run that are told, and characters of each. */
const MOST_NOTES = 1000
const LONGEST_NOTE = 2000

/** What one run has met until now. */
export class CheckRun {
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
  readonly problems: FirstOf<ReadProblem>
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
    this.problems = problems
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

  /** All notes, and how many more there were. */
  sentences(): string[] {
    const more = (leftOut: number, noun: string): string[] =>
      leftOut === 0 ? [] : [`${count(leftOut, `more ${noun}`)} not listed.`]
    const { notes, found, problems } = this
    return [...notes.items, ...found.notes(), ...more(notes.leftOut, 'note'), ...more(problems.leftOut, 'problem')]
  }

  async #one(read: SourceRead): Promise<void> {
    if (read.kind === 'document') await this.#document(read)
    else if (read.kind === 'problem') {
      this.problems.push(problemOf(read))
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
    if (problem !== undefined) this.problems.push(problemOf(problem))
  }

  async #manifest(manifest: Manifest, read: DocumentRead): Promise<Checked> {
    const before = await this.#before(manifest, read)
    if (before.kind === 'ambiguous') this.problems.push(ambiguity(manifest.object, read, manifest, before))
    if (before.kind === 'unread') this.problems.push(problemInCluster(before.problem))
    if (before.kind === 'known') this.#compared(manifest.object, before.object, fileToApply(read))
    const known = before.kind === 'unread' ? NEW : before
    return checkManifest(manifest, known, read.file, read.document.line, this.#context)
  }

  #compared(object: JsonObject, previous: JsonObject, file: string | undefined): void {
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
  return `${file}:${document.line}: objects behind ${aliases} are checked once`
}

/** As it is called from here, which is where `git apply` looks for it. */
function nameInDiff(file: string): string {
  if (file === STANDARD_INPUT) return 'stdin'
  const near = relative(process.cwd(), file)
  return isAbsolute(file) && !near.startsWith('..') ? near : file
}
