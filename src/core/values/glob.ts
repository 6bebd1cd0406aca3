/**
 * Whether a name fits a pattern, in which `*` stands for any text: `team-*`, `*-staging`, `*`. Everything else is meant
 * as it is written.
 */
export function matchesGlob(pattern: string, name: string): boolean {
  const [first = '', ...rest] = pattern.split('*')
  if (!name.startsWith(first)) return false
  if (rest.length === 0) return name === first
  const last = rest.pop() as string
  let at = first.length
  for (const part of rest) {
    const found = name.indexOf(part, at)
    if (found < 0) return false
    at = found + part.length
  }
  return name.length - last.length >= at && name.endsWith(last)
}
