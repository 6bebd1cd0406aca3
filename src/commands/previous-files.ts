import { detached } from '../core/json.ts'
import { HoldfastError } from '../errors.ts'
import { type FileProblem, STANDARD_INPUT } from '../inventory/files.ts'
import { Previous } from '../inventory/previous.ts'
import { readManifests } from '../inventory/read.ts'
import type { Problem } from '../report/report.ts'
import { isWatchedKind } from './check-manifest.ts'

/** @throws HoldfastError FLAG_INVALID */
export function refuseTwoInputs(paths: readonly string[]): void {
  if (paths.filter((path) => path === STANDARD_INPUT).length < 2) return
  throw new HoldfastError('FLAG_INVALID', 'Standard input can be read only once')
}

/**
 * Reads what is there before an upgrade. Only objects that policies watch are kept, and not what stands around them.
 *
 * @param problems takes what could not be read
 */
export async function readPrevious(
  sources: readonly string[],
  namespace: string | undefined,
  problems: Problem[]
): Promise<Previous> {
  const previous = new Previous()
  for await (const read of readManifests(sources, process.stdin)) {
    if (read.kind === 'problem') problems.push(problemOf(read))
    if (read.kind !== 'document') continue
    for (const { object } of read.manifests) if (isWatchedKind(object)) previous.add(detached(object), namespace)
  }
  return previous
}

export function problemOf({ file, line, error }: FileProblem): Problem {
  return { where: file, ...(line !== undefined && { line }), code: error.code, message: error.message }
}
