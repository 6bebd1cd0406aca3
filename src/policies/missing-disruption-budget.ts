import {
  ALERTMANAGER_RESOURCE,
  DEPLOYMENT,
  POD_DISRUPTION_BUDGET,
  PROMETHEUS_RESOURCE,
  STATEFUL_SET,
  THANOS_RULER_RESOURCE
} from '../core/objects/kinds.ts'
import { specOf } from '../core/objects/metadata.ts'
import { selects } from '../core/objects/selector.ts'
import { defineSetPolicy, type SetFinding } from '../core/policy.ts'
import { type Runner, type RunnerRole, runnersOfRole } from '../core/programs/runners.ts'
import type { SubjectSet } from '../core/set.ts'
import type { Subject } from '../core/subject.ts'
import { type JsonObject, wordOf } from '../core/values/json.ts'

export default defineSetPolicy({
  id: 'missing-disruption-budget',
  summary: 'Replicas of the Prometheus stack are not all evicted at once, and can be evicted one by one.',
  defaultMode: 'warn',
  options: {},
  reads: [
    POD_DISRUPTION_BUDGET,
    DEPLOYMENT,
    STATEFUL_SET,
    PROMETHEUS_RESOURCE,
    ALERTMANAGER_RESOURCE,
    THANOS_RULER_RESOURCE
  ],
  needs: [POD_DISRUPTION_BUDGET],
  appliesTo: (set) => replicated(set).length > 0,
  *checkSet(set) {
    for (const runner of replicated(set)) {
      const budgets = selecting(set, runner.labels)
      // A budget may be meant for Pods of an older operator, and then it is there.
      if (budgets.length === 0 && selecting(set, { ...runner.olderLabels, ...runner.labels }).length === 0) {
        yield without(runner)
      }
      for (const budget of budgets) yield* blocking(budget, runner)
    }
  }
})

/** What serves while one of its replicas is gone. Agents send on what is theirs, and nobody asks them. */
const ROLES: readonly RunnerRole[] = [
  'prometheus',
  'alertmanager',
  'thanos-query',
  'thanos-receive',
  'thanos-store',
  'thanos-rule'
]

function replicated(set: SubjectSet): readonly Runner[] {
  return runnersOfRole(set, ...ROLES).filter(({ replicas }) => replicas >= 2)
}

function selecting(set: SubjectSet, labels: JsonObject): readonly Subject[] {
  return set.ofKind(POD_DISRUPTION_BUDGET).filter(({ object }) => selects(specOf(object).selector, labels))
}

const CHART_VALUES: Readonly<Partial<Record<RunnerRole, string>>> = {
  prometheus:
    ' (server.podDisruptionBudget.enabled: true in the prometheus chart, prometheus.podDisruptionBudget.enabled: true in kube-prometheus-stack)',
  alertmanager:
    ' (podDisruptionBudget.maxUnavailable: 1 in the alertmanager chart, alertmanager.podDisruptionBudget.enabled: true in kube-prometheus-stack)'
}

function without({ subject, program, replicas, role }: Runner): SetFinding {
  return {
    object: subject,
    field: ['spec', 'replicas'],
    identity: `no budget for ${program}`,
    problem: `no PodDisruptionBudget selects the ${replicas} replicas of ${program}: a node drain may evict all of them at once`,
    remediation: `add a PodDisruptionBudget with maxUnavailable: 1 whose selector matches the labels of its Pods${CHART_VALUES[role] ?? ''}`
  }
}

function* blocking(budget: Subject, { subject, program, replicas, shards }: Runner): Generator<SetFinding> {
  const { maxUnavailable, minAvailable } = specOf(budget.object)
  const pods = replicas * shards
  const field = maxUnavailable === undefined ? 'minAvailable' : 'maxUnavailable'
  const value = maxUnavailable ?? minAvailable
  const isBlocking = field === 'maxUnavailable' ? countOf(value, pods) === 0 : (countOf(value, pods) ?? 0) >= pods
  if (!isBlocking) return
  yield {
    object: budget,
    involved: [subject],
    field: ['spec', field],
    identity: `blocks ${subject.kind} ${subject.name}`,
    problem: `${field}: ${value} allows no eviction of the ${pods} Pods of ${program} in ${subject.kind} ${subject.name}: every drain of their nodes blocks`,
    remediation: 'set maxUnavailable: 1 and no minAvailable'
  }
}

/** How many Pods a number or a percentage is; the disruption controller rounds both up. */
function countOf(value: unknown, pods: number): number | undefined {
  if (typeof value === 'number') return value
  const percent = /^(\d{1,3})%$/.exec(wordOf(value))?.[1]
  return percent === undefined ? undefined : Math.ceil((Number(percent) * pods) / 100)
}
