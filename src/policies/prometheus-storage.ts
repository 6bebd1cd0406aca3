import { storedAs, storedForOperator } from '../core/matches.ts'
import {
  PERSISTENT_VOLUME_CLAIM,
  PROMETHEUS_RESOURCE,
  STORAGE_CLASS,
  THANOS_RULER_RESOURCE
} from '../core/objects/kinds.ts'
import type { Claim, Provision, StorageClass } from '../core/objects/provision.ts'
import { amountOf, prometheusBytes } from '../core/objects/quantity.ts'
import type { Volume } from '../core/objects/volumes.ts'
import { surges, WORKLOADS } from '../core/objects/workload.ts'
import { definePolicy, type Finding } from '../core/policy.ts'
import { isExpanded } from '../core/programs/arguments.ts'
import { claimsOf } from '../core/programs/claims.ts'
import { PROMETHEUS, PROMETHEUS_SERVER } from '../core/programs/prometheus.ts'
import { type Server, type Storage, storageOf, withChartValue } from '../core/programs/server.ts'
import { serversIn } from '../core/programs/servers.ts'
import { THANOS } from '../core/programs/thanos.ts'
import { objectOf, textOf } from '../core/values/json.ts'
import { quote } from '../core/values/text.ts'
export default definePolicy({
  id: 'prometheus-storage',
  summary: 'A TSDB of Prometheus or Thanos is on a volume that outlives its Pod and is large enough.',
  defaultMode: 'warn',
  reads: [PERSISTENT_VOLUME_CLAIM, STORAGE_CLASS],
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
  *check(subject, { options, cluster }) {
    for (const server of serversIn(subject)) {
      if (server.role.keeps !== 'tsdb') continue
      yield* withoutLock(server)
      const storage = storageOf(server)
      if (storage === undefined) continue
      yield* onVolume(server, storage, cluster.provision ?? {}, options.maxRetentionPercent)
    }
  }
})

function* onVolume(
  server: Server,
  { mount, volume }: Storage,
  provision: Provision,
  percent: number
): Generator<Finding> {
  if (volume === undefined || volume.kind === 'emptyDir') yield withoutVolume(server, volume !== undefined)
  if (volume === undefined) return
  const claims = provision.claims && claimsOf(server, volume, provision.claims)
  yield* tooMuchRetention(server, volume, claims ?? [], provision, percent)
  if (volume.kind === 'template') yield* deletedClaims(server, classOf(volume, claims?.[0], provision))
  const isOwn = mount?.readOnly || isExpanded(mount?.subPathExpr ?? '')
  if (volume.kind === 'claim' && !isOwn) yield* surge(server, volume.claimName)
  if (claims !== undefined && server.workload.replicas > 0) yield* unusable(server, volume, claims, provision)
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
  volume: Volume,
  claims: readonly Claim[],
  provision: Provision,
  percent: number
): Generator<Finding> {
  const kept = prometheusBytes(settings.retentionSize ?? '')
  const request = volume.kind === 'template' ? requestOf(volume) : undefined
  const smallest = smallestOf(claims)
  const size = smallest?.size ?? request
  const isTooMuchFor = (room: number | undefined) => kept !== undefined && kept >= ((room ?? Infinity) * percent) / 100
  const room = amountOf(size)
  if (kept === undefined || kept === 0 || room === undefined || !isTooMuchFor(room)) return
  const of = smallest === undefined ? `of ${quote(size)}` : `of ${quote(size)} behind the PVC ${quote(smallest.name)}`
  yield {
    field: fields.retentionSize,
    identity: `retention of ${textOf(container.object.name)}`,
    problem: `${settings.retentionInWords} is ${Math.round((100 * kept) / room)} % of the volume ${of}, and the write-ahead log and compaction need additional space`,
    remediation: `keep it below ${percent} % of the volume: ${moreRoom(smallest, classOf(volume, smallest, provision))}`,
    // What enforcing sees is the template alone.
    ...(!isTooMuchFor(amountOf(request)) && { advice: true as const })
  }
}

function moreRoom(claim: Claim | undefined, storageClass: StorageClass | undefined): string {
  if (storageClass?.isExpandable === false) {
    return `lower the retention size, because StorageClass ${quote(storageClass.name)} has no allowVolumeExpansion: true and its volumes cannot grow`
  }
  const larger = claim === undefined ? 'request a larger volume' : 'resize the PVC'
  return `lower the retention size or ${larger}`
}

function requestOf({ template }: Volume & { readonly kind: 'template' }): unknown {
  return objectOf(objectOf(objectOf(template.spec).resources).requests).storage
}

