/** Why somebody would run it, and the command line. */
export type Example = readonly [why: string, line: string]

/**
 * What `--help` ends with, for `addHelpText('after', …)`. A test parses every line, so that none survives the flag that
 * it shows.
 */
export function examples(list: readonly Example[]): string {
  return ['', 'Examples:', ...list.flatMap(([why, line]) => [`  ${why}:`, `    ${line}`])].join('\n')
}
