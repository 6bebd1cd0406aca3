import type { Cluster } from './cluster.ts'
import type { Exemption } from './exemption.ts'
import type { Mode } from './mode.ts'
import type { Resource } from './objects/kinds.ts'
import type { OptionFields, OptionValues } from './options.ts'
import type { Edit } from './patch.ts'
import type { SubjectSet } from './set.ts'
import type { Match, Subject } from './subject.ts'
import type { Path } from './values/path.ts'
import type { ValueChange } from './values/value-change.ts'
/** One thing that a policy has to say about a Subject. Data, never a throw: a throw means that the policy is broken. */
export interface Finding {
  readonly field: Path
  /** What is wrong: one sentence without a full stop, with the values that make it wrong. */
  readonly problem: string
  /** What could be lost during the remediation, for a line of its own. */
  readonly caution?: string
  /** The remediation, as something to type or to set. */
  readonly remediation: string
  /**
   * What it is called, where its field does not say it all: the policy has several findings about the field, or the fault
   * is the same one in another field. Names in it, and neither a number in a list nor a value that may change while the
   * fault stays. identity.ts says what it is called otherwise, and what that is for.
   */
  readonly identity?: string
  /** Advice is never enforced, whatever the policy's mode. */
  readonly advice?: true
  /** Good to know, and no fault: never more than a note, whatever the policy's mode. */
  readonly info?: true
  /** Other objects that have a part in it. */
  readonly involved?: readonly Subject[]
  /** The values that `problem` names, one by one, where it is about a change. */
  readonly changes?: readonly ValueChange[]
  /** The object stands as it is: it is its next upgrade that will be refused. */
  readonly failsNextUpgrade?: true
  /** A repair that is made instead of a refusal. */
  readonly fix?: Fix
}

export interface Fix {
  readonly edits: readonly Edit[]
  /** What the repair does, in the present tense: "adds …". */
  readonly does: string
}

/** What a policy is given besides the Subject. */
export interface PolicyContext<Fields extends OptionFields = OptionFields> {
  readonly options: OptionValues<Fields>
  readonly cluster: Cluster
}

/**
 * A policy is one file under `src/policies`. Its id names that file, its test, its page, its key in the configuration
 * and its label in the metrics. It checks one object at a time, or objects that belong together.
 */
export type Policy<Fields extends OptionFields = OptionFields> = ObjectPolicy<Fields> | SetPolicy<Fields>

interface Declaration<Fields extends OptionFields> {
  readonly id: string
  /** One sentence for the catalogue, with its full stop. */
  readonly summary: string
  readonly defaultMode: Mode
  readonly options: Fields
}

/** `check` is synchronous and pure: same Subject, same options, same findings. */
export interface ObjectPolicy<Fields extends OptionFields = OptionFields> extends Declaration<Fields> {
  readonly matches: readonly Match[]
  /**
   * The policy evaluates the change itself. All others evaluate what an object is, and on an update they only warn of what the
   * old object was already, so that it can still be scaled and mended.
   */
  readonly comparesOld?: true
  /** Kinds of what it takes into account where the door has read it, as `cluster.provision`. */
  readonly reads?: readonly Resource[]
  check(subject: Subject, given: PolicyContext<Fields>): Iterable<Finding>
}

/** A finding about objects that belong together. */
export interface SetFinding extends Finding {
  /** The object that has to change: its annotation and its name are what exempts, its namespace what configures. */
  readonly object: Subject
}

/** Why nothing can be said about an object, as an end of "not evaluated: …"; without a full stop. */
export interface Unclear {
  readonly object: Subject
  readonly unclear: string
}

/** A policy over a Set. `check` and `scan` evaluate it; the webhook, which sees one object at a time, never does. */
export interface SetPolicy<Fields extends OptionFields = OptionFields> extends Declaration<Fields> {
  readonly matches: readonly []
  /** Kinds whose objects it looks at. */
  readonly reads: readonly Resource[]
  /** Those of them of which it has to see all, because it concludes from what is not there. */
  readonly needs: readonly Resource[]
  /** Whether there is anything in the Set that it may speak of. Where it is not, nobody has to be told what is missing. */
  appliesTo(set: SubjectSet): boolean
  /** Synchronous and pure, as `check` is. Called where `appliesTo` says so and all that it needs was seen. */
  checkSet(set: SubjectSet, given: PolicyContext<Fields>): Iterable<SetFinding | Unclear>
}

/** Keeps the literal types of the options, so that `check` sees `'reject' | 'restore'` rather than `string`. */
export function definePolicy<const Fields extends OptionFields>(policy: ObjectPolicy<Fields>): ObjectPolicy<Fields> {
  return policy
}

export function defineSetPolicy<const Fields extends OptionFields>(
  policy: Omit<SetPolicy<Fields>, 'matches'>
): SetPolicy<Fields> {
  return { ...policy, matches: [] }
}

export function isSetPolicy(policy: Policy): policy is SetPolicy {
  return 'checkSet' in policy
}

/** A policy with its settings: what the configuration turns the catalogue into. */
export interface ConfiguredPolicy {
  readonly policy: Policy
  readonly mode: Mode
  readonly options: OptionValues<OptionFields>
  readonly exemptions: readonly Exemption[]
}
