import { Option } from 'commander'
import { flag } from '../flags/flag.ts'
import { days, hosts } from '../flags/values.ts'

export interface CertsFlags {
  readonly hosts: readonly string[]
  readonly days: number
  readonly force?: true
}

export const CERTS_FLAGS = [
  flag('--hosts <names>', 'DNS names and IP addresses of the webhook').argParser(hosts),
  flag('--days <number>', 'how long the certificates are valid').argParser(days).default(365),
  new Option('--force', 'replace existing files')
]
