import type { Logger } from 'pino'
import type { Step } from '../../certificates/rotation.ts'
import { pageAt } from '../../documentation.ts'
import { messageOf } from '../../errors.ts'
import type { RotationMetrics } from '../../server/rotation-metrics.ts'
import type { Look } from './controller.ts'

const CAS_OF_OTHERS = `caBundle has CAs from somebody else, which stay (${pageAt('docs/certificates.md')}#cas-of-others)`
const MISSING = 'there is no webhook configuration "holdfast" of this kind: no entry in it is trusted'

/** What the controller does, in the log and in the metrics. */
export interface ControllerEvents {
  looked(look: Look): void
  took(step: Step): void
  notLeading(): void
  /** A tick came to its end. */
  ticked(leads: boolean): void
  failed(error: unknown): void
  /** Why the process is not ready; undefined where it is. */
  problem(): string | undefined
}

const SENTENCES: Readonly<Record<Step['do'], string>> = {
  issue: 'issued a certificate with a new CA',
  trust: 'added the CA to caBundle',
  serve: 'put the new certificate into the Secret',
  distrust: 'removed the old CA from caBundle',
  forget: 'the rotation is complete',
  wait: 'waiting'
}

/** A state is logged when it begins, not at each look. */
export function eventsTo(logger: Logger, metrics: RotationMetrics): ControllerEvents {
  let leading: boolean | undefined
  let waiting: string | undefined
  let foreign = 0
  let absent = ''
  let problem: string | undefined = 'the cluster has not been looked at yet'
  let failure: string | undefined
  return {
    looked({ read, foreign: count, entries, missing, step }) {
      metrics.expires(read.notAfter, read.caNotAfter)
      metrics.foreign(count)
      if (count !== foreign && count > 0) {
        logger.warn({ cas: count }, CAS_OF_OTHERS)
      }
      foreign = count
      metrics.entries(entries)
      if (missing.length > 0 && missing.join() !== absent) logger.warn({ missing }, MISSING)
      absent = missing.join()
      const wait = step.do === 'wait' ? step.for : undefined
      metrics.waiting(wait)
      if (wait !== undefined && wait !== waiting) {
        logger.info({ for: wait, notAfter: read.notAfter, renewAt: read.current?.renewAt }, 'waiting')
      }
      waiting = wait
      // While it waits for trust and there is none to serve, no serving Pod can start.
      problem = read.current === undefined ? 'there is no certificate yet' : undefined
    },
    took(step) {
      if (step.do === 'serve' || (step.do === 'issue' && step.as === 'current')) metrics.served()
      logger.info({ step: step.do }, SENTENCES[step.do])
    },
    notLeading() {
      // Another process tells of them now; two that differ would both be believed.
      metrics.leading(false)
      metrics.waiting(undefined)
      metrics.expires(undefined, undefined)
      metrics.foreign(0)
      metrics.entries(0)
      ;[waiting, foreign, absent] = [undefined, 0, '']
    },
    ticked(leads) {
      metrics.leading(leads)
      if (leads !== leading) logger.info(leads ? 'leading' : 'another process leads')
      if (!leads) problem = undefined
      if (failure !== undefined) logger.info('works again')
      ;[leading, failure] = [leads, undefined]
      logger.flush()
    },
    failed(error) {
      metrics.failed()
      const message = messageOf(error)
      // The same error every five seconds is one.
      if (message !== failure) logger.error({ reason: message }, 'cannot look after the certificate, trying again')
      ;[failure, problem] = [message, message]
      logger.flush()
    },
    problem: () => problem
  }
}
