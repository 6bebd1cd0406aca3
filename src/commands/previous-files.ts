import { kindOf, nameOfObject } from '../core/objects/metadata.ts'
import type { FirstOf } from '../core/values/first-of.ts'
import { detached, type JsonObject } from '../core/values/json.ts'
import { oneLine } from '../core/values/text.ts'
import { HoldfastError } from '../errors.ts'
import { type Before, Previous } from '../inventory/files/previous.ts'
import type { DocumentRead } from '../inventory/files/read.ts'
import { type FileReadProblem, STANDARD_INPUT } from '../inventory/files/walk.ts'
import { isCommit, readPreviousSources } from '../inventory/previous-sources.ts'
import type { SourceOptions } from '../inventory/sources.ts'
import type { Manifest } from '../inventory/yaml/manifests.ts'
import type { ReadProblem } from '../report/report.ts'
import { matchedResource } from './check/manifest.ts'

/** Problems of one run that are listed: more than these have one cause. */
export const MOST_PROBLEMS = 1000
/** Of the name of an object that may be anything. */
const LONGEST_NAME = 300

/** @throws HoldfastError FLAG_INVALID */
export function refuseTwoInputs(paths: readonly string[]): void {
  const inputs = paths.filter((path) => path === STANDARD_INPUT).length
  if (inputs > 1) throw new HoldfastError('FLAG_INVALID', 'Standard input can be read only once')
  if (inputs === 1 && paths.some(isCommit)) {
    throw new HoldfastError('FLAG_INVALID', '--previous git: reads the same paths, and standard input is in no commit')
  }
}

export interface PreviousOptions extends SourceOptions {
  /** What is compared with it. */
  readonly paths: readonly string[]
  /** Takes a sentence for the reader. */
  note(sentence: string): void
}

/**
 * Reads what is there before an upgrade. Only objects that policies match are kept, and not what stands around them.
 *
 * @param problems takes what could not be read
 */
export async function readPrevious(
  sources: readonly string[],
  namespace: string | undefined,
  { paths, note, ...options }: PreviousOptions,
  problems: FirstOf<ReadProblem>
): Promise<Previous> {
  const previous = new Previous()
  for await (const read of readPreviousSources(sources, paths, process.stdin, { ...options, allowEmptyLists: true })) {
    if (read.kind === 'note') note(read.text)
    if (read.kind === 'problem') problems.push(problemOf(read))
    if (read.kind !== 'document') continue
    for (const manifest of read.manifests) {
      const { object } = manifest
      if (matchedResource(object) !== undefined) previous.add(detached(object), namespace, placeOf(read, manifest))
    }
  }
  return previous
}

/** `new.yaml:12`, for whoever has to be told of an object. */
export function placeOf({ file, document }: DocumentRead, { line }: Manifest): string {
  return `${file}:${document.line + line}`
}

/** Nobody knows what this object is compared with, so nobody may say what becomes of it. */
export function ambiguity(
  object: JsonObject,
  read: DocumentRead,
  manifest: Manifest,
  { places, more }: Extract<Before, { readonly kind: 'ambiguous' }>
): ReadProblem {
  const name = oneLine(nameOfObject(object), LONGEST_NAME)
  const all = [...places, ...(more === 0 ? [] : [`and ${more} more`])].join(', ')
  const what = `${kindOf(object).kind} ${name} can be compared with more than one: ${all}`
  const { code, message } = new HoldfastError('SOURCE_AMBIGUOUS', what)
  return { where: read.file, line: read.document.line + manifest.line, code, message }
}

export function problemOf({ file, line, error }: FileReadProblem): ReadProblem {
  return { where: file, ...(line !== undefined && { line }), code: error.code, message: error.message }
}
