import type { Configuration } from '../../config/configuration.ts'
import type { Cluster } from '../../core/cluster.ts'
import { judge } from '../../core/decide.ts'
import { isAsked } from '../../core/evaluate.ts'
import type { Mode } from '../../core/mode.ts'
import type { Resource } from '../../core/objects/kinds.ts'
import type { Rule } from '../../core/policy.ts'
import type { Subject } from '../../core/subject.ts'
import { count } from '../../core/values/text.ts'
import { MODE_LABEL, type Namespaces } from '../../inventory/cluster/namespaces.ts'
import { objectsOf } from '../../inventory/cluster/objects.ts'
import type { Trouble } from '../../inventory/cluster/read-problem.ts'
import type { Api } from '../../kubernetes/client.ts'
import { POLICIES } from '../../policies/index.ts'
import { type ReportedObject, reportedObject } from '../../report/report.ts'

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
  readonly judged: number
  readonly objects: readonly ReportedObject[]
  readonly troubles: readonly Trouble[]
  readonly notes: readonly string[]
}

/**
 * Judges the objects of all kinds that policies watch. Of an object nothing stays but what is said about it, so that the
 * size of the cluster makes no difference to the memory that this takes.
 */
export async function judgeCluster(api: Api, configuration: Configuration, options: ScanOptions): Promise<Scanned> {
  const { namespaces, isWhole, cluster, now, show } = options
  const objects: ReportedObject[] = []
  const troubles: Trouble[] = []
  const seen: Tally = { judged: 0, refused: 0, repaired: 0, excused: 0, excusedIn: new Set() }

  const look = (subject: Subject): void => {
    const rules = configuration.rulesFor(subject.namespace)
    if (!isAsked(rules, subject)) return
    const ceiling: Mode = namespaces.ceilings.get(subject.namespace) ?? 'enforce'
    if (ceiling === 'off') {
      seen.excused++
      seen.excusedIn.add(subject.namespace)
      return
    }
    const { verdicts } = judge(subject, rules, { cluster, now, ceiling })
    seen.judged++
    if (verdicts.some(({ outcome }) => outcome === 'denied')) seen.refused++
    if (verdicts.some(({ outcome }) => outcome === 'patched')) seen.repaired++
    const reported = reportedObject(subject, verdicts)
    if (reported !== undefined) objects.push(reported)
  }

  const area = { only: isWhole ? undefined : (namespaces.names ?? []), all: namespaces.names }
  const progress: string[] = []
  for (const resource of watchedIn(configuration, namespaces.names)) {
    let met = 0
    for await (const found of objectsOf(api, resource, area)) {
      if ('trouble' in found) {
        troubles.push(found.trouble)
        continue
      }
      look(found.subject)
      show([...progress, `${resource.resource} ${grouped(++met)} …`].join(', '))
    }
    progress.push(`${resource.resource} ${grouped(met)}`)
  }
  return { judged: seen.judged, objects, troubles, notes: notesOn(seen, namespaces) }
}

function isOn({ mode }: Rule): boolean {
  return mode !== 'off'
}

/** The kinds that some policy wants to see when they are created, in one of these namespaces at least. */
function watchedIn(configuration: Configuration, names: readonly string[] | undefined): ReadonlySet<Resource> {
  // A policy may be on in a single namespace. Where nobody says which there are, every policy has to be taken for on.
  const policies =
    names === undefined
      ? POLICIES
      : [...new Set(names.map((name) => configuration.rulesFor(name)))].flatMap((rules) =>
          rules.filter(isOn).map(({ policy }) => policy)
        )
  const watches = policies.flatMap((policy) => policy.watches)
  return new Set(watches.flatMap(({ operation, resource }) => (operation === 'CREATE' ? [resource] : [])))
}

interface Tally {
  judged: number
  /** Objects that enforcing would refuse. */
  refused: number
  /** Objects that it would repair. */
  repaired: number
  /** Objects in namespaces whose label says off, and these namespaces. */
  excused: number
  readonly excusedIn: Set<string>
}

function notesOn({ refused, repaired, excused, excusedIn }: Tally, { isUnread }: Namespaces): string[] {
  const notes: string[] = []
  if (refused > 0) {
    notes.push(
      'Every object was judged as if it were created now. An update of one that is there is not refused for a fault that it has already.'
    )
  }
  if (repaired > 0) {
    const what =
      repaired === 1 ? '1 object lacks a repair that it gets' : `${repaired} objects lack repairs that they get`
    const when = repaired === 1 ? 'it is created anew' : 'they are created anew'
    notes.push(`${what} when ${when}: a Pod by "kubectl rollout restart" of what it belongs to.`)
  }
  if (excused > 0) {
    const where = `${count(excusedIn.size, 'namespace')} with the label ${MODE_LABEL}=off`
    notes.push(`${count(excused, 'object')} in ${where} ${excused === 1 ? 'was' : 'were'} not judged.`)
  }
  if (isUnread) notes.push(`Namespaces could not be read, so that their label ${MODE_LABEL} did not count.`)
  return notes
}

/** 3000 as "3 000". */
function grouped(number: number): string {
  return String(number).replace(/\B(?=(\d{3})+$)/g, ' ')
}
