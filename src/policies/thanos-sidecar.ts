import { CONFIG_MAP, DEPLOYMENT, PROMETHEUS_RESOURCE, STATEFUL_SET } from '../core/objects/kinds.ts'
import { specOf } from '../core/objects/metadata.ts'
import { type Container, containersOf } from '../core/objects/pod.ts'
import { defineSetPolicy, type SetFinding, type Unclear } from '../core/policy.ts'
import { flagValue, flagValues, hasSwitch, isStartedByShell } from '../core/programs/arguments.ts'
import { type Configured, externalLabelsOf, prometheusConfigOf } from '../core/programs/prometheus-config.ts'
import { replicaLabelsOf } from '../core/programs/replica-labels.ts'
import { type Runner, runnersOfRole } from '../core/programs/runners.ts'
import { thanosComponentOf } from '../core/programs/thanos.ts'
import type { SubjectSet } from '../core/set.ts'
import type { Subject } from '../core/subject.ts'
import { isObject, listOf, objectOf, textsOf, wordOf } from '../core/values/json.ts'

export default defineSetPolicy({
  id: 'thanos-sidecar',
  summary: 'A Thanos sidecar starts, and Thanos can distinguish the replicas of Prometheus and deduplicate their data.',
  defaultMode: 'enforce',
  options: {},
  reads: [DEPLOYMENT, STATEFUL_SET, PROMETHEUS_RESOURCE, CONFIG_MAP],
  needs: [CONFIG_MAP],
  appliesTo: (set) => withSidecar(set).length > 0,
  *checkSet(set) {
    const identities: Identity[] = []
    for (const runner of withSidecar(set)) {
      if (runner.container === undefined) {
        yield* operated(runner)
        identities.push({
          subject: runner.subject,
          labels: operatedReplicaLabels(runner),
          isOfReplicas: runner.replicas >= 2
        })
        continue
      }
      yield* unequalBlocks(runner, runner.container)
      const configured = prometheusConfigOf(set, runner)
      if (configured.kind === 'unknown') {
        yield { object: runner.subject, unclear: configured.why }
        continue
      }
      const labels = replicaLabelsOf(runner.container, externalLabelsOf(configured.config))
      yield* labelling(runner, runner.container, configured)
      if (!labels.isUnclear) {
        identities.push({ subject: runner.subject, labels: labels.differing, isOfReplicas: runner.replicas >= 2 })
      }
    }
    yield* undeduplicated(set, identities)
  }
})

function withSidecar(set: SubjectSet): readonly Runner[] {
  return runnersOfRole(set, 'prometheus').filter(({ subject, workload }) =>
    workload === undefined ? isObject(specOf(subject.object).thanos) : sidecarOf(workload.template) !== undefined
  )
}

function sidecarOf(template: Subject['object']): Container | undefined {
  return containersOf(template).find((container) => thanosComponentOf(container) === 'sidecar')
}

function uploads(sidecar: Container | undefined): boolean {
  if (sidecar === undefined) return false
  return ['objstore.config', 'objstore.config-file'].some((name) => flagValues(sidecar, name).length > 0)
}

/** Blocks that Prometheus has compacted overlap with those that were uploaded before. */
function* unequalBlocks({ subject, workload, path }: Runner, container: Container): Generator<SetFinding> {
  const sidecar = workload && sidecarOf(workload.template)
  if (sidecar === undefined || !uploads(sidecar) || isStartedByShell(container)) return
  if (hasSwitch(sidecar, 'shipper.ignore-unequal-block-size')) return
  if (flagValue(container, 'storage.tsdb.delay-compact-file.path') !== undefined || keepsShort(container)) return
  const [least, most] = ['min', 'max'].map((end) => flagValue(container, `storage.tsdb.${end}-block-duration`))
  if (most !== undefined && most === (least ?? '2h')) return
  yield {
    object: subject,
    field: [...path, 'args'],
    identity: 'unequal block durations',
    problem: `Prometheus compacts blocks that the Thanos sidecar uploads (min-block-duration ${least ?? '2h by default'}, max-block-duration ${most ?? 'a tenth of the retention by default'}): the sidecar is never ready`,
    remediation: 'set --storage.tsdb.min-block-duration=2h and --storage.tsdb.max-block-duration=2h'
  }
}

/** A tenth of the retention is what blocks are compacted to, and 20 h or less leave them at two hours. */
function keepsShort(container: Container): boolean {
  const match = /^(\d{1,4})(m|h)$/.exec(flagValue(container, 'storage.tsdb.retention.time') ?? '')
  return match !== null && Number(match[1]) * (match[2] === 'h' ? 60 : 1) <= 20 * 60
}

type Known = Extract<Configured, { kind: 'known' }>

