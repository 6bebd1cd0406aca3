import type { Gap } from '../../core/gap.ts'
import { type ErrorCode, HoldfastError } from '../../errors.ts'
import type { ApiError } from '../../kubernetes/api-error.ts'

/** Something that was asked of the cluster and not done. All the rest is, nevertheless. */
export interface ClusterReadProblem {
  /** What was asked for: "pods in the namespace lab". */
  readonly where: string
  readonly error: HoldfastError
  /** Where something is missing now; undefined where that may be anywhere. */
  readonly namespaces: readonly string[] | undefined
  /** What that is; undefined where it may be anything. */
  readonly gap?: Gap
  /**
   * A list of a custom resource that may not be read. Roles of before do not name it, and an API server refuses it in the
   * same words where there is no such resource: a note is enough.
   */
  readonly isExpected?: true
}

/** More namespaces than these with the same problem are one sentence: who has rights in three of 400 knows. */
const NAMED = 5

/** @param what is said in the place of the API server's message */
export function clusterReadProblem(
  code: ErrorCode,
  where: string,
  error: ApiError,
  namespaces?: readonly string[],
  what: string = error.message
): ClusterReadProblem {
  // The help is put behind it.
  const sentence = what.replace(/[.\s]+$/, '')
  return { where, error: new HoldfastError(code, sentence, { cause: error }), namespaces }
}

/** What went wrong in some namespaces, each by itself or, where they are many, all in one. */
export function clusterReadProblems(
  code: ErrorCode,
  what: string,
  failures: ReadonlyMap<string, ApiError>
): ClusterReadProblem[] {
  const [first] = failures.values()
  if (first === undefined || failures.size <= NAMED) {
    return [...failures].map(([name, error]) =>
      clusterReadProblem(code, `${what} in the namespace ${name}`, error, [name])
    )
  }
  const names = [...failures.keys()]
  return [clusterReadProblem(code, `${what} in ${namedIn(names)}`, first, names)]
}

/** "the namespace a", "the namespaces a, b", "9 namespaces, a, b, c, d, e among them". */
export function namedIn(names: readonly string[]): string {
  if (names.length === 1) return `the namespace ${names[0]}`
  if (names.length <= NAMED) return `the namespaces ${names.join(', ')}`
  return `${names.length} namespaces, ${names.slice(0, NAMED).join(', ')} among them`
}
