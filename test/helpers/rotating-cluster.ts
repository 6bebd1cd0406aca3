import { setImmediate as turn } from 'node:timers/promises'
import { type IssuedCertificates, issueCertificates } from '../../src/certificates/issue.ts'
import type { Delays } from '../../src/certificates/rotation.ts'
import { SECRET_KEYS } from '../../src/certificates/rotation-secret.ts'
import { certificatesIn, pemsIn } from '../../src/certificates/trust-bundle.ts'
import { type Controller, createController } from '../../src/commands/cert-controller/controller.ts'
import {
  Conflict,
  type Objects,
  textsIn,
  type WebhookConfiguration
} from '../../src/commands/cert-controller/objects.ts'
import type { JsonObject } from '../../src/core/values/json.ts'

/**
 * A cluster on paper: three objects with their versions, controllers whose every request waits until the test lets it
 * through, and a history of what was served and trusted when. API servers may act on any version of `caBundle` that was in
 * force within `apiServerLagMs`, and Pods serve any certificate that was in the Secret within `podLagMs`.
 */

export const LAGS = { apiServerLagMs: 1000, podLagMs: 5000 }
const LEASE_MS = 3000
const HOSTS = ['holdfast.holdfast-system.svc']
const START = new Date('2026-06-01T12:00:00Z')

// biome-ignore lint/suspicious/noExplicitAny: objects of a test, which it changes as it likes
type Stored = any

interface Request {
  readonly controller: number
  /** Does what was asked for, and answers. */
  through(): void
  /** Does it, and the answer is lost with the process. */
  readonly apply: () => void
}

interface Process {
  alive: boolean
  controller: Controller
  ticking: boolean
}

export class RotatingCluster {
  readonly lost: string[] = []
  /** Certificates that were put into the Secret. */
  served = 0
  now = 0
  readonly #delays: Delays
  readonly #pool: readonly IssuedCertificates[]
  #issued = 0
  #version = 1
  #pending: Request[] = []
  readonly #processes: Process[]
  readonly #objects: Record<'secret' | 'lease' | 'mutating' | 'validating', Stored>
  readonly #servedFrom: { readonly at: number; readonly ca: string | undefined }[] = []
  readonly #trustedFrom: { readonly at: number; readonly bundles: readonly (readonly string[] | undefined)[] }[] = []

