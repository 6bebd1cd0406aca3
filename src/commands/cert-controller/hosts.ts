import { isIPv6 } from 'node:net'
import { InvalidArgumentError } from 'commander'
import { hosts } from '../flags/values.ts'

const IPV4_MAPPED = /^\[::ffff:[0-9a-f]{1,4}:[0-9a-f]{1,4}\]$/

/** `a,b` or the flag given twice, without what a certificate cannot be for: the controller would issue for ever. */
export function certificateHosts(text: string, before?: readonly string[]): readonly string[] {
  const names = hosts(text, before)
  for (const name of names) {
    const problem = problemWith(name)
    if (problem !== undefined) throw new InvalidArgumentError(`${JSON.stringify(name)} ${problem}`)
  }
  return names
}

function problemWith(name: string): string | undefined {
  if (!isIPv6(name)) return undefined
  if (name.includes('%')) return 'has a zone id. A certificate has IP addresses without one.'
  // A URL has the shortest form of an address, however it is written.
  const isMapped = IPV4_MAPPED.test(new URL(`https://[${name}]`).hostname)
  return isMapped ? 'is an IPv4-mapped IPv6 address. Use the IPv4 address.' : undefined
}
