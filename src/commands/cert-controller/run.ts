import { randomUUID } from 'node:crypto'
import { hostname } from 'node:os'
import { setTimeout as delay } from 'node:timers/promises'
import type { IssuedCertificates } from '../../certificates/issue.ts'
import { HoldfastError, messageOf } from '../../errors.ts'
import { type ApiServer, inCluster } from '../../kubernetes/ask-version.ts'
import { connectInCluster } from '../../kubernetes/in-cluster.ts'
import { relianceMs } from '../../kubernetes/lease.ts'
import { startHealthPort } from '../../server/health-port.ts'
import { createLogger } from '../../server/log.ts'
import { createRotationMetrics } from '../../server/rotation-metrics.ts'
import { VERSION } from '../../version.ts'
import { firstSignal } from '../signal.ts'
import { createController } from './controller.ts'
import { type ControllerEvents, eventsTo } from './events.ts'
import type { CertControllerFlags } from './flags.ts'
import { rotationObjects } from './objects.ts'

/** Of a request, without a byte. Several of them have to end before others take the Lease. */
const MOST_TIMEOUT_MS = 5000

/**
 * Issues and renews until a signal comes, then leaves the Lease to others.
 *
 * @throws HoldfastError where a flag or a port cannot be used, or this is no Pod with a token
 */
export async function certController(flags: CertControllerFlags): Promise<void> {
  const logger = createLogger(flags.v)
  const signal = firstSignal()
  const apiServer = apiServerOf(flags)
  const candidate = { identity: `${hostname()}_${randomUUID()}`, durationMs: flags.leaseDuration }
  if (flags.pollInterval * 2 > relianceMs(candidate)) {
    throw new HoldfastError('FLAG_INVALID', '--lease-duration has to be at least three times --poll-interval')
  }
  const connection = await connected(apiServer, Math.min(MOST_TIMEOUT_MS, flags.leaseDuration / 3))
  const { namespace } = connection
  const metrics = createRotationMetrics()
  const events = eventsTo(logger, metrics)
  const hosts = flags.hosts ?? [`holdfast.${namespace}.svc`, `holdfast.${namespace}.svc.cluster.local`]
  const controller = createController({
    objects: rotationObjects(connection, namespace),
    hosts,
    delays: { trustMs: flags.trustDelay, retireMs: flags.retireDelay },
    candidate,
    clock: { now: () => new Date(), monotonic: () => performance.now() },
    issue: () => issue(hosts, flags.days),
    looked: events.looked,
    took: events.took,
    notLeading: events.notLeading
  })
  const { bindAddress, healthPort } = flags
  const { registry } = metrics
  const checks = [{ name: 'rotation', run: async () => events.problem() }]
  const health = await startHealthPort({ bindAddress, healthPort, checks, registry, changed: () => {} })
  logger.info({ version: VERSION, namespace, hosts, healthPort: health.healthPort }, 'watching the certificate')
  logger.flush()

  await until(signal, flags.pollInterval, () => tick(controller.tick, events))
  logger.info({ signal: await signal }, 'stopping')
  await controller.release().catch((error) => events.failed(error))
  connection.close()
  await health.close()
  logger.info('stopped')
}

function apiServerOf({ serviceAccountDir }: CertControllerFlags): ApiServer {
  const apiServer = inCluster(undefined, serviceAccountDir)
  if (apiServer !== undefined) return apiServer
  throw new HoldfastError('NOT_IN_CLUSTER', 'This is no Pod: KUBERNETES_SERVICE_HOST is not set')
}

async function connected(apiServer: ApiServer, timeoutMs: number) {
  try {
    return await connectInCluster(apiServer, timeoutMs)
  } catch (error) {
    throw new HoldfastError('NOT_IN_CLUSTER', `Cannot read the service account: ${messageOf(error)}`, { cause: error })
  }
}

/** The library that issues takes 200 ms and 20 MB, once in two months. */
async function issue(hosts: readonly string[], days: number): Promise<IssuedCertificates> {
  const { issueCertificates } = await import('../../certificates/issue.ts')
  return issueCertificates(hosts, days, new Date())
}

async function tick(run: () => Promise<boolean>, events: ControllerEvents): Promise<void> {
  try {
    events.ticked(await run())
  } catch (error) {
    events.failed(error)
  }
}

/** Does something again and again, and lets it end before it returns. */
async function until(signal: Promise<unknown>, intervalMs: number, run: () => Promise<void>): Promise<void> {
  const stop = new AbortController()
  void signal.then(() => stop.abort())
  while (!stop.signal.aborted) {
    await run()
    await delay(intervalMs, undefined, { signal: stop.signal }).catch(() => {})
  }
}
