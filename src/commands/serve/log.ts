import { destination, type Logger, pino } from 'pino'

/** Lines are written together, or once a second: a system call for each decision would cost as much as judging it. */
const BUFFER = { dest: 1, minLength: 4096, periodicFlush: 1000 }

/**
 * JSON lines on standard output, which is where the container runtime collects them.
 *
 * @param v verbosity as Kubernetes components count it: below 2 problems only, from 2 on every decision
 */
export function createLogger(v: number): Logger {
  const formatters = { level: (label: string) => ({ level: label }) }
  return pino({ level: v >= 2 ? 'info' : 'warn', base: null, formatters }, destination(BUFFER))
}
