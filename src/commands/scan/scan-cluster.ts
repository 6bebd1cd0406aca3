import type { Configuration } from '../../config/configuration.ts'
import type { Cluster } from '../../core/cluster.ts'
import { decisionFor } from '../../core/decide.ts'
import { anyPolicyApplies } from '../../core/evaluate.ts'
import type { Gap } from '../../core/gap.ts'
import { MODE_LABEL, type Mode } from '../../core/mode.ts'
import type { Resource } from '../../core/objects/kinds.ts'
import { type ConfiguredPolicy, isSetPolicy } from '../../core/policy.ts'
import { RUNNER_KINDS, runnersOf } from '../../core/programs/runners.ts'
import type { Subject } from '../../core/subject.ts'
import { count } from '../../core/values/text.ts'
import type { Namespaces } from '../../inventory/cluster/namespaces.ts'
import { objectsOf } from '../../inventory/cluster/objects.ts'
import type { ClusterReadProblem } from '../../inventory/cluster/read-problem.ts'
import type { Api } from '../../kubernetes/client.ts'
import { POLICIES } from '../../policies/index.ts'
import { joined } from '../../report/joined.ts'
import { type ReportedObject, reportedObject } from '../../report/report.ts'
import { UnknownSkips } from '../unknown-skips.ts'
import { Provisioned } from './provisioned.ts'
import { checkSets } from './sets.ts'
export interface ScanOptions {
  readonly namespaces: Namespaces
  /** Lists of the whole cluster are asked for, rather than one for each namespace. */
  readonly isWhole: boolean
  readonly cluster: Cluster
  /** Milliseconds since 1970. */
  readonly now: number
  /** Told how far it is, after each object. */
  show(text: string): void
}

export interface Scanned {
  readonly checked: number
  readonly objects: readonly ReportedObject[]
  readonly problems: readonly ClusterReadProblem[]
  readonly notes: readonly string[]
  /** What policies over Sets could not see and would have needed, by namespace. */
  readonly gapsOfSets: ReadonlyMap<string, readonly Gap[]>
}

/**
 * Checks the objects of all kinds that policies match. Of an object nothing stays but what is said about it, so that the
 * size of the cluster makes no difference to the memory that this takes.
 */
export async function checkCluster(api: Api, configuration: Configuration, options: ScanOptions): Promise<Scanned> {
  const { namespaces, isWhole, cluster, now, show } = options
  const objects: ReportedObject[] = []
  const problems: ClusterReadProblem[] = []
  const absent: string[] = []
  const seen: Tally = { checked: 0, refused: 0, repaired: 0, exempted: 0, exemptedIn: new Set() }
  const unknownSkips = new UnknownSkips()
  const provisioned = new Provisioned(api, cluster)
  /** Namespaces in which something runs that policies over Sets may speak of. */
  const withRunners = new Set<string>()

  const look = async (subject: Subject): Promise<void> => {
    if (runnersOf(subject).length > 0) withRunners.add(subject.namespace)
    const policies = configuration.policiesFor(subject.namespace)
    if (!anyPolicyApplies(policies, subject)) return
    const ceiling: Mode = namespaces.ceilings.get(subject.namespace) ?? 'enforce'
    if (ceiling === 'off') {
      seen.exempted++
      seen.exemptedIn.add(subject.namespace)
      return
    }
    const around = await provisioned.around(subject, policies)
    const { verdicts } = decisionFor(subject, policies, { cluster: around, now, ceiling })
    unknownSkips.add(subject, policies)
    seen.checked++
    if (verdicts.some(({ outcome }) => outcome === 'denied')) seen.refused++
    if (verdicts.some(({ outcome }) => outcome === 'patched')) seen.repaired++
    const reported = reportedObject(subject, verdicts)
    if (reported !== undefined) objects.push(reported)
  }

  const area = { only: isWhole ? undefined : (namespaces.names ?? []), all: namespaces.names }
  const progress: string[] = []
  for (const resource of matchedIn(configuration, namespaces.names)) {
    let met = 0
    for await (const found of objectsOf(api, resource, area)) {
      if ('problem' in found) problems.push(found.problem)
      if ('absent' in found) absent.push(found.absent.resource)
      if (!('subject' in found)) continue
      await look(found.subject)
      show([...progress, `${resource.resource} ${grouped(++met)} …`].join(', '))
    }
    progress.push(`${resource.resource} ${grouped(met)}`)
  }
  const within = [...withRunners].sort()
  const sets = await checkSets(api, configuration, { namespaces, cluster, now, show, unknownSkips, within })
  return {
    checked: seen.checked,
    objects: joined(objects, sets.objects),
    problems: [...problems, ...provisioned.problems, ...sets.problems],
    notes: [
      ...unknownSkips.notes(),
      ...notesOnCustom(absent, problems),
      ...provisioned.notes(),
      ...notesOn(seen, namespaces),
      ...sets.notes
    ],
    gapsOfSets: sets.gaps
  }
}

