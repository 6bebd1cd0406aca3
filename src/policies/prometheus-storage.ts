import { storedAs, storedForOperator } from '../core/matches.ts'
import { PROMETHEUS_RESOURCE, THANOS_RULER_RESOURCE } from '../core/objects/kinds.ts'
import { amountOf, prometheusBytes } from '../core/objects/quantity.ts'
import { surges, WORKLOADS } from '../core/objects/workload.ts'
import { definePolicy, type Finding } from '../core/policy.ts'
import { isExpanded } from '../core/programs/arguments.ts'
import { PROMETHEUS, PROMETHEUS_SERVER } from '../core/programs/prometheus.ts'
import { type Server, type Storage, storageOf, withChartValue } from '../core/programs/server.ts'
import { serversIn } from '../core/programs/servers.ts'
import { THANOS } from '../core/programs/thanos.ts'
import { type JsonObject, objectOf } from '../core/values/json.ts'
import { quote } from '../core/values/text.ts'

export default definePolicy({
  id: 'prometheus-storage',
  summary: 'A TSDB of Prometheus or Thanos is on a volume that outlives its Pod and is large enough.',
  defaultMode: 'warn',
  matches: [
    ...storedAs(WORKLOADS, PROMETHEUS, THANOS),
    ...storedForOperator(PROMETHEUS_RESOURCE, THANOS_RULER_RESOURCE)
  ],
  options: {
    maxRetentionPercent: {
      type: 'integer',
      minimum: 10,
      maximum: 100,
      default: 85,
      description:
        '`--storage.tsdb.retention.size` has to be below this share of the requested volume, in percent. The rest is for ' +
        'the write-ahead log and for compaction; the Prometheus documentation recommends 80 to 85.'
    }
  },
  *check(subject, { options }) {
    for (const server of serversIn(subject)) {
      if (server.role.keeps !== 'tsdb') continue
      yield* withoutLock(server)
      const storage = storageOf(server)
      if (storage !== undefined) yield* onVolume(server, storage, options.maxRetentionPercent)
    }
  }
})

function* onVolume(server: Server, { mount, volume }: Storage, percent: number): Generator<Finding> {
  if (volume === undefined || volume.kind === 'emptyDir') yield withoutVolume(server, volume !== undefined)
  if (volume?.kind === 'template') {
    yield* tooMuchRetention(server, volume.template, percent)
    yield* deletedClaims(server)
  }
  const isOwn = mount?.readOnly || isExpanded(mount?.subPathExpr ?? '')
  if (volume?.kind === 'claim' && !isOwn) yield* surge(server, volume.claimName)
}

function withoutVolume(server: Server, isEmptyDir: boolean): Finding {
  const where = isEmptyDir ? 'uses an emptyDir' : "is in the container's own file system"
  return {
    field: server.fields.storage,
    problem: `the TSDB of ${server.title} at ${quote(server.dataPath)} ${where}: every Pod starts without history`,
    remediation: wayOut(server)
  }
}

function wayOut(server: Server): string {
  const { isOperated, workload, role } = server
  if (isOperated) {
    const set = withChartValue('set spec.storage.volumeClaimTemplate', server, 'storage')
    return role === PROMETHEUS_SERVER ? `${set}, or run a PrometheusAgent if it only forwards` : set
  }
  const volume = workload.kind === 'StatefulSet' ? 'a volume from volumeClaimTemplates' : 'a PersistentVolumeClaim'
  const mount = withChartValue(`mount ${volume} there`, server, 'storage')
  return role === PROMETHEUS_SERVER ? `${mount}, or run it with --agent if it only forwards` : mount
}

function* tooMuchRetention(
  { settings, fields, container }: Server,
  template: JsonObject,
  percent: number
): Generator<Finding> {
  const request = objectOf(objectOf(objectOf(template.spec).resources).requests).storage
  const [kept, room] = [prometheusBytes(settings.retentionSize ?? ''), amountOf(request)]
  if (kept === undefined || kept === 0 || room === undefined || kept < (room * percent) / 100) return
  yield {
    field: fields.retentionSize,
    identity: `retention of ${container.object.name}`,
    problem: `${settings.retentionInWords} is ${Math.round((100 * kept) / room)} % of the volume of ${quote(request)}, and the write-ahead log and compaction need room beside it`,
    remediation: `keep it below ${percent} % of the volume: lower the retention size or request a larger volume`
  }
}

function* deletedClaims({ workload, isOperated }: Server): Generator<Finding> {
  const policy = objectOf(workload.spec.persistentVolumeClaimRetentionPolicy)
  const what = isOperated ? workload.kind : 'StatefulSet'
  for (const when of ['whenDeleted', 'whenScaled'] as const) {
    if (policy[when] !== 'Delete') continue
    const event = when === 'whenDeleted' ? 'is deleted' : 'is scaled down'
    yield {
      field: ['spec', 'persistentVolumeClaimRetentionPolicy', when],
      problem: `the PVCs and the history on them are deleted when the ${what} ${event}`,
      remediation: 'set it to Retain'
    }
  }
}

function* surge({ workload }: Server, claimName: string): Generator<Finding> {
  // Several replicas on one claim are shared-tsdb-claim's to speak of.
  if (workload.replicas > 1 || !surges(workload)) return
  yield {
    field: ['spec', 'strategy'],
    problem: `a rollout starts the new Pod while the old one still holds the PVC ${quote(claimName)} and the lock on the TSDB, and waits for it for ever`,
    remediation: 'set strategy.type to Recreate'
  }
}

function* withoutLock({ settings, fields, container }: Server): Generator<Finding> {
  if (!settings.isUnlocked) return
  yield {
    field: fields.arguments,
    identity: `no lock for ${container.object.name}`,
    problem:
      '--storage.tsdb.no-lockfile takes away what keeps a second Prometheus from writing the same TSDB and corrupting it',
    remediation: 'remove the flag'
  }
}
