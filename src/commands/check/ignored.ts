import { relative, resolve } from 'node:path'
import { FirstOf } from '../../core/values/first-of.ts'
import { pathMatcher } from '../../core/values/path-glob.ts'
import { count } from '../../core/values/text.ts'

/** How many paths a note names. */
const NAMED_PATHS = 5

/** Paths that `check.ignore` leaves out, and those of them that were met. */
export class IgnoredPaths {
  readonly #directory: string
  readonly #matchers: readonly ((path: string) => boolean)[]
  readonly #met = new FirstOf<string>(NAMED_PATHS)

  /** @param directory that the patterns start from */
  constructor(patterns: readonly string[], directory: string) {
    this.#directory = resolve(directory)
    this.#matchers = patterns.map(pathMatcher)
  }

  /** Whether to leave a path out, as it is called from the working directory. */
  readonly has = (path: string): boolean => {
    if (this.#matchers.length === 0) return false
    const own = relative(this.#directory, resolve(path))
    const isIgnored = this.#matchers.some((matches) => matches(own))
    if (isIgnored) this.#met.push(path)
    return isIgnored
  }

  notes(): string[] {
    const { items, leftOut } = this.#met
    if (items.length === 0) return []
    const more = leftOut === 0 ? '' : ` and ${leftOut} more`
    return [`check.ignore leaves out ${count(items.length + leftOut, 'path')}: ${items.join(', ')}${more}.`]
  }
}
