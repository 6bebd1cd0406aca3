import type { Logger } from 'pino'
import { selfSignedCertificate } from '../../certificates/self-signed.ts'
import { readTlsFiles, type TlsFiles, type TlsMaterial } from '../../certificates/tls-files.ts'
import { type Configuration, defaultConfiguration } from '../../config/configuration.ts'
import { configurationReloader } from '../../config/configuration-reload.ts'
import { parseConfiguration } from '../../config/parse-configuration.ts'
import type { Cluster } from '../../core/cluster.ts'
import type { Mode } from '../../core/mode.ts'
import { fileOfPackage, rawAt } from '../../documentation.ts'
import { HoldfastError, messageOf } from '../../errors.ts'
import { followVersion, inCluster } from '../../kubernetes/ask-version.ts'
import { POLICIES } from '../../policies/index.ts'
import { createLogger } from '../../server/log.ts'
import { createMetrics, type Metrics } from '../../server/metrics.ts'
import { openFilesLimit } from '../../server/open-files.ts'
import { type RunningServer, startServer } from '../../server/server.ts'
import { VERSION } from '../../version.ts'
import { readConfigurationFile } from '../configuration-file.ts'
import { firstSignal } from '../signal.ts'
import type { ServeFlags } from './flags.ts'

/** Serves until a signal comes, then drains. SIGTERM gives the API server time to notice, Ctrl-C does not. */
export async function serve(flags: ServeFlags): Promise<void> {
  const logger = createLogger(flags.v)
  // Listened to from the start: nobody sends a signal twice to a process that is number one in its container, where the
  // kernel drops what is not listened to.
  const signal = firstSignal()
  const server = await start(flags, logger)
  logger.flush()
  const delay = (await signal) === 'SIGTERM' ? flags.drainDelay : 0
  logger.info({ signal: await signal, delayMs: delay }, 'draining')
  logger.flush()
  await server.drain(delay)
  logger.info('stopped')
}

/** @throws HoldfastError where a setting, the configuration, the certificate or a port cannot be used */
async function start(flags: ServeFlags, logger: Logger): Promise<RunningServer> {
  if (flags.port === flags.healthPort && flags.port !== 0) {
    throw new HoldfastError('FLAG_INVALID', `--port and --health-port are both ${flags.port}`)
  }
  const metrics = createMetrics(POLICIES)
  const configuration = await followConfiguration(flags, logger, metrics)
  const { tls, files, caFile } = await loadTls(flags)
  const server = await startServer({
    bindAddress: flags.bindAddress,
    port: flags.port,
    healthPort: flags.healthPort,
    tls,
    files,
    clientNames: flags.clientAllowedNames ?? [],
    pollMs: flags.reloadInterval,
    openFiles: openFilesLimit(),
    policiesFor: (namespace) => configuration().policiesFor(namespace),
    cluster: knowCluster(flags, logger),
    logger,
    metrics
  })
  const { port, healthPort } = server
  const { node } = process.versions
  logger.info({ version: VERSION, node, port, healthPort, modes: modesOf(configuration()) }, 'serving')
  if (flags.tlsCertFile === undefined) sayHowToTry(logger, port, caFile)
  return server
}

/** What is known of the cluster at any moment. Serving does not wait for it. */
function knowCluster({ kubernetesVersion: version }: ServeFlags, logger: Logger): () => Cluster {
  let cluster: Cluster = { version }
  const apiServer = inCluster()
  if (version !== undefined) return () => cluster
  if (apiServer === undefined) {
    logger.info(
      'not in a cluster and no --kubernetes-version: preStop is /bin/sleep where the image is known to have it'
    )
    return () => cluster
  }
  followVersion(apiServer, {
    learned(learned) {
      const text = `${learned.major}.${learned.minor}`
      const known = cluster.version && `${cluster.version.major}.${cluster.version.minor}`
      cluster = { version: learned }
      if (text !== known) logger.info({ kubernetes: text }, 'learned the version of the API server')
    },
    failed(error) {
      logger.warn({ reason: messageOf(error) }, 'the version of the API server is unknown, asking again')
    }
  })
  return () => cluster
}

