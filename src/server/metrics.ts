import { Counter, Gauge, Histogram, Registry } from '@prometheus-io/client'
import type { Review } from '../admission/review.ts'
import type { Decision } from '../core/decide.ts'
import { MODES } from '../core/mode.ts'
import type { Policy } from '../core/policy.ts'
import { ERRORS, type ErrorCode } from '../errors.ts'
import { CLOSE_REASONS, type CloseReason, type ConnectionCounts, PORTS, type PortName } from './connections.ts'
import { collectProcessMetrics } from './process-metrics.ts'

/** Seconds, from 0.1 ms to 1 s: a review takes about a fifth of a millisecond, and the API server waits for five. */
const BUCKETS = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1]

const OPERATIONS = ['CREATE', 'UPDATE', 'DELETE', 'CONNECT']

/** What the metrics call something that is not on a list. Labels are bounded, or one client could fill the memory. */
const OTHER = 'other'

export type ReviewOutcome = 'allowed' | 'patched' | 'denied' | 'failed'

export interface Metrics {
  readonly registry: Registry
  reviewed(review: Review, decision: Decision | undefined, seconds: number): void
  failed(code: ErrorCode): void
  /** Is asked at each scrape what is open on the HTTPS port. */
  countConnections(counts: () => ConnectionCounts): void
  connectionClosed(port: PortName, reason: CloseReason): void
  /** Called with the end of validity of what new connections get, good or not. */
  certificateServed(notAfter: Date): void
  /** Called after each look at the files that found them usable. */
  certificateLoaded(): void
  certificateFailed(): void
  certificateRejected(): void
  configurationLoaded(): void
  /** Called after each look at the file that found it usable, new or not. */
  configurationUsable(): void
  configurationFailed(): void
}

/** The metrics of one server. Names and labels are listed in docs/metrics.md. */
export function createMetrics(policies: readonly Policy[]): Metrics {
  const registry = new Registry()
  const registers = [registry]
  collectProcessMetrics(registry)
  const kinds = new Set(policies.flatMap(({ matches }) => matches.map(({ resource }) => resource.kind)))

  const reviews = new Counter({
    name: 'holdfast_reviews_total',
    help: 'Reviews by kind, operation and outcome (allowed, patched, denied; failed where every policy crashed).',
    labelNames: ['kind', 'operation', 'outcome'],
    registers
  })
  const findings = new Counter({
    name: 'holdfast_findings_total',
    help: 'Findings by policy, mode and outcome (denied, patched, warned, audited, skipped, crashed).',
    labelNames: ['policy', 'mode', 'outcome'],
    registers
  })
  const errors = new Counter({
    name: 'holdfast_review_errors_total',
    help: 'Requests that could not be evaluated and were left to failurePolicy, by error code.',
    labelNames: ['code'],
    registers
  })
  const durations = new Histogram({
    name: 'holdfast_review_duration_seconds',
    help: 'Time from the last byte of the request to the answer, by kind and operation.',
    labelNames: ['kind', 'operation'],
    buckets: BUCKETS,
    registers
  })
  let countConnections = (): ConnectionCounts => ({ unproven: 0, proven: 0 })
  new Gauge({
    name: 'holdfast_connections',
    help: 'Open connections on the HTTPS port, by state (proven: a review was answered, or the client is known).',
    labelNames: ['state'],
    registers,
    collect() {
      for (const [state, count] of Object.entries(countConnections())) this.set({ state }, count)
    }
  })
  const closed = new Counter({
    name: 'holdfast_connections_closed_total',
    help: 'Connections that the server closed before their time, by port and reason.',
    labelNames: ['port', 'reason'],
    registers
  })
  const expiry = new Gauge({
    name: 'holdfast_certificate_not_after_seconds',
    help: 'Unix time at which the serving certificate expires.',
    registers
  })
  const loaded = new Gauge({
    name: 'holdfast_certificate_last_load_seconds',
    help: 'Unix time at which the serving certificate was last read and found usable.',
    registers
  })
  const certificateReloaded = new Gauge({
    name: 'holdfast_certificate_last_reload_successful',
    help: 'Whether the last look at the certificate files found them usable (1) or not (0).',
    registers
  })
  const certificateFailures = new Counter({
    name: 'holdfast_certificate_reload_failures_total',
    help: 'Times that the certificate files could not be used and the last good pair was kept.',
    registers
  })
  const certificateRejections = new Counter({
    name: 'holdfast_certificate_rejections_total',
    help: 'TLS handshakes that a client ended because it does not trust the serving certificate.',
    registers
  })
  const configured = new Gauge({
    name: 'holdfast_configuration_last_load_seconds',
    help: 'Unix time at which the configuration in force was taken up.',
    registers
  })
  const configurationReloaded = new Gauge({
    name: 'holdfast_configuration_last_reload_successful',
    help: 'Whether the last look at the configuration file found it usable (1) or not (0).',
    registers
  })
  const configurationFailures = new Counter({
    name: 'holdfast_configuration_reload_failures_total',
    help: 'Times that a changed configuration file could not be used and the last good one was kept.',
    registers
  })
  // Counters that an alert matches start at 0: an increase from nothing is none.
  for (const code of Object.keys(ERRORS)) if ('status' in ERRORS[code as ErrorCode]) errors.inc({ code }, 0)
  for (const port of PORTS) for (const reason of CLOSE_REASONS) closed.inc({ port, reason }, 0)
  for (const { id } of policies) for (const mode of MODES) findings.inc({ policy: id, mode, outcome: 'crashed' }, 0)

  return {
    registry,
    reviewed(review, decision, seconds) {
      const kind = kinds.has(review.kind) ? review.kind : OTHER
      const operation = OPERATIONS.includes(review.operation) ? review.operation : OTHER
      reviews.inc({ kind, operation, outcome: outcomeOf(decision) })
      durations.observe({ kind, operation }, seconds)
      for (const { policy, mode, outcome } of decision?.verdicts ?? []) findings.inc({ policy, mode, outcome })
    },
    failed: (code) => errors.inc({ code }),
    countConnections(counts) {
      countConnections = counts
    },
    connectionClosed: (port, reason) => closed.inc({ port, reason }),
    certificateServed: (notAfter) => expiry.set(notAfter.getTime() / 1000),
    certificateLoaded() {
      loaded.setToCurrentTime()
      certificateReloaded.set(1)
    },
    certificateFailed() {
      certificateFailures.inc()
      certificateReloaded.set(0)
    },
    certificateRejected: () => certificateRejections.inc(),
    configurationLoaded() {
      configured.setToCurrentTime()
      configurationReloaded.set(1)
    },
    configurationUsable: () => configurationReloaded.set(1),
    configurationFailed() {
      configurationFailures.inc()
      configurationReloaded.set(0)
    }
  }
}

export function outcomeOf(decision: Decision | undefined): ReviewOutcome {
  if (decision === undefined) return 'allowed'
  if (decision.unevaluated) return 'failed'
  if (!decision.allowed) return 'denied'
  return decision.operations.length > 0 ? 'patched' : 'allowed'
}
