import type { Configuration } from '../../config/configuration.ts'
import type { Cluster } from '../../core/cluster.ts'
import { anyPolicyAppliesToSet, evaluateSet } from '../../core/evaluate-set.ts'
import type { Gap } from '../../core/gap.ts'
import type { Resource } from '../../core/objects/kinds.ts'
import { type ConfiguredPolicy, isSetPolicy } from '../../core/policy.ts'
import { type SetGap, SubjectSet } from '../../core/set.ts'
import type { Subject } from '../../core/subject.ts'
import type { Namespaces } from '../../inventory/cluster/namespaces.ts'
import { objectsOf } from '../../inventory/cluster/objects.ts'
import type { ClusterReadProblem } from '../../inventory/cluster/read-problem.ts'
import { isMember, slim, yamlValue } from '../../inventory/members.ts'
import type { Api } from '../../kubernetes/client.ts'
import { type ReportedObject, reportedObject } from '../../report/report.ts'
import { Silences } from '../silences.ts'
import type { UnknownSkips } from '../unknown-skips.ts'

export interface SetOptions {
  readonly namespaces: Namespaces
  readonly cluster: Cluster
  /** Milliseconds since 1970. */
  readonly now: number
  /** Namespaces to look at. */
  readonly within: readonly string[]
  /** Takes the annotations that exempt from nothing. */
  readonly unknownSkips: UnknownSkips
  /** Told how far it is, before each namespace. */
  show(text: string): void
}

export interface ScannedSets {
  readonly objects: readonly ReportedObject[]
  readonly problems: readonly ClusterReadProblem[]
  readonly notes: readonly string[]
  /** What policies could not see and would have needed, by namespace. */
  readonly gaps: ReadonlyMap<string, readonly Gap[]>
}

/**
 * Checks what belongs together, one namespace after the other: of a namespace nothing stays but what is said about it, so
 * that memory grows with the largest one and not with the cluster. Lists that may not be read are no problem of the run:
 * the policies that need them stay silent, and a note says so.
 */
export async function checkSets(api: Api, configuration: Configuration, options: SetOptions): Promise<ScannedSets> {
  const { within, namespaces, cluster, now, unknownSkips, show } = options
  const objects: ReportedObject[] = []
  const problems: ClusterReadProblem[] = []
  const gaps = new Map<string, readonly Gap[]>()
  const silences = new Silences()
  for (const [index, namespace] of within.entries()) {
    const ceiling = namespaces.ceilings.get(namespace) ?? 'enforce'
    const policies = configuration.policiesFor(namespace)
    const reads = ceiling === 'off' ? [] : readsOf(policies)
    if (reads.length === 0) continue
    show(`together: namespace ${index + 1} of ${within.length}`)
    const { set, problems: unread } = await setIn(api, namespace, reads)
    problems.push(...unread)
    if (!anyPolicyAppliesToSet(policies, set)) continue
    for (const member of set.members) unknownSkips.add(member, policies)
    const { verdicts, silences: silent } = evaluateSet(set, policies, { cluster, now, ceiling })
    for (const silence of silent) silences.add(namespace, silence)
    if (silent.length > 0)
      gaps.set(
        namespace,
        set.gaps.map(({ what, isAll }) => ({ what, isAll }))
      )
    for (const { subject, verdict } of verdicts) objects.push(...reported(subject, verdict))
  }
  return { objects, problems, notes: silences.notes(), gaps }
}

type Verdict = ReturnType<typeof evaluateSet>['verdicts'][number]['verdict']

function reported(subject: Subject, verdict: Verdict): ReportedObject[] {
  const object = reportedObject(subject, [verdict])
  return object === undefined ? [] : [object]
}

function readsOf(policies: readonly ConfiguredPolicy[]): readonly Resource[] {
  const reads = policies.flatMap(({ policy, mode }) => (mode !== 'off' && isSetPolicy(policy) ? policy.reads : []))
  return [...new Set(reads)]
}

interface ReadSet {
  readonly set: SubjectSet
  readonly problems: readonly ClusterReadProblem[]
}

async function setIn(api: Api, namespace: string, reads: readonly Resource[]): Promise<ReadSet> {
  const members: Subject[] = []
  const gaps: SetGap[] = []
  const problems: ClusterReadProblem[] = []
  for (const resource of reads) {
    for await (const found of objectsOf(api, resource, { only: [namespace], all: undefined })) {
      if ('subject' in found) {
        if (isMember(found.subject)) members.push(slim(found.subject))
        continue
      }
      // A cluster without the CRD has none of them.
      if ('absent' in found) continue
      const isForbidden = found.problem.error.code === 'CLUSTER_FORBIDDEN'
      const { resource: what } = resource
      gaps.push({
        what,
        isAll: isForbidden,
        why: `${what} ${isForbidden ? 'may not be listed' : 'could not be read to the end'}`
      })
      if (!isForbidden) problems.push(found.problem)
    }
  }
  return { set: new SubjectSet({ namespace, origin: 'cluster', members, gaps, readYaml: yamlValue }), problems }
}