function* labelling(
  runner: Runner,
  container: Container,
  { config, source, key }: Known
): Generator<SetFinding | Unclear> {
  const { subject, replicas, workload, path } = runner
  const labels = externalLabelsOf(config)
  const field = ['data', key]
  if (labels.size === 0) {
    yield {
      object: source,
      involved: [subject],
      field,
      identity: `no external labels for ${subject.kind} ${subject.name}`,
      problem: `global.external_labels is empty, and the Thanos sidecar of ${subject.kind} ${subject.name} does not start without`,
      remediation: `set a label for the cluster and one for the replica, such as replica: $\{POD_NAME} (server.global.external_labels in the prometheus chart)`
    }
    return
  }
  if (replicas < 2) return
  const { differing, failing, isUnclear } = replicaLabelsOf(container, labels)
  if (differing.length > 0) return
  if (isUnclear) {
    yield {
      object: subject,
      unclear: `whether the external labels of ${subject.kind} ${subject.name} differ is not in its manifest`
    }
    return
  }
  const effect = uploads(workload && sidecarOf(workload.template))
    ? 'their blocks overlap in the bucket, and the compactor halts'
    : 'Thanos Query treats them as one'
  const [first] = failing
  const isInConfiguration = first === undefined || first.isInConfiguration
  yield {
    object: isInConfiguration ? source : subject,
    involved: [isInConfiguration ? subject : source],
    field: isInConfiguration ? field : path,
    identity: `no replica label for ${subject.kind} ${subject.name}`,
    problem: `no external label differs between the ${replicas} replicas of ${subject.kind} ${subject.name}${first === undefined ? '' : ` (${first.label}: ${first.why})`}: ${effect}`,
    remediation: `add an external label such as replica: $\{POD_NAME}, an environment variable POD_NAME from metadata.name, and before Prometheus 3 --enable-feature=expand-external-labels`
  }
}

/** The operator does it all, unless it is told not to. */
function* operated({ subject, replicas }: Runner): Generator<SetFinding> {
  const spec = specOf(subject.object)
  const labels = Object.keys(objectOf(spec.externalLabels))
  const { objectStorageConfig, objectStorageConfigFile } = objectOf(spec.thanos)
  const isBare = spec.replicaExternalLabelName === '' && spec.prometheusExternalLabelName === '' && labels.length === 0
  if (isBare) {
    yield {
      object: subject,
      field: ['spec', 'prometheusExternalLabelName'],
      problem:
        'both names of external labels are empty and externalLabels is too: the Thanos sidecar does not start without a label',
      remediation: 'remove prometheusExternalLabelName and replicaExternalLabelName, which the operator then sets'
    }
    return
  }
  const isUploading = objectStorageConfig !== undefined || objectStorageConfigFile !== undefined
  if (replicas < 2 || spec.replicaExternalLabelName !== '' || !isUploading) return
  yield {
    object: subject,
    field: ['spec', 'replicaExternalLabelName'],
    problem: `replicaExternalLabelName is empty, so no external label differs between the ${replicas} replicas: their blocks overlap in the bucket, and the compactor halts`,
    remediation: 'remove replicaExternalLabelName: the operator then sets prometheus_replica'
  }
}

function operatedReplicaLabels({ subject }: Runner): readonly string[] {
  const { replicaExternalLabelName = 'prometheus_replica' } = specOf(subject.object)
  const label = wordOf(replicaExternalLabelName)
  return label === '' ? [] : [label]
}

/** A Prometheus beside a sidecar, and the labels by which its replicas differ. */
interface Identity {
  readonly subject: Subject
  readonly labels: readonly string[]
  readonly isOfReplicas: boolean
}

/** What Thanos Query takes for the label of a replica is its own setting. */
function* undeduplicated(set: SubjectSet, identities: readonly Identity[]): Generator<SetFinding> {
  for (const { subject: query, container, path } of runnersOfRole(set, 'thanos-query')) {
    if (container === undefined || isStartedByShell(container)) continue
    const known = textsOf(flagValues(container, 'query.replica-label')).flatMap((value) => value.split(','))
    for (const { subject, labels, isOfReplicas } of identities) {
      if (!isOfReplicas || labels.length === 0 || labels.some((label) => known.includes(label))) continue
      yield {
        object: query,
        involved: [subject],
        field: [...path, 'args'],
        identity: `replica label of ${subject.kind} ${subject.name}`,
        problem: `Thanos Query does not have ${listOf(labels).join(' or ')} of ${subject.kind} ${subject.name} in --query.replica-label: every series comes once for each replica`,
        remediation: `set --query.replica-label=${labels[0]}`,
        advice: true
      }
    }
  }
}
