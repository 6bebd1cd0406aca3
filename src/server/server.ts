import { constants } from 'node:crypto'
import type { Server as HttpsServer } from 'node:https'
import type { SecureContextOptions, TLSSocket } from 'node:tls'
import type { Logger } from 'pino'
import { outOfDate } from '../certificates/key-pair.ts'
import type { TlsFiles, TlsMaterial } from '../certificates/tls-files.ts'
import type { Cluster } from '../core/cluster.ts'
import type { ConfiguredPolicy } from '../core/policy.ts'
import { messageOf } from '../errors.ts'
import { Bodies } from './bodies.ts'
import { certificateReloader } from './certificate-reload.ts'
import { checkClient } from './client-certificate.ts'
import { type ConnectionEvents, Connections, type PortName } from './connections.ts'
import { watchHandshakes } from './handshakes.ts'
import { buildHealth, type ReadinessCheck } from './health.ts'
import { bodyBounds, connectionBounds, HEALTH_CONNECTIONS, MOST_CONNECTIONS, SWEEP_MS } from './limits.ts'
import { listen } from './listen.ts'
import { closedLog, logDecision, logFailure } from './log.ts'
import type { Metrics } from './metrics.ts'
import { selfRequest } from './self-request.ts'
import { buildWebhook } from './webhook.ts'
import { whileNeeded } from './while-needed.ts'

/** How long answers may take after the drain: as long as the API server waits for one. */
const LAST_CALL_MS = 5000

export interface ServerOptions {
  readonly bindAddress: string
  /** 0 takes any free port. */
  readonly port: number
  readonly healthPort: number
  readonly tls: TlsMaterial
  /** Where the certificates came from and are read again; undefined for those that live in memory. */
  readonly files: TlsFiles | undefined
  readonly pollMs: number
  /** Common names of the clients that are answered, where there is a client CA; none is anyone it vouches for. */
  readonly clientNames: readonly string[]
  /** How many files the process may have open, connections included; undefined where that is not known. */
  readonly openFiles: number | undefined
  policiesFor(namespace: string): readonly ConfiguredPolicy[]
  cluster(): Cluster
  readonly logger: Logger
  readonly metrics: Metrics
}

export interface RunningServer {
  readonly port: number
  readonly healthPort: number
  /** Stops being ready, serves for `delayMs` more with `Connection: close`, and returns when all is answered. */
  drain(delayMs: number): Promise<void>
}

