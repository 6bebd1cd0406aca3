import { Option } from 'commander'
import { CONNECTION_FLAGS, type ConnectionFlags } from '../flags/connection.ts'
import { flag } from '../flags/flag.ts'
import { duration, namespace } from '../flags/values.ts'

export interface DoctorFlags extends ConnectionFlags {
  readonly namespace: string
  /** Milliseconds. */
  readonly wait: number
  readonly output: 'text' | 'json'
  readonly failOn: 'error' | 'warning'
}

export const DOCTOR_FLAGS = [
  new Option('-n, --namespace <name>', 'namespace of the installation').argParser(namespace).default('holdfast-system'),
  ...CONNECTION_FLAGS,
  flag('--wait <duration>', 'repeat until all is well, for at most this long, such as 2m')
    .argParser(duration)
    .default(0, '0s'),
  new Option('-o, --output <format>', 'text for a terminal, json for programs')
    .choices(['text', 'json'])
    .default('text'),
  new Option('--fail-on <level>', 'minimum level that ends with exit code 1')
    .choices(['error', 'warning'])
    .default('warning')
]
