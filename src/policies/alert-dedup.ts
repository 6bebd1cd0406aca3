import { CONFIG_MAP, DEPLOYMENT, STATEFUL_SET } from '../core/objects/kinds.ts'
import { defineSetPolicy, type SetFinding, type Unclear } from '../core/policy.ts'
import { externalLabelsOf, prometheusConfigOf } from '../core/programs/prometheus-config.ts'
import { dropsLabel } from '../core/programs/relabel.ts'
import { replicaLabelsOf } from '../core/programs/replica-labels.ts'
import { type Runner, runnersOfRole } from '../core/programs/runners.ts'
import type { SubjectSet } from '../core/set.ts'
import { type JsonObject, listOf, objectOf } from '../core/values/json.ts'

export default defineSetPolicy({
  id: 'alert-dedup',
  summary: 'Replicas of Prometheus send the same alerts, so that Alertmanager sends each notification once.',
  defaultMode: 'warn',
  options: {},
  reads: [DEPLOYMENT, STATEFUL_SET, CONFIG_MAP],
  needs: [CONFIG_MAP],
  appliesTo: (set) => replicated(set).length > 0,
  *checkSet(set) {
    for (const runner of replicated(set)) yield* sentTwice(set, runner)
  }
})

/** Those of prometheus-operator are left out: it drops the label of the replica itself. */
function replicated(set: SubjectSet): readonly Runner[] {
  return runnersOfRole(set, 'prometheus').filter(({ replicas, container }) => replicas >= 2 && container !== undefined)
}

function* sentTwice(set: SubjectSet, runner: Runner): Generator<SetFinding | Unclear> {
  const { subject, container, replicas } = runner
  const configured = prometheusConfigOf(set, runner)
  if (configured.kind === 'unknown') {
    yield { object: subject, unclear: configured.why }
    return
  }
  const { config, source, key } = configured
  if (container === undefined || listOf(objectOf(config.alerting).alertmanagers).length === 0) return
  const { differing } = replicaLabelsOf(container, externalLabelsOf(config))
  const kept = differing.filter((label) => isKept(config, label))
  if (kept.length === 0) return
  yield {
    object: source,
    involved: [subject],
    field: ['data', key],
    identity: `alerts of ${subject.kind} ${subject.name}`,
    problem: `alerts of the ${replicas} replicas of ${subject.kind} ${subject.name} differ by the external label ${kept.join(' and ')}: Alertmanager gets each alert ${replicas} times and sends ${replicas} notifications`,
    remediation: `drop the label in alerting.alert_relabel_configs: {action: labeldrop, regex: ${kept.join('|')}} (alertRelabelConfigs in the prometheus chart)`
  }
}

/** For all Alertmanagers, or for one of them. What cannot be read may drop it. */
function isKept({ alerting }: JsonObject, label: string): boolean {
  const { alert_relabel_configs: configs, alertmanagers } = objectOf(alerting)
  if (dropsLabel(configs, label) !== false) return false
  return listOf(alertmanagers).some((one) => dropsLabel(objectOf(one).alert_relabel_configs, label) === false)
}
