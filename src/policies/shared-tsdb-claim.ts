import { storedAs, storedForOperator } from '../core/matches.ts'
import { PROMETHEUS_RESOURCE } from '../core/objects/kinds.ts'
import { replicasInWords, WORKLOADS } from '../core/objects/workload.ts'
import { definePolicy, type Finding } from '../core/policy.ts'
import { isExpanded } from '../core/programs/arguments.ts'
import { PROMETHEUS, PROMETHEUS_SERVER } from '../core/programs/prometheus.ts'
import { type Server, storageOf } from '../core/programs/server.ts'
import { serversIn } from '../core/programs/servers.ts'
import { THANOS } from '../core/programs/thanos.ts'
import { quote } from '../core/values/text.ts'

export default definePolicy({
  id: 'shared-tsdb-claim',
  summary: 'Several replicas of Prometheus or Thanos never write one TSDB through one PersistentVolumeClaim.',
  defaultMode: 'enforce',
  matches: [...storedAs(WORKLOADS, PROMETHEUS, THANOS), ...storedForOperator(PROMETHEUS_RESOURCE)],
  options: {},
  *check(subject) {
    for (const server of serversIn(subject)) yield* sharedClaim(server)
  }
})

function* sharedClaim(server: Server): Generator<Finding> {
  const { workload, role, dataPath, fields } = server
  if (workload.replicas < 2 || role.keeps !== 'tsdb') return
  const { mount, volume } = storageOf(server) ?? {}
  // With an expression in its path, each replica has a directory of its own on the volume that they share.
  if (mount === undefined || mount.readOnly || isExpanded(mount.subPathExpr ?? '')) return
  if (volume?.kind !== 'claim' || volume.readOnly) return
  yield {
    field: [...fields.pod, 'volumes', volume.index, 'persistentVolumeClaim', 'claimName'],
    identity: `claim ${volume.claimName}`,
    problem: `${replicasInWords(workload)} of ${role.name} write one TSDB at ${quote(dataPath)} through one PVC, ${quote(volume.claimName)}; all except one fail with "lock DB directory" or wait for the volume`,
    remediation: wayOut(server)
  }
}

function wayOut({ isOperated, workload: { kind }, chart, role }: Server): string {
  if (isOperated) return `set spec.storage.volumeClaimTemplate (${chart?.storage} in ${chart?.name}) in its place`
  if (kind === 'DaemonSet')
    return 'give each Pod a volume of its node (hostPath), or run a StatefulSet with volumeClaimTemplates in its place'
  const value = role === PROMETHEUS_SERVER ? ' (server.statefulSet.enabled: true in the prometheus chart)' : ''
  return `run it as a StatefulSet with volumeClaimTemplates${value}, or set replicas to 1`
}
