import type { IssuedCertificates } from '../../certificates/issue.ts'
import { type Delays, foreignIn, nextStep, type Step, Stopwatch, watched } from '../../certificates/rotation.ts'
import {
  isIssuedFor,
  type ReadSecret,
  readSecret,
  type SecretTexts,
  withCurrent,
  withNext,
  withNextAsCurrent,
  withoutRetired
} from '../../certificates/rotation-secret.ts'
import { annotationsOf } from '../../core/objects/metadata.ts'
import type { JsonObject } from '../../core/values/json.ts'
import { HoldfastError } from '../../errors.ts'
import type { Candidate } from '../../kubernetes/lease.ts'
import { type Clock, Election } from './election.ts'
import {
  bundlesOf,
  Conflict,
  distrusting,
  isRotationWanted,
  missingOf,
  type Objects,
  textsIn,
  trusting,
  type WebhookConfiguration
} from './objects.ts'

/** What was found in one look, and what follows from it. */
export interface Look {
  readonly read: ReadSecret
  /** CAs in a `caBundle` that nobody here has put there. */
  readonly foreign: number
  /** Webhook entries whose `caBundle` was seen. */
  readonly entries: number
  /** Webhook configurations that are not there. */
  readonly missing: readonly string[]
  readonly step: Step
}

export interface ControllerOptions {
  readonly objects: Objects
  readonly hosts: readonly string[]
  readonly delays: Delays
  readonly candidate: Candidate
  readonly clock: Clock
  issue(): Promise<IssuedCertificates>
  looked(look: Look): void
  took(step: Step): void
  /** The Lease is not held, or could not be renewed: what was seen before counts no longer. */
  notLeading(): void
}

export interface Controller {
  /**
   * Renews the Lease and takes the steps that can be taken now.
   *
   * @returns whether this process leads
   * @throws HoldfastError ROTATION_OBJECT_MISSING, ROTATION_FORBIDDEN, ROTATION_FAILED or SECRET_MANAGED_ELSEWHERE
   */
  tick(): Promise<boolean>
  /** Leaves the Lease to others. */
  release(): Promise<void>
}

/** A whole rotation has fewer. What needs more in one go is no rotation, and the next tick goes on with it. */
const MOST_STEPS = 8
/** Writes in a row that others were faster with. Nobody is that fast for long. */
const MOST_CONFLICTS = 5

export function createController(options: ControllerOptions): Controller {
  const { objects, candidate, clock, took, looked } = options
  const election = new Election(objects, candidate, clock)
  const stopwatches = { trusted: new Stopwatch(), served: new Stopwatch() }
  let conflicts = 0

  const lookOnce = async () => {
    const [secret, configurations] = await Promise.all([objects.secret(), objects.configurations()])
    const [now, at] = [clock.now(), clock.monotonic()]
    refuseForeignSecret(secret)
    const texts = textsIn(secret)
    const bundles = bundlesOf(configurations)
    const read = readSecret(texts, options.hosts, isRotationWanted(secret), now)
    const { trusted, served } = watched(read, bundles)
    const seen = { trusted: stopwatches.trusted.seen(trusted, at), served: stopwatches.served.seen(served, at) }
    const step = nextStep(read, bundles, seen, options.delays, now)
    const missing = missingOf(configurations)
    looked({ read, step, foreign: foreignIn(read, bundles).length, entries: bundles.length, missing })
    return { step, secret, texts, configurations }
  }

  const take = async ({ step, secret, texts, configurations }: Awaited<ReturnType<typeof lookOnce>>) => {
    const store = (changed: SecretTexts) => objects.writeSecret(secret, changed, step.do === 'issue')
    const write = async (change: (configuration: WebhookConfiguration) => readonly (string | undefined)[]) => {
      for (const one of configurations) await objects.writeCaBundles(one, change(one))
    }
    switch (step.do) {
      case 'issue': {
        const issued = await options.issue()
        requireFor(issued, options.hosts)
        return store(step.as === 'current' ? withCurrent(texts, issued) : withNext(texts, issued))
      }
      case 'trust':
        return write((one) => trusting(one, step.cas))
      case 'serve':
        return store(withNextAsCurrent(texts))
      case 'distrust':
        return write((one) => distrusting(one, step.cas))
      case 'forget':
        return store(withoutRetired(texts))
    }
  }

  const rotate = async (): Promise<void> => {
    let hasIssued = false
    for (let steps = 0; steps < MOST_STEPS; steps++) {
      const look = await lookOnce()
      if (look.step.do === 'wait' || !election.isHeld()) return
      // Each one adds a CA to every caBundle.
      if (look.step.do === 'issue' && hasIssued) return
      hasIssued ||= look.step.do === 'issue'
      await take(look)
      took(look.step)
    }
  }

  /** What is not looked at may change and change back. */
  const forgetWhatWasSeen = (): void => {
    for (const stopwatch of Object.values(stopwatches)) stopwatch.seen(undefined, 0)
    options.notLeading()
  }

  const holdOrForget = async (): Promise<boolean> => {
    let leads = false
    try {
      leads = await election.hold()
    } finally {
      if (!leads) forgetWhatWasSeen()
    }
    return leads
  }

  return {
    async tick() {
      // Another process may have led since, and be gone again.
      if (!election.isHeld()) forgetWhatWasSeen()
      if (!(await holdOrForget())) return false
      try {
        await rotate()
        conflicts = 0
      } catch (error) {
        if (!(error instanceof Conflict)) throw error
        if (++conflicts > MOST_CONFLICTS) throw new HoldfastError('ROTATION_FAILED', error.message, { cause: error })
      }
      return true
    },
    release: () => election.release()
  }
}

/** One that is not for them would be replaced at the next look, and so would its successor. */
function requireFor(issued: IssuedCertificates, hosts: readonly string[]): void {
  if (isIssuedFor(issued, hosts)) return
  throw new HoldfastError(
    'ROTATION_FAILED',
    `The certificate that was issued is not valid for all of ${hosts.join(', ')}`
  )
}

/** Two that write one Secret would each undo what the other does, and Pods would serve what nothing trusts. */
function refuseForeignSecret(secret: JsonObject): void {
  const certificate = annotationsOf(secret)['cert-manager.io/certificate-name']
  if (certificate === undefined) return
  const what = `The Secret holdfast-tls belongs to the Certificate ${JSON.stringify(certificate)} of cert-manager`
  throw new HoldfastError('SECRET_MANAGED_ELSEWHERE', what)
}
