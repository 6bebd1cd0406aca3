import { mountCovering, volumeNamed } from '../core/objects/volumes.ts'
import { replicasInWords, storedAs, WORKLOADS, type Workload } from '../core/objects/workload.ts'
import { definePolicy, type Finding } from '../core/policy.ts'
import { isExpanded } from '../core/programs/arguments.ts'
import { PROMETHEUS, type PrometheusServer, serversIn } from '../core/programs/prometheus.ts'
import { quote } from '../core/values/text.ts'

export default definePolicy({
  id: 'shared-tsdb-claim',
  summary: 'Several replicas of Prometheus never write one TSDB through one PersistentVolumeClaim.',
  defaultMode: 'enforce',
  matches: storedAs(WORKLOADS, PROMETHEUS),
  options: {},
  *check(subject) {
    for (const server of serversIn(subject)) yield* sharedClaim(server)
  }
})

function* sharedClaim({ workload, container, tsdbPath }: PrometheusServer): Generator<Finding> {
  if (workload.replicas < 2 || tsdbPath === undefined) return
  const mount = mountCovering(container, tsdbPath)
  // With an expression in its path, each replica has a directory of its own on the volume that they share.
  if (mount === undefined || mount.readOnly || isExpanded(mount.subPathExpr ?? '')) return
  const volume = volumeNamed(workload, mount.name)
  if (volume?.kind !== 'claim' || volume.readOnly) return
  yield {
    field: ['spec', 'template', 'spec', 'volumes', volume.index, 'persistentVolumeClaim', 'claimName'],
    identity: `claim ${volume.claimName}`,
    problem: `${replicasInWords(workload)} of Prometheus write one TSDB at ${quote(tsdbPath)} through one claim, ${quote(volume.claimName)}; all but one fail with "lock DB directory" or wait for the volume`,
    remediation: wayOut(workload)
  }
}

function wayOut({ kind }: Workload): string {
  return kind === 'DaemonSet'
    ? 'give each Pod a volume of its node (hostPath), or run a StatefulSet with volumeClaimTemplates in its place'
    : 'run it as a StatefulSet with volumeClaimTemplates (server.statefulSet.enabled: true in the prometheus chart), or set replicas to 1'
}
