import type { KubernetesVersion } from '../../core/cluster.ts'
import { MODES, type Mode } from '../../core/mode.ts'
import { CONFIG_FLAG } from '../flags/evaluation.ts'
import { flag } from '../flags/flag.ts'
import { duration, interval, kubernetesVersion, list, port, verbosity } from '../flags/values.ts'

export interface ServeFlags {
  readonly config?: string
  readonly mode: Mode
  readonly bindAddress: string
  readonly port: number
  readonly healthPort: number
  readonly tlsCertFile?: string
  readonly tlsPrivateKeyFile?: string
  readonly clientCaFile?: string
  readonly clientAllowedNames?: readonly string[]
  readonly certDir: string
  readonly reloadInterval: number
  readonly kubernetesVersion?: KubernetesVersion
  readonly drainDelay: number
  readonly v: number
}

export const SERVE_FLAGS = [
  CONFIG_FLAG,
  flag('--mode <mode>', 'ceiling for all policies').choices(MODES).default('enforce'),
  flag('--bind-address <ip>', 'address that both ports listen on, IPv4 and IPv6 by default').default('::'),
  flag('--port <number>', 'HTTPS port of /mutate and /validate').argParser(port).default(8443),
  flag('--health-port <number>', 'HTTP port of /livez, /readyz and /metrics').argParser(port).default(8080),
  flag('--tls-cert-file <file>', 'serving certificate, PEM, reloaded when it changes'),
  flag('--tls-private-key-file <file>', 'its private key, PEM'),
  flag('--client-ca-file <file>', 'CAs of the clients to answer, PEM, also reloaded; without it, any client'),
  flag(
    '--client-allowed-names <names>',
    'common names of the clients to answer, such as a,b; needs --client-ca-file'
  ).argParser(list),
  flag('--cert-dir <dir>', 'directory of the self-signed certificate, used without --tls-cert-file').default('certs'),
  flag('--reload-interval <duration>', 'how often certificates and the configuration are read again')
    .argParser(interval)
    .default(10_000, '10s'),
  flag('--kubernetes-version <version>', 'version of the API server, such as 1.36, instead of asking it').argParser(
    kubernetesVersion
  ),
  flag('--drain-delay <duration>', 'how long to go on serving after SIGTERM').argParser(duration).default(5000, '5s'),
  flag(
    '-v, --v <level>',
    'log level: below 2 only problems, from 2 on decisions with findings, from 4 on every decision'
  )
    .argParser(verbosity)
    .default(2)
]
