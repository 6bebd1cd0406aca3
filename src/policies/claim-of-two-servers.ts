import { claimTemplatesOf, ordinalsOf, templateNameOf } from '../core/objects/claim-templates.ts'
import { DEPLOYMENT, STATEFUL_SET } from '../core/objects/kinds.ts'
import { covers, mountCovering, normal, volumeNamed } from '../core/objects/volumes.ts'
import { defineSetPolicy } from '../core/policy.ts'
import { isExpanded } from '../core/programs/arguments.ts'
import { tsdbPathOf } from '../core/programs/prometheus.ts'
import { type Runner, runnersOfRole } from '../core/programs/runners.ts'
import type { SubjectSet } from '../core/set.ts'
import type { Subject } from '../core/subject.ts'
import { listOf, objectOf, textOf } from '../core/values/json.ts'
import type { Path } from '../core/values/path.ts'
import { quote } from '../core/values/text.ts'

export default defineSetPolicy({
  id: 'claim-of-two-servers',
  summary: 'Two workloads of Prometheus never write one TSDB through one PersistentVolumeClaim.',
  defaultMode: 'enforce',
  options: {},
  reads: [DEPLOYMENT, STATEFUL_SET],
  needs: [],
  appliesTo: (set) => writersIn(set).length > 1,
  *checkSet(set) {
    const writers = writersIn(set).toSorted((one, other) => (nameOf(one.subject) < nameOf(other.subject) ? -1 : 1))
    for (const [index, writer] of writers.entries()) {
      const before = writers.slice(0, index).filter((other) => isOneDirectory(writer, other))
      const [other] = before
      if (other === undefined) continue
      yield {
        object: writer.subject,
        involved: before.map(({ subject }) => subject),
        field: writer.field,
        identity: `shares ${quote(other.claim)} with ${other.subject.kind} ${other.subject.name}`,
        problem: `${other.subject.kind} ${other.subject.name} writes its TSDB through the PVC ${quote(other.claim)}, too: the second to start fails with "lock DB directory", or both write and corrupt it where there is no lock`,
        remediation: 'give each workload a PVC of its own, or a subPath of its own in the volume'
      }
    }
  }
})

/** A Prometheus and where in which claims its TSDB lies. */
interface Writer {
  readonly subject: Subject
  /** The first of `claims`. */
  readonly claim: string
  readonly claims: ReadonlySet<string>
  /** From the root of the volume. */
  readonly directory: string
  readonly field: Path
}

function writersIn(set: SubjectSet): readonly Writer[] {
  return runnersOfRole(set, 'prometheus').flatMap((runner) => writerOf(runner) ?? [])
}

/** More claims than these of one StatefulSet are not compared. */
const MOST_ORDINALS = 100

function writerOf({ subject, container, workload, path, replicas }: Runner): Writer | undefined {
  const tsdb = container && tsdbPathOf(container)
  const mount = container && tsdb !== undefined ? mountCovering(container, tsdb) : undefined
  if (container === undefined || workload === undefined || tsdb === undefined || mount === undefined) return undefined
  if (mount.readOnly || mount.subPathExpr !== undefined || replicas === 0) return undefined
  const mounts = listOf(container.object.volumeMounts).map(objectOf)
  const at = mounts.findIndex(
    (one) => one.name === mount.name && normal(textOf(one.mountPath) ?? '') === mount.mountPath
  )
  const subPath = textOf(mounts[at]?.subPath) ?? ''
  const volume = volumeNamed(workload, mount.name)
  const claims = claimsOf(subject, volume)
  const [claim] = claims
  if (claim === undefined || isExpanded(subPath)) return undefined
  const directory = normal(`${subPath}/${tsdb.slice(mount.mountPath.length)}`)
  return { subject, claim, claims, directory, field: [...path, 'volumeMounts', at] }
}

function claimsOf(subject: Subject, volume: ReturnType<typeof volumeNamed>): ReadonlySet<string> {
  if (volume?.kind === 'claim' && !volume.readOnly && volume.claimName !== '') return new Set([volume.claimName])
  if (volume?.kind !== 'template') return new Set()
  const name = templateNameOf(claimTemplatesOf(subject.object)[volume.index])
  const { first, count } = ordinalsOf(subject.object)
  const ordinals = Array.from({ length: Math.min(count, MOST_ORDINALS) }, (_, at) => first + at)
  return new Set(ordinals.map((ordinal) => `${name}-${subject.name}-${ordinal}`))
}

/** Whether both write in one directory, or the one in a directory of the other. */
function isOneDirectory(one: Writer, other: Writer): boolean {
  if (![...one.claims].some((claim) => other.claims.has(claim))) return false
  return covers(one.directory, other.directory) || covers(other.directory, one.directory)
}

function nameOf({ kind, name }: Subject): string {
  return `${kind}/${name}`
}