  constructor(pool: readonly IssuedCertificates[], delays: Delays) {
    this.#pool = pool
    this.#delays = delays
    const configuration = () => ({ webhooks: [{ clientConfig: {} }, { clientConfig: {} }] })
    this.#objects = { secret: {}, lease: {}, mutating: configuration(), validating: configuration() }
    for (const object of Object.values(this.#objects)) object.metadata = { resourceVersion: String(this.#version++) }
    this.#processes = [0, 1].map((index) => this.#start(index))
    this.#record()
  }

  /** The certificates that the pool needs: each has a CA of its own. */
  static pool(size: number): Promise<IssuedCertificates[]> {
    return Promise.all(Array.from({ length: size }, () => issueCertificates(HOSTS, 90, START)))
  }

  advance(ms: number): void {
    this.now += ms
    this.#check()
  }

  /** Begins a tick, if none is under way. */
  async tick(index: number): Promise<void> {
    const process = this.#processes[index] as Process
    if (process.ticking) return
    process.ticking = true
    void process.controller.tick().then(
      () => {
        process.ticking = false
      },
      (error) => this.lost.push(`tick: ${error}`)
    )
    await turn()
  }

  /** Lets the oldest request of a controller through. */
  async answer(index: number): Promise<void> {
    const at = this.#pending.findIndex(({ controller }) => controller === index)
    const [request] = at < 0 ? [] : this.#pending.splice(at, 1)
    request?.through()
    await turn()
  }

  /** Ends a controller, with its requests under way done or not done, and starts another one in its place. */
  crash(index: number, isDone: boolean): void {
    const own = this.#pending.filter(({ controller }) => controller === index)
    this.#pending = this.#pending.filter(({ controller }) => controller !== index)
    if (isDone) for (const { apply } of own) apply()
    ;(this.#processes[index] as Process).alive = false
    this.#processes[index] = this.#start(index)
  }

  /** Somebody asks for a rotation. */
  rotate(): void {
    this.#change('secret', (secret) => {
      secret.metadata.annotations = { ...secret.metadata.annotations, 'holdfast.dev/rotate': 'now' }
    })
  }

  /** Somebody applies a configuration with one more entry, or one less. */
  switchMode(isMore: boolean): void {
    this.#change('mutating', ({ webhooks }) => {
      if (isMore) webhooks.unshift({ clientConfig: {} })
      else if (webhooks.length > 1) webhooks.pop()
    })
  }

  /** Ticks both controllers until nothing is left to do but the next renewal. */
  async settle(): Promise<void> {
    for (let round = 0; round < 60; round++) {
      for (const index of [0, 1]) {
        await this.tick(index)
        while (this.#pending.some(({ controller }) => controller === index)) await this.answer(index)
      }
      this.advance(500)
    }
  }

  get state(): { readonly keys: readonly string[]; readonly bundles: readonly number[]; readonly wanted: boolean } {
    const { secret } = this.#objects
    return {
      keys: Object.keys(secret.data ?? {}).sort(),
      bundles: this.#bundles().map((bundle) => bundle?.length ?? 0),
      wanted: 'holdfast.dev/rotate' in (secret.metadata.annotations ?? {})
    }
  }

  #start(index: number): Process {
    const identity = `controller-${index}-${this.#version}`
    const process: Process = { alive: true, ticking: false, controller: undefined as unknown as Controller }
    process.controller = createController({
      objects: this.#door(index, process),
      hosts: HOSTS,
      delays: this.#delays,
      candidate: { identity, durationMs: LEASE_MS },
      // Each with a clock of its own, a year apart.
      clock: { now: () => new Date(START.getTime() + this.now), monotonic: () => this.now + index * 31_536_000_000 },
      issue: async () => {
        const issued = this.#pool[this.#issued++]
        if (issued === undefined) throw new Error('the pool is empty')
        return issued
      },
      looked: () => {},
      took: () => {},
      notLeading: () => {}
    })
    return process
  }

  #door(controller: number, process: Process): Objects {
    const request = <T>(work: () => T): Promise<T> =>
      new Promise<T>((resolve, reject) => {
        const apply = (): T | undefined => {
          try {
            return work()
          } catch (error) {
            if (process.alive) reject(error)
            return undefined
          }
        }
        this.#pending.push({ controller, apply, through: () => resolve(apply() as T) })
      })
    const get = (name: 'secret' | 'lease' | 'mutating' | 'validating') =>
      request(() => structuredClone(this.#objects[name]))
    const put = (name: 'secret' | 'lease', object: JsonObject) =>
      request(() => {
        this.#requireVersion(name, object)
        this.#change(name, (stored) => Object.assign(stored, structuredClone(object)))
      })
    return {
      lease: () => get('lease'),
      writeLease: (lease) => put('lease', lease),
      secret: () => get('secret'),
      writeSecret: (secret, texts, isBegun) => {
        const data = Object.fromEntries(Object.entries(texts).map(([key, text]) => [key, btoa(text)]))
        const { annotations = {} } = secret.metadata as { annotations?: JsonObject }
        const { 'holdfast.dev/rotate': wanted, ...others } = annotations
        const kept = isBegun || wanted === undefined ? others : annotations
        return put('secret', { ...secret, metadata: { ...(secret.metadata as object), annotations: kept }, data })
      },
      configurations: () =>
        Promise.all(
          (['mutating', 'validating'] as const).map(async (path): Promise<WebhookConfiguration> => {
            const object = await get(path)
            const plural = `${path}webhookconfigurations` as const
            return { plural, path, object, caBundles: object.webhooks.map((one: Stored) => one.clientConfig.caBundle) }
          })
        ),
      writeCaBundles: ({ path, object }, changed) =>
        request(() => {
          this.#requireVersion(path as 'mutating', object)
          this.#change(path as 'mutating', ({ webhooks }) => {
            for (const [index, caBundle] of changed.entries()) webhooks[index].clientConfig = { caBundle }
          })
        })
    }
  }

  #requireVersion(name: 'secret' | 'lease' | 'mutating' | 'validating', { metadata }: JsonObject): void {
    const { resourceVersion } = metadata as { resourceVersion: string }
    if (resourceVersion !== this.#objects[name].metadata.resourceVersion) throw new Conflict(name)
  }

  #change(name: 'secret' | 'lease' | 'mutating' | 'validating', change: (object: Stored) => void): void {
    const before = this.#objects[name]
    const object = structuredClone(before)
    change(object)
    object.metadata.resourceVersion = String(this.#version++)
    this.#objects[name] = object
    this.#record()
    this.#check()
  }

  #bundles(): (string[] | undefined)[] {
    const entries = [...this.#objects.mutating.webhooks, ...this.#objects.validating.webhooks]
    return entries.map(({ clientConfig: { caBundle } }) =>
      caBundle === undefined ? undefined : certificatesIn(caBundle)
    )
  }

  #record(): void {
    const { [SECRET_KEYS.ca]: ca = '' } = textsIn(this.#objects.secret)
    const [current] = pemsIn(ca)
    if (current !== this.#servedFrom.at(-1)?.ca) {
      this.#servedFrom.push({ at: this.now, ca: current })
      this.served++
    }
    this.#trustedFrom.push({ at: this.now, bundles: this.#bundles() })
  }

  /** Whatever a Pod may serve now is trusted by whatever an API server may go by now. */
  #check(): void {
    const inForce = <T extends { at: number }>(history: readonly T[], lag: number): T[] =>
      history.filter((_, index) => (history[index + 1]?.at ?? Number.POSITIVE_INFINITY) > this.now - lag)
    const versions = inForce(this.#trustedFrom, LAGS.apiServerLagMs)
    for (const { ca } of inForce(this.#servedFrom, LAGS.podLagMs)) {
      if (ca === undefined) continue
      for (const { at, bundles } of versions) {
        for (const bundle of bundles) {
          // An entry that nobody has filled yet trusts nothing, whatever is served.
          if (bundle === undefined || bundle.includes(ca)) continue
          this.lost.push(`at ${this.now}: a caBundle of ${at} does not trust what a Pod may serve`)
        }
      }
    }
  }
}