function smallestOf(claims: readonly Claim[]): Claim | undefined {
  const bySize = (one: Claim, other: Claim): number => (amountOf(one.size) ?? 0) - (amountOf(other.size) ?? 0)
  return claims.filter(({ size }) => amountOf(size) !== undefined).sort(bySize)[0]
}

/** The class that a claim has or, before there is one, that its template names. */
function classOf(volume: Volume, claim: Claim | undefined, { classes }: Provision): StorageClass | undefined {
  const asked = volume.kind === 'template' ? textOf(objectOf(volume.template.spec).storageClassName) : undefined
  return classes?.get(claim?.className ?? asked ?? '')
}

function* deletedClaims({ workload, isOperated }: Server, storageClass: StorageClass | undefined): Generator<Finding> {
  const policy = objectOf(workload.spec.persistentVolumeClaimRetentionPolicy)
  const what = isOperated ? workload.kind : 'StatefulSet'
  const isRetained = storageClass?.reclaimPolicy === 'Retain'
  for (const when of ['whenDeleted', 'whenScaled'] as const) {
    if (policy[when] !== 'Delete') continue
    const event = when === 'whenDeleted' ? 'is deleted' : 'is scaled down'
    yield {
      field: ['spec', 'persistentVolumeClaimRetentionPolicy', when],
      problem: isRetained
        ? `the PVCs are deleted when the ${what} ${event}: StorageClass ${quote(storageClass.name)} retains their volumes, but new Pods start without the history on them`
        : `PVCs and their data are deleted when the ${what} ${event}`,
      remediation: 'set it to Retain',
      ...(isRetained && { advice: true as const })
    }
  }
}

/** What keeps the Pods from their data, or will. The webhook does not see it, so that enforcing refuses nothing for it. */
function* unusable(
  { fields: { storage: field } }: Server,
  volume: Volume,
  claims: readonly Claim[],
  provision: Provision
): Generator<Finding> {
  if (volume.kind === 'claim' && claims.length === 0) {
    yield {
      field,
      identity: `no claim ${volume.claimName}`,
      problem: `there is no PVC ${quote(volume.claimName)} in the namespace: no Pod can start`,
      remediation: 'create the PVC, or restore it from a backup',
      advice: true
    }
  }
  for (const claim of claims) {
    const { name, phase, isTerminating } = claim
    const identity = `claim ${name}`
    if (phase === 'Lost') {
      yield {
        field,
        identity,
        problem: `the PVC ${quote(name)} has lost its volume, and the history on it`,
        remediation: 'restore the volume from a backup, or delete the PVC and its Pod to start without history',
        advice: true
      }
    } else if (isTerminating) {
      yield {
        field,
        identity,
        problem: `the PVC ${quote(name)} is being deleted: as soon as no Pod uses it, it is gone${withVolume(classOf(volume, claim, provision))}`,
        remediation: 'copy the history before the Pod stops: a deletion cannot be undone',
        advice: true
      }
    } else if (phase === 'Pending') {
      yield {
        field,
        identity,
        problem: `the PVC ${quote(name)} has no volume yet: until it has one, its Pod cannot start`,
        remediation: `if it stays so, look at its events: kubectl describe persistentvolumeclaim ${name}`,
        info: true
      }
    }
  }
}

function withVolume(storageClass: StorageClass | undefined): string {
  if (storageClass === undefined) return ''
  const { name, reclaimPolicy } = storageClass
  return reclaimPolicy === 'Retain'
    ? `, and StorageClass ${quote(name)} retains its volume`
    : `, and with it its volume (reclaimPolicy: ${reclaimPolicy} of StorageClass ${quote(name)})`
}

function* surge({ workload }: Server, claimName: string): Generator<Finding> {
  // Several replicas on one claim are shared-tsdb-claim's to speak of.
  if (workload.replicas > 1 || !surges(workload)) return
  yield {
    field: ['spec', 'strategy'],
    problem: `a rollout starts the new Pod while the old one still uses PVC ${quote(claimName)} and the TSDB lock, so the rollout never finishes`,
    remediation: 'set strategy.type to Recreate'
  }
}

function* withoutLock({ settings, fields, container }: Server): Generator<Finding> {
  if (!settings.isUnlocked) return
  yield {
    field: fields.arguments,
    identity: `no lock for ${textOf(container.object.name)}`,
    problem:
      '--storage.tsdb.no-lockfile disables the lock that prevents a second Prometheus from writing the same TSDB and corrupting it',
    remediation: 'remove the flag'
  }
}
