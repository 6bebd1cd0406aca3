import { readFile } from 'node:fs/promises'
import { type Command, InvalidArgumentError, Option } from 'commander'
import { destination, type Logger, pino } from 'pino'
import { type KeyPair, readKeyPair } from '../certificates/key-pair.ts'
import { throwAwayCertificate } from '../certificates/throw-away.ts'
import { defaultRules, parseConfiguration } from '../config/configuration.ts'
import { configurationReloader } from '../config/reload.ts'
import { type Cluster, type KubernetesVersion, parseVersion } from '../core/cluster.ts'
import { lowest, MODES, type Mode } from '../core/mode.ts'
import type { Rule } from '../core/policy.ts'
import { HoldfastError, messageOf } from '../errors.ts'
import { POLICIES } from '../policies/index.ts'
import type { CertificateFiles } from '../server/certificate-reload.ts'
import { createMetrics, type Metrics } from '../server/metrics.ts'
import { type RunningServer, startServer } from '../server/server.ts'
import { VERSION } from '../version.ts'

export interface ServeFlags {
  readonly config?: string
  readonly mode: Mode
  readonly bindAddress: string
  readonly port: number
  readonly healthPort: number
  readonly tlsCertFile?: string
  readonly tlsPrivateKeyFile?: string
  readonly certDir: string
  readonly kubernetesVersion?: KubernetesVersion
  readonly drainDelay: number
  readonly v: number
}

/** How often the files of a mounted Secret or ConfigMap are looked at; kubelet takes up to a minute to bring them. */
const POLL_MS = 10_000

/** Lines are written together, or once a second: a system call for each decision would cost as much as judging it. */
const LOG_BUFFER = { dest: 1, minLength: 4096, periodicFlush: 1000 }

export function addServeCommand(program: Command): void {
  program
    .command('serve')
    .description('Serve admission reviews over HTTPS.')
    .addOption(flag('--config <file>', 'HoldfastConfiguration to use; without it every field has its default'))
    .addOption(flag('--mode <mode>', 'ceiling for all policies').choices(MODES).default('enforce'))
    .addOption(flag('--bind-address <ip>', 'address that both ports listen on').default('0.0.0.0'))
    .addOption(flag('--port <number>', 'HTTPS port of /mutate and /validate').argParser(port).default(8443))
    .addOption(
      flag('--health-port <number>', 'HTTP port of /livez, /readyz and /metrics').argParser(port).default(8080)
    )
    .addOption(flag('--tls-cert-file <file>', 'serving certificate, PEM, re-read when it changes'))
    .addOption(flag('--tls-private-key-file <file>', 'its private key, PEM'))
    .addOption(
      flag('--cert-dir <dir>', 'where a throw-away certificate is kept, without the two above').default('certs')
    )
    .addOption(flag('--kubernetes-version <version>', 'version of the API server, such as 1.36').argParser(version))
    .addOption(
      flag('--drain-delay <duration>', 'how long to go on serving after SIGTERM')
        .argParser(duration)
        .default(5000, '5s')
    )
    .addOption(
      flag('-v, --v <level>', 'log level: below 2 problems only, from 2 on every decision')
        .argParser(verbosity)
        .default(2)
    )
    .action((flags: ServeFlags) => serve(flags))
}

/** A flag of the command line that is also an environment variable: `--health-port` and HOLDFAST_HEALTH_PORT. */
function flag(flags: string, description: string): Option {
  const option = new Option(flags, description)
  return option.env(`HOLDFAST_${option.name().replaceAll('-', '_').toUpperCase()}`)
}

/** Serves until a signal comes, then drains. SIGTERM gives the API server time to notice, Ctrl-C does not. */
export async function serve(flags: ServeFlags): Promise<void> {
  const logger = createLogger(flags.v)
  const server = await start(flags, logger)
  const stopped = new Promise<void>((resolve, reject) => {
    const stop = (signal: NodeJS.Signals): void => {
      const delay = signal === 'SIGTERM' ? flags.drainDelay : 0
      logger.info({ signal, delayMs: delay }, 'draining')
      logger.flush()
      server.drain(delay).then(resolve, reject)
    }
    // Once: a second signal ends the process at once, as it does everywhere.
    process.once('SIGTERM', stop)
    process.once('SIGINT', stop)
  })
  // Not before the signals are listened to: whoever reads "serving" may send one.
  logger.flush()
  await stopped
  logger.info('stopped')
}

