import { kindOf, nameOfObject } from '../core/objects/metadata.ts'
import type { FirstOf } from '../core/values/first-of.ts'
import { detached, type JsonObject } from '../core/values/json.ts'
import { oneLine } from '../core/values/text.ts'
import { HoldfastError } from '../errors.ts'
import { type Before, Previous } from '../inventory/files/previous.ts'
import type { DocumentRead } from '../inventory/files/read.ts'
import { readSources } from '../inventory/files/sources.ts'
import { type FileReadProblem, STANDARD_INPUT } from '../inventory/files/walk.ts'
import type { Manifest } from '../inventory/yaml/manifests.ts'
import type { ReadProblem } from '../report/report.ts'
import { matchedResource } from './check/manifest.ts'

/** Problems of one run that are listed: more than these have one cause. */
export const MOST_PROBLEMS = 1000
/** Of the name of an object that may be anything. */
const LONGEST_NAME = 300

/** @throws HoldfastError FLAG_INVALID */
export function refuseTwoInputs(paths: readonly string[]): void {
  if (paths.filter((path) => path === STANDARD_INPUT).length < 2) return
  throw new HoldfastError('FLAG_INVALID', 'Standard input can be read only once')
}

/**
 * Reads what is there before an upgrade. Only objects that policies match are kept, and not what stands around them.
 *
 * @param problems takes what could not be read
 * @param allowUnchecked whether a source may hold nothing to compare with
 */
export async function readPrevious(
  sources: readonly string[],
  namespace: string | undefined,
  problems: FirstOf<ReadProblem>,
  allowUnchecked = false
): Promise<Previous> {
  const previous = new Previous()
  for await (const read of readSources(sources, process.stdin, { allowUnchecked, allowEmptyLists: true })) {
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
