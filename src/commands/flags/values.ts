import { type Command, InvalidArgumentError, Option } from 'commander'
import { type KubernetesVersion, parseVersion } from '../../core/cluster.ts'

/** A flag of the command line that is also an environment variable: `--health-port` and HOLDFAST_HEALTH_PORT. */
export function flag(flags: string, description: string): Option {
  const option = new Option(flags, description)
  return option.env(`HOLDFAST_${option.name().replaceAll('-', '_').toUpperCase()}`)
}

export function addFlags(command: Command, flags: readonly Option[]): Command {
  for (const option of flags) command.addOption(option)
  return command
}

export function port(text: string): number {
  return wholeNumber(text, 65535, 'a port from 0 (any free one) to 65535')
}

export function verbosity(text: string): number {
  return wholeNumber(text, 10, 'a level from 0 to 10')
}

export function days(text: string): number {
  return wholeNumber(text, 3650, 'a number of days from 1 to 3650', 1)
}

/** `a,b` or the flag given twice. */
export function list(text: string, before: readonly string[] = []): readonly string[] {
  const items = text.split(',').map((item) => item.trim())
  if (items.includes('')) throw new InvalidArgumentError('It has to be a list such as a,b.')
  return [...before, ...items]
}

const NAMESPACE = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/

export function namespace(text: string): string {
  if (NAMESPACE.test(text)) return text
  throw new InvalidArgumentError('It has to be the name of one namespace.')
}

/** `a,b` or the flag given twice. They become a part of a path. */
export function namespaces(text: string, before?: readonly string[]): readonly string[] {
  const names = list(text, before)
  if (names.every((name) => NAMESPACE.test(name))) return names
  throw new InvalidArgumentError('It has to be a list of names of namespaces, such as a,b.')
}

export function kubernetesVersion(text: string): KubernetesVersion {
  const parsed = parseVersion(text)
  if (parsed === undefined) throw new InvalidArgumentError('It has to be a version such as 1.36.')
  return parsed
}

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000 }

/** Milliseconds of `500ms`, `15s` or `1m`. */
export function duration(text: string): number {
  const match = /^(\d{1,6})(ms|s|m)$/.exec(text)
  if (match === null) throw new InvalidArgumentError('It has to be a duration such as 15s or 500ms.')
  return Number(match[1]) * (UNITS[match[2] as string] as number)
}

function wholeNumber(text: string, most: number, wanted: string, least = 0): number {
  if (/^\d{1,5}$/.test(text) && Number(text) <= most && Number(text) >= least) return Number(text)
  throw new InvalidArgumentError(`It has to be ${wanted}.`)
}

/** `--previous a --previous b`, for commands that compare files with what runs now. */
export function previousFlag(): Option {
  return new Option('--previous <path>', 'what runs now: file, directory or -; may be given several times').argParser(
    (path: string, before: readonly string[] = []) => [...before, path]
  )
}