/**
 * Starts both ports.
 *
 * @throws HoldfastError PORT_UNAVAILABLE
 */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const { logger, metrics } = options
  let draining = false
  let { keyPair } = options.tls
  metrics.certificateServed(keyPair.notAfter)
  const problem = outOfDate(keyPair, new Date())
  if (problem === undefined) metrics.certificateLoaded()
  else logger.error({ reason: problem }, 'not ready: no client accepts the certificate')

  const closed = closedLog(logger)
  const eventsOf = (port: PortName): ConnectionEvents => ({
    closed(reason) {
      metrics.connectionClosed(port, reason)
      closed.note(port, reason)
    },
    isKnown: (socket) => options.tls.clientCa !== undefined && isAccepted(socket, options.clientNames)
  })
  const bounds = connectionBounds(options.openFiles)
  const most = bounds.unproven + bounds.proven
  if (most < MOST_CONNECTIONS) {
    logger.warn(
      { openFiles: options.openFiles, connections: most },
      'few files may be open: fewer connections are taken'
    )
  }
  const connections = new Connections(bounds, eventsOf('https'))
  const bodies = new Bodies(connections, bodyBounds(bounds))
  const webhook = buildWebhook(
    {
      connections,
      bodies,
      policiesFor: options.policiesFor,
      cluster: options.cluster,
      isDraining: () => draining,
      reviewed(review, decision, seconds, traceId) {
        try {
          metrics.reviewed(review, decision, seconds)
          logDecision(logger, review, decision, seconds, traceId)
        } catch (error) {
          logger.error({ err: error }, 'a review was answered, but not counted or logged')
        }
      },
      failed(code, error, traceId) {
        metrics.failed(code)
        logFailure(logger, code, error, traceId)
      }
    },
    secureContext(options.tls),
    options.tls.clientCa === undefined ? undefined : options.clientNames
  )
  const server = webhook.server as unknown as HttpsServer
  watchHandshakes(server, metrics, logger)
  connections.follow(server)
  const { address, port } = await listen(webhook, options.bindAddress, options.port, '--port')

  const checks: readonly ReadinessCheck[] = [
    { name: 'serving', run: async () => (draining ? 'the server is draining' : undefined) },
    { name: 'certificate', run: async () => outOfDate(keyPair, new Date()) },
    { name: 'tls', run: shared(() => selfRequest(loopbackFor(address), port, keyPair.fingerprint)) }
  ]
  const healthConnections = new Connections(HEALTH_CONNECTIONS, eventsOf('health'))
  const health = buildHealth(checks, metrics.registry, healthConnections, (reason) => {
    if (reason === undefined) logger.info('ready again')
    else if (!draining) logger.warn({ reason }, 'not ready')
  })
  const { port: healthPort } = await listen(health, options.bindAddress, options.healthPort, '--health-port').catch(
    async (error) => {
      // An open port would keep the process alive behind the error.
      await webhook.close()
      throw error
    }
  )

  metrics.countConnections(() => connections.counts)
  const sweep = whileNeeded(SWEEP_MS, () => {
    const now = performance.now()
    bodies.sweep(now)
    for (const each of [connections, healthConnections]) each.sweep(now)
    closed.write(now)
    return connections.isAny || healthConnections.isAny || closed.isPending
  })
  for (const each of [server, health.server]) each.on('connection', sweep.start)
  const poll = pollCertificates(options, (tls) => {
    server.setSecureContext(secureContext(tls))
    keyPair = tls.keyPair
  })
  return {
    port,
    healthPort,
    async drain(delayMs) {
      draining = true
      await new Promise((resolve) => setTimeout(resolve, delayMs))
      clearInterval(poll)
      // A connection on which nothing was asked yet, or only half, counts neither as idle nor as busy, and one without
      // a handshake is not known to the HTTP server at all.
      const lastCall = setTimeout(() => connections.destroy(), LAST_CALL_MS)
      await webhook.close()
      clearTimeout(lastCall)
      sweep.stop()
      await health.close()
    }
  }
}

/** Whether the client showed a certificate that entitles it to ask. */
function isAccepted(socket: TLSSocket, names: readonly string[]): boolean {
  try {
    checkClient(socket, names)
    return true
  } catch {
    return false
  }
}

/** Calls that come while one is under way get its outcome: nobody makes us ask ourselves a thousand times at once. */
function shared<T>(run: () => Promise<T>): () => Promise<T> {
  let running: Promise<T> | undefined
  return () => {
    running ??= run().finally(() => {
      running = undefined
    })
    return running
  }
}

function pollCertificates(options: ServerOptions, use: (tls: TlsMaterial) => void): NodeJS.Timeout | undefined {
  const { files, logger, metrics, tls } = options
  if (files === undefined) return undefined
  const reload = certificateReloader(tls, {
    files,
    now: () => new Date(),
    use,
    loaded({ keyPair: { notAfter } }, changed) {
      metrics.certificateLoaded()
      if (!changed) return
      metrics.certificateServed(notAfter)
      logger.info({ notAfter }, 'certificate reloaded')
    },
    failed(error) {
      metrics.certificateFailed()
      logger.error({ reason: messageOf(error) }, 'certificate not reloaded, the one before serves on')
    }
  })
  return setInterval(() => void reload(), options.pollMs).unref()
}

function secureContext({ keyPair, clientCa }: TlsMaterial): SecureContextOptions {
  const pair = { cert: keyPair.certificate, key: keyPair.privateKey }
  // No session is resumed where clients have to prove themselves: a resumed one repeats what was true of the client when
  // the session began, and takes no look at its certificate. kube-apiserver keeps no sessions, so it loses nothing.
  return clientCa === undefined ? pair : { ...pair, ca: clientCa, secureOptions: constants.SSL_OP_NO_TICKET }
}

function loopbackFor(bindAddress: string): string {
  if (bindAddress === '0.0.0.0') return '127.0.0.1'
  return bindAddress === '::' ? '::1' : bindAddress
}
