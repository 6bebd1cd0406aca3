import { isAnnotatedForBackup } from '../core/objects/backup.ts'
import { claimTemplatesOf } from '../core/objects/claim-templates.ts'
import {
  BACKUP_RESOURCES,
  CONFIG_MAP,
  DEPLOYMENT,
  PERSISTENT_VOLUME_CLAIM,
  POD,
  PROMETHEUS_RESOURCE,
  STATEFUL_SET,
  THANOS_RULER_RESOURCE
} from '../core/objects/kinds.ts'
import { specOf } from '../core/objects/metadata.ts'
import { wordsOf } from '../core/objects/pod.ts'
import { defineSetPolicy } from '../core/policy.ts'
import { prometheusConfigOf } from '../core/programs/prometheus-config.ts'
import { type Runner, runnersOfRole } from '../core/programs/runners.ts'
import { type Server, storageOf } from '../core/programs/server.ts'
import { serversIn } from '../core/programs/servers.ts'
import type { SubjectSet } from '../core/set.ts'
import type { Subject } from '../core/subject.ts'
import { isObject, type JsonObject, listOf, objectOf } from '../core/values/json.ts'

/** It concludes from what is not there, of all of them. */
const READS = [
  DEPLOYMENT,
  STATEFUL_SET,
  PROMETHEUS_RESOURCE,
  THANOS_RULER_RESOURCE,
  CONFIG_MAP,
  PERSISTENT_VOLUME_CLAIM,
  POD,
  ...BACKUP_RESOURCES
]

export default defineSetPolicy({
  id: 'missing-backup',
  summary: 'A TSDB on a PersistentVolumeClaim (PVC) is backed up, or its data is stored elsewhere too.',
  // Most backups are told in no object of the namespace.
  defaultMode: 'off',
  options: {},
  reads: READS,
  needs: READS,
  appliesTo: (set) => keepersIn(set).length > 0 && !hasSign(set),
  *checkSet(set) {
    const unclear = runnersOfRole(set, 'prometheus').flatMap((runner) => {
      const why = isOperated(runner) ? undefined : unreadConfigOf(set, runner)
      return why === undefined ? [] : [{ object: runner.subject, unclear: why }]
    })
    if (unclear.length > 0) return yield* unclear
    for (const { subject, server } of keepersIn(set)) {
      const { title, fields } = server
      yield {
        object: subject,
        field: fields.storage,
        identity: `no backup of ${title}`,
        problem: `${title} keeps its TSDB on a PVC, and there is no sign of a backup in what was read: no VolumeSnapshot, nothing of Velero, K8up or VolSync, no upload to object storage, and no remote write`,
        remediation:
          'back up its PVC with VolumeSnapshots, Velero, K8up or VolSync, upload its blocks with Thanos, or send its samples with remote write',
        info: true
      }
    }
  }
})

interface Keeper {
  readonly subject: Subject
  readonly server: Server
}

/** Servers whose TSDB is on a PVC. */
function keepersIn(set: SubjectSet): readonly Keeper[] {
  return set.members.flatMap((subject) =>
    serversIn(subject)
      .filter((server) => server.role.keeps === 'tsdb' && isOnClaim(server))
      .map((server) => ({ subject, server }))
  )
}

function isOnClaim(server: Server): boolean {
  const kind = storageOf(server)?.volume?.kind
  return kind === 'claim' || kind === 'template'
}

/** One sign counts for all: nothing here tells for certain which of several servers a backup is of. */
function hasSign(set: SubjectSet): boolean {
  if (BACKUP_RESOURCES.some((resource) => set.ofKind(resource).length > 0)) return true
  // Of both, only those that ask for a backup are members.
  if ([POD, PERSISTENT_VOLUME_CLAIM].some((resource) => set.ofKind(resource).length > 0)) return true
  const runners = runnersOfRole(set, 'prometheus', 'thanos-receive', 'thanos-rule')
  return runners.some((runner) => isAnnotated(runner) || isStoredElsewhere(set, runner))
}

function isAnnotated({ subject, workload }: Runner): boolean {
  if (workload !== undefined) return [workload.template, ...claimTemplatesOf(subject.object)].some(isAnnotatedForBackup)
  const { podMetadata, storage } = specOf(subject.object)
  const templates = [{ metadata: podMetadata }, objectOf(objectOf(storage).volumeClaimTemplate)]
  return templates.some(isAnnotatedForBackup)
}

function isStoredElsewhere(set: SubjectSet, runner: Runner): boolean {
  const spec = specOf(runner.subject.object)
  if (uploads(runner.workload === undefined ? spec : specOf(runner.workload.template))) return true
  if (runner.role !== 'prometheus') return hasObjectStorage(spec)
  if (isOperated(runner)) return hasObjectStorage(objectOf(spec.thanos)) || listOf(spec.remoteWrite).length > 0
  const configured = prometheusConfigOf(set, runner)
  return configured.kind === 'known' && listOf(configured.config.remote_write).length > 0
}

function isOperated({ workload }: Runner): boolean {
  return workload === undefined
}

/** `thanos` of a Prometheus, and a ThanosRuler itself. */
function hasObjectStorage({ objectStorageConfig, objectStorageConfigFile }: JsonObject): boolean {
  return isObject(objectStorageConfig) || (objectStorageConfigFile !== undefined && objectStorageConfigFile !== '')
}

const UPLOADS = /(?:^|\s)--objstore\.config/

/** A sidecar, receiver or ruler of Thanos with a bucket, in a script as well, and as an init container that stays. */
function uploads({ containers, initContainers }: JsonObject): boolean {
  const all = [...listOf(containers), ...listOf(initContainers)].filter(isObject)
  return all.some((object) => wordsOf({ index: 0, object }).some((word) => UPLOADS.test(word)))
}

function unreadConfigOf(set: SubjectSet, runner: Runner): string | undefined {
  const configured = prometheusConfigOf(set, runner)
  return configured.kind === 'unknown' ? configured.why : undefined
}
