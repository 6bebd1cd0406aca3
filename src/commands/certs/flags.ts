import { Option } from 'commander'
import { flag } from '../flags/flag.ts'
import { days, list } from '../flags/values.ts'

export interface CertsFlags {
  readonly hosts: readonly string[]
  readonly days: number
  readonly force?: true
}

export const CERTS_FLAGS = [
  flag('--hosts <names>', 'DNS names and IP addresses of the webhook').argParser(list),
  flag('--days <number>', 'how long the certificates are valid').argParser(days).default(365),
  new Option('--force', 'replace existing files')
]
