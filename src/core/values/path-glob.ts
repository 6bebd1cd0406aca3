const SPECIAL = /\*\*\/|\*\*|\*|\?|[.+^${}()|[\]\\]/g

const MEANING: Readonly<Record<string, string>> = { '**/': '(?:.*/)?', '**': '.*', '*': '[^/]*', '?': '[^/]' }

/**
 * What a pattern of paths fits: `*` is any text within a name, `?` one character of it, `**` any number of directories,
 * and all the rest is meant as it is written. A pattern that fits a directory fits all that is in it.
 */
export function pathMatcher(pattern: string): (path: string) => boolean {
  const plain = pattern.replace(/^(?:\.\/)+/, '').replace(/\/+$/, '')
  const source = plain.replace(SPECIAL, (special) => MEANING[special] ?? `\\${special}`)
  const expression = new RegExp(`^${source}(?:/|$)`)
  return (path) => expression.test(path)
}
