import { isIP } from 'node:net'
import { InvalidArgumentError } from 'commander'
import { type KubernetesVersion, parseVersion } from '../../core/cluster.ts'

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

const DNS_NAME = /^(?:\*\.)?[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?)*$/i

/** `a,b` or the flag given twice. Nobody could connect to anything else. */
export function hosts(text: string, before?: readonly string[]): readonly string[] {
  const names = list(text, before)
  const wrong = names.find((name) => isIP(name) === 0 && !DNS_NAME.test(name))
  if (wrong === undefined) return names
  throw new InvalidArgumentError(`${JSON.stringify(wrong)} is neither a DNS name nor an IP address.`)
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

/** A duration after which something is done again: not none at all. */
export function interval(text: string): number {
  const ms = duration(text)
  if (ms === 0) throw new InvalidArgumentError('It has to be longer than nothing.')
  return ms
}

function wholeNumber(text: string, most: number, wanted: string, least = 0): number {
  if (/^\d{1,5}$/.test(text) && Number(text) <= most && Number(text) >= least) return Number(text)
  throw new InvalidArgumentError(`It has to be ${wanted}.`)
}
