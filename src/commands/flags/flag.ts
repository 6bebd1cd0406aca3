import { type Command, Option } from 'commander'

/** A flag of the command line that is also an environment variable: `--health-port` and HOLDFAST_HEALTH_PORT. */
export function flag(flags: string, description: string): Option {
  const option = new Option(flags, description)
  return option.env(`HOLDFAST_${option.name().replaceAll('-', '_').toUpperCase()}`)
}

export function addFlags(command: Command, flags: readonly Option[]): Command {
  for (const option of flags) command.addOption(option)
  return command
}

/** `--previous a --previous b`, for commands that compare files with what runs now. */
export function previousFlag(): Option {
  return new Option(
    '--previous <path>',
    'what runs now: file, directory, -, git:REF or chart:REPO/NAME@VERSION; may be given several times'
  ).argParser((path: string, before: readonly string[] = []) => [...before, path])
}

/** Why somebody would run it, and the command line. */
export type Example = readonly [why: string, line: string]

/**
 * What `--help` ends with, for `addHelpText('after', …)`. A test parses every line, so that none survives the flag that
 * it shows.
 */
export function examples(list: readonly Example[]): string {
  return ['', 'Examples:', ...list.flatMap(([why, line]) => [`  ${why}:`, `    ${line}`])].join('\n')
}
