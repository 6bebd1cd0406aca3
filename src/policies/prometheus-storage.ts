import { amountOf, prometheusBytes } from '../core/objects/quantity.ts'
import { mountCovering, type Volume, volumeNamed } from '../core/objects/volumes.ts'
import { storedAs, surges, WORKLOADS } from '../core/objects/workload.ts'
import { definePolicy, type Finding } from '../core/policy.ts'
import { flagValue, hasSwitch, isExpanded } from '../core/programs/arguments.ts'
import { PROMETHEUS, type PrometheusServer, serversIn } from '../core/programs/prometheus.ts'
import { type JsonObject, objectOf } from '../core/values/json.ts'
import { quote } from '../core/values/text.ts'

export default definePolicy({
  id: 'prometheus-storage',
  summary: 'A Prometheus TSDB is on a volume that outlives its Pod and has room for it.',
  defaultMode: 'warn',
  matches: storedAs(WORKLOADS, PROMETHEUS),
  options: {
    maxRetentionPercent: {
      type: 'integer',
      minimum: 10,
      maximum: 100,
      default: 85,
      description:
        'Share of the requested volume that `--storage.tsdb.retention.size` stays below, in percent. The rest is for the ' +
        'write-ahead log and for blocks while they are compacted; the Prometheus documentation recommends 80 to 85.'
    }
  },
  *check(subject, { options }) {
    for (const server of serversIn(subject)) {
      yield* withoutLock(server)
      if (server.tsdbPath === undefined) continue
      const mount = mountCovering(server.container, server.tsdbPath)
      const volume = mount && volumeNamed(server.workload, mount.name)
      yield* withoutVolume(server, volume)
      if (volume?.kind === 'template') {
        yield* tooMuchRetention(server, objectOf(volume.template), options.maxRetentionPercent)
        yield* deletedClaims(server)
      }
      const isOwn = mount?.readOnly || isExpanded(mount?.subPathExpr ?? '')
      if (volume?.kind === 'claim' && !isOwn) yield* surge(server, volume.claimName)
    }
  }
})

function* withoutVolume(server: PrometheusServer, volume: Volume | undefined): Generator<Finding> {
  const { workload, container, path, tsdbPath } = server
  if (volume !== undefined && volume.kind !== 'emptyDir') return
  const where = volume === undefined ? "is in the container's own file system" : 'uses an emptyDir'
  yield {
    field: [...path, 'volumeMounts'],
    problem: `the TSDB of container ${quote(container.object.name)} at ${quote(tsdbPath)} ${where}: every Pod starts without history`,
    remediation: `mount ${workload.kind === 'StatefulSet' ? 'a volume from volumeClaimTemplates' : 'a PersistentVolumeClaim'} there (server.persistentVolume.enabled: true in the prometheus chart), or run it with --agent if it only forwards`
  }
}

function* tooMuchRetention(
  { container, path }: PrometheusServer,
  template: JsonObject,
  percent: number
): Generator<Finding> {
  const size = flagValue(container, 'storage.tsdb.retention.size')
  const request = objectOf(objectOf(objectOf(template.spec).resources).requests).storage
  const [kept, room] = [prometheusBytes(size ?? ''), amountOf(request)]
  if (kept === undefined || kept === 0 || room === undefined || kept < (room * percent) / 100) return
  yield {
    field: [...path, 'args'],
    identity: `retention of ${container.object.name}`,
    problem: `--storage.tsdb.retention.size=${size} is ${Math.round((100 * kept) / room)} % of the volume of ${quote(request)}, and the write-ahead log and compaction need room beside it`,
    remediation: `keep it below ${percent} % of the volume: lower the retention size or request a larger volume`
  }
}

function* deletedClaims({ workload }: PrometheusServer): Generator<Finding> {
  const policy = objectOf(workload.spec.persistentVolumeClaimRetentionPolicy)
  for (const when of ['whenDeleted', 'whenScaled'] as const) {
    if (policy[when] !== 'Delete') continue
    const event = when === 'whenDeleted' ? 'is deleted' : 'is scaled down'
    yield {
      field: ['spec', 'persistentVolumeClaimRetentionPolicy', when],
      problem: `the claims and the history on them are deleted when the StatefulSet ${event}`,
      remediation: 'set it to Retain'
    }
  }
}

function* surge({ workload }: PrometheusServer, claimName: string): Generator<Finding> {
  // Several replicas on one claim are shared-tsdb-claim's to speak of.
  if (workload.replicas > 1 || !surges(workload)) return
  yield {
    field: ['spec', 'strategy'],
    problem: `a rollout starts the new Pod while the old one still holds the claim ${quote(claimName)} and the lock on the TSDB, and waits for it for ever`,
    remediation: 'set strategy.type to Recreate'
  }
}

function* withoutLock({ container, path }: PrometheusServer): Generator<Finding> {
  if (!hasSwitch(container, 'storage.tsdb.no-lockfile')) return
  yield {
    field: [...path, 'args'],
    identity: `no lock for ${container.object.name}`,
    problem:
      '--storage.tsdb.no-lockfile takes away what keeps a second Prometheus from writing the same TSDB and corrupting it',
    remediation: 'remove the flag'
  }
}
