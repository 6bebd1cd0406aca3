import { flag } from '../flags/flag.ts'
import { days, duration, interval, port, verbosity } from '../flags/values.ts'
import { certificateHosts } from './hosts.ts'

export interface CertControllerFlags {
  readonly hosts?: readonly string[]
  readonly days: number
  readonly trustDelay: number
  readonly retireDelay: number
  readonly pollInterval: number
  readonly leaseDuration: number
  readonly serviceAccountDir: string
  readonly bindAddress: string
  readonly healthPort: number
  readonly v: number
}

export const CERT_CONTROLLER_FLAGS = [
  flag(
    '--hosts <names>',
    'DNS names and IP addresses of the webhook; without it, those of the Service holdfast in its own namespace'
  ).argParser(certificateHosts),
  flag('--days <number>', 'how long certificates are valid; renewed after two thirds').argParser(days).default(90),
  flag('--trust-delay <duration>', 'from a new CA in every caBundle until Pods get its certificate')
    .argParser(duration)
    .default(120_000, '2m'),
  flag('--retire-delay <duration>', 'from a new certificate in the Secret until its predecessor is no longer trusted')
    .argParser(duration)
    .default(3_600_000, '60m'),
  flag('--poll-interval <duration>', 'how often the Secret and the webhook configurations are read')
    .argParser(interval)
    .default(5000, '5s'),
  flag('--lease-duration <duration>', 'how long a leader is waited for that no longer renews the Lease')
    .argParser(interval)
    .default(15_000, '15s'),
  flag('--service-account-dir <dir>', 'directory with ca.crt, namespace and token of the service account').default(
    '/var/run/secrets/kubernetes.io/serviceaccount'
  ),
  flag('--bind-address <ip>', 'address that the health port listens on, IPv4 and IPv6 by default').default('::'),
  flag('--health-port <number>', 'HTTP port of /livez, /readyz and /metrics').argParser(port).default(8080),
  flag('-v, --v <level>', 'log level: below 2 only problems, from 2 on every step').argParser(verbosity).default(2)
]
