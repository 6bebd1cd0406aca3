import type { Cluster } from './cluster.ts'
import type { Exemption } from './exemption.ts'
import type { Mode } from './mode.ts'
import type { OptionFields, OptionValues } from './options.ts'
import type { Edit } from './patch.ts'
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
 * and its label in the metrics. `check` is synchronous and pure: same Subject, same options, same findings.
 */
export interface Policy<Fields extends OptionFields = OptionFields> {
  readonly id: string
  /** One sentence for the catalogue, with its full stop. */
  readonly summary: string
  readonly defaultMode: Exclude<Mode, 'off'>
  readonly matches: readonly Match[]
  readonly options: Fields
  /**
   * The policy evaluates the change itself. All others evaluate what an object is, and on an update they only warn of what the
   * old object was already, so that it can still be scaled and mended.
   */
  readonly comparesOld?: true
  check(subject: Subject, given: PolicyContext<Fields>): Iterable<Finding>
}

/** Keeps the literal types of the options, so that `check` sees `'reject' | 'restore'` rather than `string`. */
export function definePolicy<const Fields extends OptionFields>(policy: Policy<Fields>): Policy<Fields> {
  return policy
}

/** A policy with its settings: what the configuration turns the catalogue into. */
export interface ConfiguredPolicy {
  readonly policy: Policy
  readonly mode: Mode
  readonly options: OptionValues<OptionFields>
  readonly exemptions: readonly Exemption[]
}
