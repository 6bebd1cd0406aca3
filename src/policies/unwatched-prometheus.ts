import {
  CONFIG_MAP,
  DEPLOYMENT,
  PROMETHEUS_RESOURCE,
  STATEFUL_SET,
  THANOS_RULER_RESOURCE
} from '../core/objects/kinds.ts'
import { containersOf } from '../core/objects/pod.ts'
import { defineSetPolicy } from '../core/policy.ts'
import { prometheusConfigOf } from '../core/programs/prometheus-config.ts'
import { rulesOf } from '../core/programs/prometheus-rules.ts'
import { type Runner, runnersOfRole } from '../core/programs/runners.ts'
import { isThanos } from '../core/programs/thanos.ts'
import type { SubjectSet } from '../core/set.ts'
import type { Subject } from '../core/subject.ts'
import { type JsonObject, listOf, textOf, wordOf } from '../core/values/json.ts'
import { count } from '../core/values/text.ts'

/** All that may evaluate rules, and what a server of them is configured with. */
const READS = [DEPLOYMENT, STATEFUL_SET, CONFIG_MAP, PROMETHEUS_RESOURCE, THANOS_RULER_RESOURCE]

export default defineSetPolicy({
  id: 'unwatched-prometheus',
  summary: 'A Prometheus that sends alerts has a rule that watches Prometheus itself.',
  defaultMode: 'warn',
  options: {},
  reads: READS,
  needs: READS,
  appliesTo: (set) => unwatchedIn(set).length > 0,
  *checkSet(set) {
    for (const { runner, source, key, alerts } of unwatchedIn(set)) {
      const { subject } = runner
      yield {
        object: source,
        involved: [subject],
        field: ['data', key],
        identity: `watches ${subject.kind} ${subject.name}`,
        problem: `${subject.kind} ${subject.name} has ${count(alerts, 'alerting rule')}, and none watches Prometheus itself: no alert tells you that it rejects a configuration, that its TSDB fails, or that its alerts do not arrive`,
        remediation:
          "add rules over prometheus_config_last_reload_successful, prometheus_tsdb_wal_corruptions_total and prometheus_notifications_errors_total, and one that always fires, as a dead man's switch",
        info: true
      }
    }
  }
})

interface Unwatched {
  readonly runner: Runner
  /** What holds its configuration. */
  readonly source: Subject
  readonly key: string
  readonly alerts: number
}

/**
 * Who sees the rules of every server of the Set that evaluates any, and in none of them Prometheus, knows; nobody else
 * does. Rules of prometheus-operator and of Thanos are in objects of any namespace.
 */
function unwatchedIn(set: SubjectSet): readonly Unwatched[] {
  const runners = runnersOfRole(set, 'prometheus', 'thanos-rule')
  const found: Unwatched[] = []
  for (const runner of runners) {
    const configured = prometheusConfigOf(set, runner)
    if (configured.kind === 'unknown' || isEvaluatedElsewhere(runner, configured.config)) return []
    const rules = rulesOf(set, runner, configured)
    if (rules === undefined || rules.some(watchesPrometheus)) return []
    const alerts = rules.filter(({ alert }) => alert !== undefined).length
    const { source, key } = configured
    // A server without alerts is one whose data somebody else looks at.
    if (alerts > 0) found.push({ runner, source, key, alerts })
  }
  return found
}

/** What it sends on, or what Thanos asks it for, may be alerted on there. */
function isEvaluatedElsewhere({ workload }: Runner, { remote_write: remoteWrite }: JsonObject): boolean {
  return listOf(remoteWrite).length > 0 || workload === undefined || containersOf(workload.template).some(isThanos)
}

/**
 * By its own metrics, by the health of all targets, or by the Pods, containers and volumes of all workloads. Whatever
 * always fires is a dead man's switch, which is noticed when Prometheus is gone.
 */
const WATCHES = /prometheus|\b(?:up|vector)\b|\b(?:scrape|process|go|kube|container|kubelet)_|^[\s\d=<>!.()]+$/i

const SWITCH = /watchdog|dead.?man|heartbeat/i

function watchesPrometheus({ expr, alert }: JsonObject): boolean {
  return WATCHES.test(wordOf(expr)) || SWITCH.test(textOf(alert) ?? '')
}
