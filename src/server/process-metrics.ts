import { performance } from 'node:perf_hooks'
import { Counter, collectDefaultMetrics, Gauge, type Registry } from '@prometheus-io/client'
import { VERSION } from '../version.ts'

/** The longest that a timer of Node.js waits: 24 days. */
const NEVER_MS = 2 ** 31 - 1

/**
 * What the client's default metrics learn by waking up 10 and 100 times a second: twenty times the CPU that an idle server
 * takes for everything else. The client cannot leave them out, so their timers are set to never and they are taken out again.
 */
const SAMPLED = [
  'nodejs_eventloop_lag_seconds',
  ...['min', 'max', 'mean', 'stddev', 'p50', 'p90', 'p99'].map((part) => `nodejs_eventloop_lag_${part}_seconds`),
  'nodejs_eventloop_utilization_summary',
  'nodejs_eventloop_utilization_histogram'
]

/**
 * What every process of ours has: its version, and the usual `process_*` and `nodejs_*` metrics, those that take no timer,
 * because they are read when somebody asks.
 */
export function collectProcessMetrics(registry: Registry): void {
  collectDefaultMetrics({
    register: registry,
    eventLoopMonitoringPrecision: NEVER_MS,
    eventLoopUtilizationTimeout: NEVER_MS
  })
  for (const name of SAMPLED) registry.removeSingleMetric(name)
  new Counter({
    name: 'nodejs_eventloop_time_seconds_total',
    help: 'Time that the event loop was active (at work) or idle (waiting for events), by state.',
    labelNames: ['state'],
    registers: [registry],
    collect() {
      const { active, idle } = performance.eventLoopUtilization()
      this.reset()
      this.inc({ state: 'active' }, active / 1000)
      this.inc({ state: 'idle' }, idle / 1000)
    }
  })
  new Gauge({
    name: 'holdfast_build_info',
    help: 'Always 1; the labels say what runs.',
    labelNames: ['version', 'node'],
    registers: [registry]
  }).set({ version: VERSION, node: process.versions.node }, 1)
}
