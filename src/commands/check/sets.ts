import { dirname } from 'node:path'
import { anyPolicyAppliesToSet, anySetPolicyReads, evaluateSet } from '../../core/evaluate-set.ts'
import { SERVICE } from '../../core/objects/kinds.ts'
import { kindOf } from '../../core/objects/metadata.ts'
import { isSetPolicy } from '../../core/policy.ts'
import { type SetGap, SubjectSet } from '../../core/set.ts'
import type { Subject } from '../../core/subject.ts'
import type { JsonObject } from '../../core/values/json.ts'
import { withDefaults } from '../../inventory/defaults.ts'
import { namespaceFor } from '../../inventory/files/previous.ts'
import { isMember, isOneOf, yamlValue } from '../../inventory/members.ts'
import { subjectOfStored } from '../../inventory/subjects.ts'
import type { Manifest } from '../../inventory/yaml/manifests.ts'
import { POLICIES } from '../../policies/index.ts'
import type { Place } from '../../report/place.ts'
import { type ReportedObject, reportedObject } from '../../report/report.ts'
import { Silences } from '../silences.ts'
import type { CheckContext } from './manifest.ts'
import { placeIn } from './place.ts'

/** Objects that are kept for policies over Sets, and characters of the documents that they stand in. */
const MOST_MEMBERS = 20_000
const MOST_CHARACTERS = 64 * 1024 * 1024

const SET_POLICIES = POLICIES.filter(isSetPolicy)
const READS = SET_POLICIES.flatMap(({ reads }) => reads)

interface Member {
  readonly subject: Subject
  readonly file: string
  readonly place: Place
}

/** Why nothing is concluded from what is not there. */
const UNREAD: SetGap = { what: 'objects', isAll: false, why: 'a part of the input could not be read' }
const PART: SetGap = {
  what: 'objects',
  isAll: false,
  why: 'the input contains no Service and seems incomplete; pass all manifests together'
}
const UNNAMED: SetGap = {
  what: 'objects',
  isAll: false,
  why: 'some objects name no namespace and others name several; set the namespace with -n'
}
const REPEATED: SetGap = {
  what: 'objects',
  isAll: false,
  why: 'an object occurs twice in one file, as in several environments; check one at a time'
}

/**
 * What one run is given together, by namespace: a rendered release may be one stream, a directory, or some files. Where an
 * object stands there twice, several environments were given, and each directory, or else each file, is taken by itself.
 */
export class GivenSets {
  readonly #context: CheckContext
  readonly #silences = new Silences()
  /** All or nothing: what one policy concludes depends on objects that only others read, and on other namespaces. */
  readonly #isAsked: boolean
  #members: Member[] = []
  #characters = 0
  #isFull = false

  constructor(context: CheckContext) {
    this.#context = context
    this.#isAsked = SET_POLICIES.some((policy) => context.configuration.mayBeOn(policy))
  }

  /**
   * @param share of the document's text that is this object's
   * @param stored the object with its defaults, where they were filled in already
   */
  add(manifest: Manifest, file: string, line: number, share: number, stored?: JsonObject): void {
    if (!this.#isAsked || this.#isFull || !isOneOf(READS, manifest.object)) return
    const namespace = namespaceFor(manifest.object, this.#context.namespace, undefined)
    if (!this.#isLookedAt(manifest.object, namespace)) return
    const subject = subjectOfStored(stored ?? withDefaults(manifest.object), undefined, namespace)
    if (!isMember(subject)) return
    this.#characters += share
    this.#members.push({ subject, file, place: placeIn(manifest, file, line, this.#context) })
    this.#isFull = this.#members.length > MOST_MEMBERS || this.#characters > MOST_CHARACTERS
    if (this.#isFull) this.#members = []
  }

  /** Whether any policy that is on looks at objects of this kind, together with others. */
  reads(object: JsonObject): boolean {
    if (!isOneOf(READS, object)) return false
    const namespace = namespaceFor(object, this.#context.namespace, undefined)
    return anySetPolicyReads(this.#context.configuration.policiesFor(namespace), kindOf(object))
  }

  /**
   * What no policy looks at that is on says nothing of what belongs together either, such as objects of Velero's namespace.
   * Without a Service nothing is whole, and which policies are on is known later for what names no namespace.
   */
  #isLookedAt(object: JsonObject, namespace: string): boolean {
    return namespace === '' || isOneOf([SERVICE], object) || this.reads(object)
  }

  /** @param isUnread whether something could not be read */
  findings(isUnread: boolean): ReportedObject[] {
    const places = new Map(this.#members.map(({ subject, place }) => [subject, place]))
    const locationOf = (other: Subject) => places.get(other)?.location
    return setsOf(this.#members, isUnread).flatMap((set) => {
      const policies = this.#context.configuration.policiesFor(set.namespace)
      if (!anyPolicyAppliesToSet(policies, set)) return []
      for (const member of set.members) this.#context.unknownSkips.add(member, policies)
      const { verdicts, silences } = evaluateSet(set, policies, this.#context.evaluation)
      for (const silence of silences) this.#silences.add(set.namespace, silence)
      const { usedExemptions, evaluation } = this.#context
      for (const { subject, verdict } of verdicts) usedExemptions.add(subject, policies, [verdict], evaluation.now)
      return verdicts.flatMap(
        ({ subject, verdict }) => reportedObject(subject, [verdict], { ...places.get(subject), locationOf }) ?? []
      )
    })
  }

  notes(): string[] {
    const full =
      'Policies over several objects were not evaluated: there are too many objects to evaluate together. Check fewer files at once.'
    return [...(this.#isFull ? [full] : []), ...this.#silences.notes()]
  }
}

function setsOf(members: readonly Member[], isUnread: boolean): SubjectSet[] {
  const names = new Set(members.map(({ subject }) => subject.namespace).filter((name) => name !== ''))
  const [only = ''] = names
  const isUnnamed = names.size > 1 && members.some(({ subject }) => subject.namespace === '')
  const gaps = [...(isUnread ? [UNREAD] : []), ...(isUnnamed ? [UNNAMED] : [])]
  const byNamespace = Map.groupBy(members, ({ subject }) => (names.size === 1 ? only : subject.namespace))
  return [...byNamespace].flatMap(([namespace, all]) =>
    environmentsIn(all).map((environment) => setOf(namespace, environment, gaps))
  )
}

function environmentsIn(members: readonly Member[]): (readonly Member[])[] {
  if (!hasRepeated(members)) return [members]
  const byDirectory = [...Map.groupBy(members, ({ file }) => dirname(file)).values()]
  return byDirectory.flatMap((within) =>
    hasRepeated(within) ? [...Map.groupBy(within, ({ file }) => file).values()] : [within]
  )
}

function hasRepeated(members: readonly Member[]): boolean {
  const keys = new Set(members.map(({ subject: { group, kind, name } }) => `${group}/${kind}/${name}`))
  return keys.size < members.length
}

function setOf(namespace: string, members: readonly Member[], gaps: readonly SetGap[]): SubjectSet {
  const subjects = members.map(({ subject }) => subject)
  const isPart = !subjects.some(({ object }) => isOneOf([SERVICE], object))
  const all = [...gaps, ...(isPart ? [PART] : []), ...(hasRepeated(members) ? [REPEATED] : [])]
  return new SubjectSet({ namespace, origin: 'files', members: subjects, gaps: all, readYaml: yamlValue })
}
