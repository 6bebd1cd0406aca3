/** What a POSIX shell makes of a command that a recipe prints, as far as recipes go. */

/** The programs that recipes call, with flags, names and quoted texts behind them, in a loop or not. */
const COMMAND =
  /^(?<loop>for i in \$\(seq \d+ \d+\); do )?(?:kubectl|helm) (?<words>(?:[A-Za-z0-9 .,=:@%+_/[\]*"-]|\$i|Q)*?)(?: > [a-z0-9.A-Z-]+)?(?<end>; done)?$/

const FLAGS = new Set([
  ...['-n', '-l', '-f', '-o', '-p', '--cascade', '--type', '--replicas', '--timeout', '--grace-period', '--wait'],
  ...['--reuse-values', '--version', '--dry-run', '--for', '--all', '--ignore-not-found', '--overwrite']
])

/** What is wrong with a line that somebody pastes into a shell; empty where nothing is. */
export function faultsInCommand(line: string): string[] {
  const bare = withoutQuoted(line)
  if (bare === undefined) return [`a quotation mark is not closed: ${line}`]
  const match = COMMAND.exec(bare)
  const { loop, words = '', end } = match?.groups ?? {}
  if (match === null || (loop === undefined) !== (end === undefined)) return [`no command of a recipe: ${line}`]
  if (loop === undefined && words.includes('$')) return [`an expansion: ${line}`]
  const flags = words.split(' ').filter((word) => word.startsWith('-'))
  return flags.filter((flag) => !FLAGS.has(flag.replace(/=.*/, ''))).map((flag) => `the flag ${flag}: ${line}`)
}

/** The line with `Q` in the place of what is in single quotes; undefined where they are not closed, or hold a line break. */
function withoutQuoted(line: string): string | undefined {
  const bare = line.replaceAll("'\\''", '').replaceAll(/'[^'\n]*'/g, 'Q')
  return bare.includes("'") ? undefined : bare
}

/** What is wrong with the commands that a sentence names, as in `run "kubectl …"`. */
export function faultsInSentence(sentence: string): string[] {
  return [...sentence.matchAll(/\brun "([^"]*)"/g)].flatMap(([, command = '']) => faultsInCommand(command))
}
