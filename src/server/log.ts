import { type Logger, pino } from 'pino'
import type { Review } from '../admission/review.ts'
import type { Decision } from '../core/decide.ts'
import { oneLine } from '../core/values/text.ts'
import { type ErrorCode, messageOf } from '../errors.ts'
import type { CloseReason, PortName } from './connections.ts'
import { LogOutput } from './log-output.ts'
import { outcomeOf } from './metrics.ts'

/**
 * JSON lines on standard output, which is where the container runtime collects them.
 *
 * @param v verbosity as Kubernetes components count it: below 2 problems only, from 2 on decisions that say something, from 4 on every decision
 */
export function createLogger(v: number): Logger {
  const formatters = { level: (label: string) => ({ level: label }) }
  // To ask for its number makes a pipe one that nobody has to wait for.
  const output = new LogOutput(process.stdout.fd, (lines) =>
    logger.warn({ lines }, 'log lines were lost: nobody took them')
  )
  const logger = pino({ level: v >= 4 ? 'debug' : v >= 2 ? 'info' : 'warn', base: null, formatters }, output)
  return logger
}

/** A line names so many verdicts at the most. */
const MOST_VERDICTS = 32

/**
 * One line for each decision. Names and outcomes only: never the object, whose environment may hold secrets, and never
 * a label's or an annotation's value. Nobody looks for a review about which nobody has anything to say, so that its line is
 * for debugging.
 */
export function logDecision(
  logger: Logger,
  review: Review,
  decision: Decision | undefined,
  seconds: number,
  traceId: string | undefined
): void {
  logCrashes(logger, review, decision)
  const level = saysNothing(decision) ? 'debug' : 'info'
  if (!logger.isLevelEnabled(level)) return
  // One member with everything in it: pino takes a map as a whole, which costs half of what eight members do.
  const line = {
    uid: short(review.uid),
    operation: short(review.operation),
    kind: short(review.kind),
    namespace: short(review.subject?.namespace),
    name: short(review.subject?.name),
    outcome: outcomeOf(decision),
    policies: decision?.verdicts
      .slice(0, MOST_VERDICTS)
      .map(({ policy, mode, outcome }) => ({ policy, mode, outcome })),
    ms: Math.round(seconds * 1e6) / 1e3
  }
  logger[level]({ trace_id: traceId, review: line }, 'decided')
}

function saysNothing(decision: Decision | undefined): boolean {
  return decision === undefined || (decision.verdicts.length === 0 && decision.unknownSkips.length === 0)
}

function logCrashes(logger: Logger, review: Review, decision: Decision | undefined): void {
  for (const verdict of decision?.verdicts ?? []) {
    if (verdict.outcome !== 'crashed') continue
    logger.error({ uid: short(review.uid), policy: verdict.policy, err: verdict.error }, 'policy crashed')
  }
}

/** Names are at most 253 characters long; what is longer did not come from an API server. */
function short(name: string | undefined): string | undefined {
  return name === undefined ? undefined : oneLine(name, 253)
}

export function logFailure(logger: Logger, code: ErrorCode, error: unknown, traceId: string | undefined): void {
  const line = { trace_id: traceId, code }
  if (code === 'INTERNAL') logger.error({ ...line, err: error }, 'could not evaluate a review')
  else logger.warn({ ...line, reason: messageOf(error) }, 'could not evaluate a review')
}

/** A line about closed connections comes at most this often: whoever opens thousands must not fill the log as well. */
const CLOSED_EVERY_MS = 60_000

export interface ClosedLog {
  note(port: PortName, reason: CloseReason): void
  /** Whether something was noted and not written yet. */
  readonly isPending: boolean
  /** Writes what was noted, if it is time to. */
  write(now: number): void
}

/** Says how many connections were closed before their time: soon after the first, and then once a minute. */
export function closedLog(logger: Logger): ClosedLog {
  let counts: Record<string, number> = {}
  let next = Number.NEGATIVE_INFINITY
  return {
    note(port, reason) {
      const key = `${port} ${reason}`
      counts[key] = (counts[key] ?? 0) + 1
    },
    get isPending() {
      return Object.keys(counts).length > 0
    },
    write(now) {
      if (now < next || !this.isPending) return
      logger.warn({ closed: counts }, 'closed connections before their time')
      counts = {}
      next = now + CLOSED_EVERY_MS
    }
  }
}
