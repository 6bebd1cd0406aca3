import { storedAs, storedForOperator } from '../core/matches.ts'
import { ALERTMANAGER_RESOURCE } from '../core/objects/kinds.ts'
import { WORKLOADS } from '../core/objects/workload.ts'
import { definePolicy, type Finding } from '../core/policy.ts'
import { ALERTMANAGER } from '../core/programs/alertmanager.ts'
import { isExpanded } from '../core/programs/arguments.ts'
import { type Server, type Storage, storageOf, withChartValue } from '../core/programs/server.ts'
import { serversIn } from '../core/programs/servers.ts'
import { quote } from '../core/values/text.ts'

export default definePolicy({
  id: 'alertmanager-storage',
  summary: 'Silences and the notification log of Alertmanager outlive its Pods.',
  defaultMode: 'warn',
  matches: [...storedAs(WORKLOADS, ALERTMANAGER), ...storedForOperator(ALERTMANAGER_RESOURCE)],
  options: {},
  *check(subject) {
    for (const server of serversIn(subject)) {
      const storage = server.role.keeps === 'notifications' ? storageOf(server) : undefined
      if (storage !== undefined) yield* onVolume(server, storage)
    }
  }
})

function* onVolume(server: Server, { mount, volume }: Storage): Generator<Finding> {
  if (volume === undefined || volume.kind === 'emptyDir') yield withoutVolume(server, volume !== undefined)
  const isOwn = mount === undefined || mount.readOnly || isExpanded(mount.subPathExpr ?? '')
  if (volume?.kind === 'claim' && !isOwn && server.copies >= 2) yield sharedClaim(server, volume.claimName)
}

/** A replica that starts empty gets from the others what they know, so that it takes all of them to lose it. */
function withoutVolume(server: Server, isEmptyDir: boolean): Finding {
  const { title, dataPath, copies, fields } = server
  const where = isEmptyDir ? 'an emptyDir' : "the container's own file system"
  const what = `silences and the notification log of ${title} at ${quote(dataPath)} are in ${where}`
  const finding = { field: fields.storage, remediation: wayOut(server) }
  if (copies >= 2) {
    return { ...finding, problem: `${what}: they are lost if all replicas stop at the same time`, advice: true }
  }
  return { ...finding, problem: `${what}: a new Pod repeats notifications and ignores silences` }
}

function sharedClaim(server: Server, claimName: string): Finding {
  return {
    field: server.fields.storage,
    identity: `claim ${claimName}`,
    problem: `the replicas of Alertmanager overwrite each other's silences and notification logs on one PVC, ${quote(claimName)}`,
    remediation: wayOut(server)
  }
}

function wayOut(server: Server): string {
  const set = server.isOperated
    ? 'set spec.storage.volumeClaimTemplate'
    : 'run it as a StatefulSet with volumeClaimTemplates'
  return withChartValue(set, server, 'storage')
}