/** The configuration in force: that of the file as it was last seen to be valid, under the ceiling of --mode. */
export async function followConfiguration(
  { config, mode, reloadInterval }: Pick<ServeFlags, 'config' | 'mode' | 'reloadInterval'>,
  logger: Logger,
  metrics: Metrics
): Promise<() => Configuration> {
  metrics.configurationLoaded()
  if (config === undefined) {
    const configuration = defaultConfiguration(POLICIES, mode)
    return () => configuration
  }
  const parse = (text: string): Configuration => parseConfiguration(text, config, POLICIES, mode)
  const text = await readConfigurationFile(config)
  let configuration = parse(text)
  const warn = (): void => {
    for (const warning of configuration.warningsAt(Date.now())) logger.warn({ setting: warning }, NO_EFFECT)
  }
  warn()
  const reload = configurationReloader(text, {
    read: () => readConfigurationFile(config),
    parse,
    use(changed) {
      configuration = changed
      metrics.configurationLoaded()
      logger.info({ modes: modesOf(configuration) }, 'configuration reloaded')
      warn()
    },
    good: metrics.configurationUsable,
    failed(error) {
      metrics.configurationFailed()
      logger.error({ reason: messageOf(error) }, 'configuration not reloaded, the last good one stays in force')
    }
  })
  setInterval(() => void reload(), reloadInterval).unref()
  return () => configuration
}

const NO_EFFECT = 'a setting of the configuration has no effect'

/** By policy, where no namespace has settings of its own. */
function modesOf(configuration: Configuration): Readonly<Record<string, Mode>> {
  return Object.fromEntries(configuration.policiesFor('').map(({ policy, mode }) => [policy.id, mode]))
}

interface LoadedTls {
  readonly tls: TlsMaterial
  /** What is read again; undefined where there is nothing on disk to follow. */
  readonly files: TlsFiles | undefined
  /** What a client has to trust, where it is ours to say. */
  readonly caFile: string | undefined
}

async function loadTls(flags: ServeFlags): Promise<LoadedTls> {
  const { tlsCertFile: certificate, tlsPrivateKeyFile: privateKey, clientCaFile: clientCa } = flags
  if (flags.clientAllowedNames !== undefined && clientCa === undefined) {
    throw new HoldfastError('FLAG_INVALID', '--client-allowed-names needs --client-ca-file')
  }
  if (certificate !== undefined && privateKey !== undefined) {
    const files = { certificate, privateKey, clientCa }
    return { tls: await readTlsFiles(files), files, caFile: undefined }
  }
  if (certificate !== undefined || privateKey !== undefined) {
    throw new HoldfastError('FLAG_INVALID', '--tls-cert-file and --tls-private-key-file go together')
  }
  if (clientCa !== undefined) throw new HoldfastError('FLAG_INVALID', '--client-ca-file needs --tls-cert-file')
  const { keyPair, caFile } = await selfSignedCertificate(flags.certDir, new Date())
  return { tls: { keyPair, clientCa: undefined }, files: undefined, caFile }
}

/** A review that the default configuration rejects. */
const SAMPLE = 'demo/reviews/upgrade.json'

function sayHowToTry(logger: Logger, port: number, caFile: string | undefined): void {
  const trust = caFile === undefined ? '--insecure' : `--cacert ${caFile}`
  const file = fileOfPackage(SAMPLE)
  const fetched = file === undefined ? `curl -fsSL ${rawAt(SAMPLE)} | ` : ''
  logger.warn(
    {
      try: `${fetched}curl ${trust} -H 'content-type: application/json' -d @${file ?? '-'} https://localhost:${port}/mutate`
    },
    'serving with a self-signed certificate, for trying out only: set --tls-cert-file and --tls-private-key-file'
  )
}
