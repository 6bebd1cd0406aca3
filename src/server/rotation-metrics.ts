import { Counter, Gauge, Registry } from '@prometheus-io/client'
import { collectProcessMetrics } from './process-metrics.ts'

/** What a rotation may be waiting for: the values of the label `waiting_for`. */
const WAITS = ['trust', 'retirement', 'renewal'] as const
type WaitName = (typeof WAITS)[number]

/** Unix times in the gauges are seconds. */
export interface RotationMetrics {
  readonly registry: Registry
  leading(leads: boolean): void
  /** What the leader waits for; undefined while it takes steps, and where this process does not lead. */
  waiting(wait: WaitName | undefined): void
  expires(notAfter: Date | undefined, caNotAfter: Date | undefined): void
  foreign(count: number): void
  /** Webhook entries that were seen. */
  entries(count: number): void
  /** A new certificate was put into the Secret. */
  served(): void
  failed(): void
}

/** The metrics of `holdfast cert-controller`. Names and labels are listed in docs/metrics.md. */
export function createRotationMetrics(): RotationMetrics {
  const registry = new Registry()
  const registers = [registry]
  collectProcessMetrics(registry)
  const gauge = (name: string, help: string) => new Gauge({ name, help, registers })
  const counter = (name: string, help: string) => new Counter({ name, help, registers })
  const leader = gauge('holdfast_rotation_leader', 'Whether this process holds the Lease, 1 or 0.')
  const waits = new Gauge({
    name: 'holdfast_rotation_waiting',
    help: '1 for what the leader waits for (trust, retirement, renewal), 0 for the others.',
    labelNames: ['waiting_for'],
    registers
  })
  const expiry = gauge(
    'holdfast_rotation_certificate_not_after_seconds',
    'Unix time at which the certificate in the Secret expires, 0 where there is none.'
  )
  const caExpiry = gauge(
    'holdfast_rotation_ca_not_after_seconds',
    'Unix time at which the CA of that certificate expires, 0 where there is none.'
  )
  const foreign = gauge('holdfast_rotation_foreign_cas', 'CAs in a caBundle that the controller did not put there.')
  const entries = gauge('holdfast_rotation_webhook_entries', 'Webhook entries whose caBundle the leader looks after.')
  const served = counter('holdfast_rotation_certificates_total', 'New certificates that were put into the Secret.')
  const failures = counter('holdfast_rotation_failures_total', 'Looks at the cluster that ended in an error.')
  const waiting: RotationMetrics['waiting'] = (wait) => {
    for (const name of WAITS) waits.set({ waiting_for: name }, name === wait ? 1 : 0)
  }
  waiting(undefined)
  return {
    registry,
    waiting,
    leading: (leads) => leader.set(leads ? 1 : 0),
    expires(notAfter, caNotAfter) {
      expiry.set((notAfter?.getTime() ?? 0) / 1000)
      caExpiry.set((caNotAfter?.getTime() ?? 0) / 1000)
    },
    foreign: (count) => foreign.set(count),
    entries: (count) => entries.set(count),
    served: () => served.inc(),
    failed: () => failures.inc()
  }
}