/** @throws HoldfastError where a setting, the configuration, the certificate or a port cannot be used */
export async function start(flags: ServeFlags, logger: Logger): Promise<RunningServer> {
  const metrics = createMetrics(POLICIES)
  const rules = await loadRules(flags, logger, metrics)
  const { keyPair, files, caFile } = await loadCertificate(flags)
  const cluster: Cluster = { version: flags.kubernetesVersion }
  const server = await startServer({
    bindAddress: flags.bindAddress,
    port: flags.port,
    healthPort: flags.healthPort,
    keyPair,
    certificateFiles: files,
    certificatePollMs: POLL_MS,
    rules,
    cluster: () => cluster,
    logger,
    metrics
  })
  if (cluster.version === undefined) {
    logger.info('--kubernetes-version is not set: preStop is /bin/sleep where the image has it, and nothing where not')
  }
  const { port, healthPort } = server
  logger.info({ version: VERSION, port, healthPort, modes: modesOf(rules()) }, 'serving')
  if (files === undefined) sayHowToTry(logger, port, caFile)
  return server
}

/** The rules in force: those of the configuration file as it was last seen to be valid, under the ceiling of --mode. */
async function loadRules(
  { config, mode }: ServeFlags,
  logger: Logger,
  metrics: Metrics
): Promise<() => readonly Rule[]> {
  const under = (rules: readonly Rule[]): readonly Rule[] =>
    rules.map((rule) => ({ ...rule, mode: lowest(rule.mode, mode) }))
  metrics.configurationLoaded()
  if (config === undefined) {
    const rules = under(defaultRules(POLICIES))
    return () => rules
  }
  const text = await read(config)
  let rules = under(parseConfiguration(text, config, POLICIES))
  const reload = configurationReloader(text, {
    read: () => read(config),
    source: config,
    policies: POLICIES,
    use(changed) {
      rules = under(changed)
      metrics.configurationLoaded()
      logger.info({ modes: modesOf(rules) }, 'configuration reloaded')
    },
    failed(error) {
      metrics.configurationFailed()
      logger.error({ reason: messageOf(error) }, 'configuration not reloaded, the last good one stays in force')
    }
  })
  setInterval(() => void reload(), POLL_MS).unref()
  return () => rules
}

function modesOf(rules: readonly Rule[]): Readonly<Record<string, Mode>> {
  return Object.fromEntries(rules.map(({ policy, mode }) => [policy.id, mode]))
}

async function read(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    throw new HoldfastError('CONFIG_UNREADABLE', `Cannot read ${file}: ${messageOf(error)}`, { cause: error })
  }
}

interface LoadedCertificate {
  readonly keyPair: KeyPair
  readonly files: CertificateFiles | undefined
  readonly caFile: string | undefined
}

async function loadCertificate({ tlsCertFile, tlsPrivateKeyFile, certDir }: ServeFlags): Promise<LoadedCertificate> {
  if (tlsCertFile === undefined && tlsPrivateKeyFile === undefined) {
    return { ...(await throwAwayCertificate(certDir, new Date())), files: undefined }
  }
  if (tlsCertFile === undefined || tlsPrivateKeyFile === undefined) {
    throw new HoldfastError('FLAG_INVALID', '--tls-cert-file and --tls-private-key-file go together')
  }
  const keyPair = await readKeyPair(tlsCertFile, tlsPrivateKeyFile)
  return { keyPair, files: { certificate: tlsCertFile, privateKey: tlsPrivateKeyFile }, caFile: undefined }
}

function sayHowToTry(logger: Logger, port: number, caFile: string | undefined): void {
  const trust = caFile === undefined ? '--insecure' : `--cacert ${caFile}`
  logger.warn(
    {
      try: `curl ${trust} -H 'content-type: application/json' -d @demo/reviews/upgrade.json https://localhost:${port}/mutate`
    },
    'a throw-away certificate serves, for trying out only: set --tls-cert-file and --tls-private-key-file'
  )
}

function port(text: string): number {
  return wholeNumber(text, 65535, 'a port from 0 (any free one) to 65535')
}

function verbosity(text: string): number {
  return wholeNumber(text, 10, 'a level from 0 to 10')
}

function wholeNumber(text: string, most: number, wanted: string): number {
  if (/^\d{1,5}$/.test(text) && Number(text) <= most) return Number(text)
  throw new InvalidArgumentError(`It has to be ${wanted}.`)
}

function version(text: string): KubernetesVersion {
  const parsed = parseVersion(text)
  if (parsed === undefined) throw new InvalidArgumentError('It has to be a version such as 1.36.')
  return parsed
}

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000 }

/** Milliseconds of `500ms`, `15s` or `1m`. */
function duration(text: string): number {
  const match = /^(\d{1,6})(ms|s|m)$/.exec(text)
  if (match === null) throw new InvalidArgumentError('It has to be a duration such as 15s or 500ms.')
  return Number(match[1]) * (UNITS[match[2] as string] as number)
}

/** JSON lines on standard output, which is where the container runtime collects them. */
function createLogger(v: number): Logger {
  const formatters = { level: (label: string) => ({ level: label }) }
  return pino({ level: levelOf(v), base: null, formatters }, destination(LOG_BUFFER))
}

function levelOf(v: number): string {
  return v >= 2 ? 'info' : 'warn'
}
