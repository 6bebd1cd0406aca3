import {
  CONFIG_MAP,
  DEPLOYMENT,
  PROMETHEUS_AGENT_RESOURCE,
  PROMETHEUS_RESOURCE,
  SERVICE,
  STATEFUL_SET
} from '../core/objects/kinds.ts'
import { specOf } from '../core/objects/metadata.ts'
import { defineSetPolicy, type SetFinding, type Unclear } from '../core/policy.ts'
import { externalLabelsOf, prometheusConfigOf } from '../core/programs/prometheus-config.ts'
import { dropsLabel } from '../core/programs/relabel.ts'
import { replicaLabelsOf } from '../core/programs/replica-labels.ts'
import { type Runner, runnersOfRole } from '../core/programs/runners.ts'
import type { SubjectSet } from '../core/set.ts'
import type { Subject } from '../core/subject.ts'
import { type JsonObject, listOf, objectOf, textOf, wordOf } from '../core/values/json.ts'
import type { Path } from '../core/values/path.ts'

export default defineSetPolicy({
  id: 'remote-write-dedup',
  summary: 'Replicas of Prometheus write with the labels that the remote store needs for deduplication.',
  defaultMode: 'warn',
  options: {},
  reads: [DEPLOYMENT, STATEFUL_SET, PROMETHEUS_RESOURCE, PROMETHEUS_AGENT_RESOURCE, CONFIG_MAP, SERVICE],
  needs: [CONFIG_MAP],
  appliesTo: (set) => replicated(set).length > 0,
  *checkSet(set) {
    for (const runner of replicated(set)) {
      const writer = writerOf(set, runner)
      if ('unclear' in writer) yield writer
      else for (const target of writer.targets) yield* misjudged(set, runner, writer, target)
    }
  }
})

function replicated(set: SubjectSet): readonly Runner[] {
  return runnersOfRole(set, 'prometheus', 'agent').filter(({ replicas }) => replicas >= 2)
}

/** What is written where, and which labels tell the replicas apart. */
interface Writer {
  /** What has to change. */
  readonly object: Subject
  readonly field: Path
  /** `remote_write`, or what the operator makes it of. */
  readonly targets: readonly JsonObject[]
  readonly differing: readonly string[]
  readonly labels: ReadonlySet<string>
  readonly isUnclear: boolean
}

function writerOf(set: SubjectSet, runner: Runner): Writer | Unclear {
  const { subject, container } = runner
  if (container === undefined) return operatedWriter(subject)
  const configured = prometheusConfigOf(set, runner)
  if (configured.kind === 'unknown') return { object: subject, unclear: configured.why }
  const { config, source, key } = configured
  const labels = externalLabelsOf(config)
  const { differing, isUnclear } = replicaLabelsOf(container, labels)
  const targets = listOf(config.remote_write).map(objectOf)
  return { object: source, field: ['data', key], targets, differing, labels: new Set(labels.keys()), isUnclear }
}

function operatedWriter(subject: Subject): Writer {
  const spec = specOf(subject.object)
  const { replicaExternalLabelName = 'prometheus_replica', externalLabels } = spec
  const label = wordOf(replicaExternalLabelName)
  const differing = label === '' ? [] : [label]
  const labels = new Set([...Object.keys(objectOf(externalLabels)), ...differing])
  const targets = listOf(spec.remoteWrite).map(objectOf)
  return { object: subject, field: ['spec', 'remoteWrite'], targets, differing, labels, isUnclear: false }
}

type Backend = 'thanos' | 'mimir' | 'victoria-metrics'

/** By the path alone, or by a Service beside it: of any other store nobody knows here what it wants. */
function backendOf(set: SubjectSet, url: string): Backend | undefined {
  const [, host = '', path = ''] = /^https?:\/\/([^/?#]+)([^?#]*)/.exec(url) ?? []
  if (path.endsWith('/api/v1/receive')) return 'thanos'
  if (path.endsWith('/api/v1/push')) return 'mimir'
  if (path.startsWith('/insert/')) return 'victoria-metrics'
  const service = host.replace(/:\d+$/, '').split('.')[0] ?? ''
  const isBeside = set.named(SERVICE, service) !== undefined && /^vm|-vm|victoria/.test(service)
  return path.endsWith('/api/v1/write') && isBeside ? 'victoria-metrics' : undefined
}

function* misjudged(
  set: SubjectSet,
  runner: Runner,
  writer: Writer,
  target: JsonObject
): Generator<SetFinding | Unclear> {
  const url = textOf(target.url) ?? ''
  const backend = backendOf(set, url)
  const relabelling = listOf(target.write_relabel_configs ?? target.writeRelabelConfigs)
  if (backend === undefined) return
  if (writer.isUnclear) {
    yield {
      object: runner.subject,
      unclear: `whether the external labels of ${runner.subject.kind} ${runner.subject.name} differ is not in its manifest`
    }
    return
  }
  const fault = backend === 'victoria-metrics' ? distinct(writer, relabelling) : alike(backend, writer, relabelling)
  if (fault === undefined) return
  const { subject, replicas } = runner
  yield {
    object: writer.object,
    involved: writer.object === subject ? [] : [subject],
    field: writer.field,
    identity: `${subject.kind} ${subject.name} to ${url}`,
    problem: `the ${replicas} replicas of ${subject.kind} ${subject.name} write to ${NAMES[backend]} ${fault.what}`,
    remediation: fault.remediation
  }
}

const NAMES: Readonly<Record<Backend, string>> = {
  thanos: 'Thanos Receive',
  mimir: 'Mimir or Cortex',
  'victoria-metrics': 'VictoriaMetrics'
}

interface Fault {
  readonly what: string
  readonly remediation: string
}

/** VictoriaMetrics deduplicates what has the same labels. */
function distinct({ differing }: Writer, relabelling: readonly unknown[]): Fault | undefined {
  const kept = differing.filter((label) => dropsInEitherForm(relabelling, label) === false)
  if (kept.length === 0) return undefined
  return {
    what: `with different values of ${kept.join(' and ')}, so VictoriaMetrics keeps every sample once for each replica`,
    remediation: `drop ${kept.join(' and ')} in write_relabel_configs, or set none (replicaExternalLabelName: "" for prometheus-operator)`
  }
}

/** Thanos and Mimir deduplicate by a label that differs. */
function alike(
  backend: 'thanos' | 'mimir',
  { differing, labels }: Writer,
  relabelling: readonly unknown[]
): Fault | undefined {
  // What is relabelled may add the label.
  if (relabelling.length > 0) return undefined
  if (differing.length === 0) {
    const label = backend === 'thanos' ? 'replica' : '__replica__'
    return {
      what: 'with the same labels, so that both write the same series and one is refused or mixed with the other',
      remediation: `add an external label that differs, such as ${label}: $\{POD_NAME}${backend === 'mimir' ? ', and a label cluster' : ''} (replicaExternalLabelName for prometheus-operator)`
    }
  }
  if (backend === 'thanos' || !differing.includes('__replica__') || labels.has('cluster')) return undefined
  return {
    what: 'with the label __replica__ and without cluster: without both, Mimir cannot elect a replica and accepts all samples',
    remediation: 'add an external label cluster that is the same for all replicas'
  }
}

/** The operator writes its fields in another case. */
function dropsInEitherForm(relabelling: readonly unknown[], label: string): boolean | undefined {
  const configs = relabelling.map(objectOf).map(({ targetLabel, sourceLabels, ...config }) => ({
    ...config,
    target_label: config.target_label ?? targetLabel,
    source_labels: config.source_labels ?? sourceLabels
  }))
  return dropsLabel(configs, label)
}