/** What was not checked of custom resources, which is no problem. */
function notesOnCustom(absent: readonly string[], problems: readonly ClusterReadProblem[]): string[] {
  const notes: string[] = []
  if (absent.length > 0) notes.push(`Not checked, because the cluster does not have them: ${absent.join(', ')}.`)
  const denied = problems.flatMap(({ isExpected, where }) => (isExpected ? [where] : []))
  if (denied.length > 0) notes.push(`Not checked, because they may not be listed: ${denied.join(', ')}.`)
  return notes
}

function isOn({ mode }: ConfiguredPolicy): boolean {
  return mode !== 'off'
}

/** The kinds that some policy wants to see when they are created, in one of these namespaces at least. */
function matchedIn(configuration: Configuration, names: readonly string[] | undefined): ReadonlySet<Resource> {
  // A policy may be on in a single namespace. Where nobody says which there are, every policy has to be taken for on.
  const policies =
    names === undefined
      ? POLICIES
      : [...new Set(names.map((name) => configuration.policiesFor(name)))].flatMap((policies) =>
          policies.filter(isOn).map(({ policy }) => policy)
        )
  const matches = policies.flatMap((policy) => policy.matches)
  const own = matches.flatMap(({ operation, resource }) => (operation === 'CREATE' ? [resource] : []))
  return new Set([...own, ...(policies.some(isSetPolicy) ? RUNNER_KINDS : [])])
}

interface Tally {
  checked: number
  /** Objects that enforcing would refuse. */
  refused: number
  /** Objects that it would repair. */
  repaired: number
  /** Objects in namespaces whose label says off, and these namespaces. */
  exempted: number
  readonly exemptedIn: Set<string>
}

function notesOn({ refused, repaired, exempted, exemptedIn }: Tally, { isUnread }: Namespaces): string[] {
  const notes: string[] = []
  if (refused > 0) {
    notes.push(
      'Every object was checked as if it were created now. An update of an existing object is not refused for a problem that it already has.'
    )
  }
  if (repaired > 0) {
    const what =
      repaired === 1 ? '1 object lacks a repair that it gets' : `${repaired} objects lack repairs that they get`
    const when = repaired === 1 ? 'it is created anew' : 'they are created anew'
    notes.push(`${what} when ${when}: a Pod by "kubectl rollout restart" of what it belongs to.`)
  }
  if (exempted > 0) {
    const where = `${count(exemptedIn.size, 'namespace')} with the label ${MODE_LABEL}=off`
    notes.push(`${count(exempted, 'object')} in ${where} ${exempted === 1 ? 'was' : 'were'} not checked.`)
  }
  if (isUnread) notes.push(`Namespaces could not be read, so their label ${MODE_LABEL} had no effect.`)
  return notes
}

/** 3000 as "3 000". */
function grouped(number: number): string {
  return String(number).replace(/\B(?=(\d{3})+$)/g, ' ')
}
