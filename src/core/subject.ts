import type { Resource } from './objects/kinds.ts'
import type { Program } from './programs/program.ts'
import type { JsonObject } from './values/json.ts'

/** The two moments at which kube-apiserver asks a webhook. Built-in validation stands between them. */
export type Phase = 'mutate' | 'validate'

export const PHASES: readonly Phase[] = ['mutate', 'validate']

export type Operation = 'CREATE' | 'UPDATE'

/**
 * What is under review, whichever door it came through. The door has settled everything that a policy would otherwise
 * have to ask: the namespace and the name come from the request where the object does not have them yet, and an UPDATE
 * always has an old object.
 */
export interface Subject {
  /** A live review stands in one phase; a file or a listed object is evaluated for both. */
  readonly phases: readonly Phase[]
  readonly operation: Operation
  readonly group: string
  readonly kind: string
  readonly namespace: string
  /** Ends in `*` where the API server has yet to generate the name. */
  readonly name: string
  readonly object: JsonObject
  /** Empty on CREATE. */
  readonly oldObject: JsonObject
}

/**
 * What an object has to have for a policy to have anything to say about it. The webhook's matchConditions are made of it
 * (programs/match-conditions.ts), so that the API server calls for every object that a policy has an eye on.
 */
export type About =
  /** Nothing: every object of the resource is what the policy is about. */
  | { readonly kind: 'any' }
  /** A container of its Pods may run one of the programs. */
  | { readonly kind: 'programs'; readonly programs: readonly Program[] }
  /** A container of its Pods may run the program, and a label of the object changes, or its Pod template loses the annotation. */
  | { readonly kind: 'labels-of-program'; readonly program: Program; readonly annotation: string }
  /** A field of a StatefulSet changes that no update may change. */
  | { readonly kind: 'immutable-fields' }
  /** A StatefulSet is new, and one of its claim templates has labels. */
  | { readonly kind: 'labelled-claim-templates' }

/** One combination that a policy wants to see. The webhook's rules are checked against these, its conditions made of them. */
export interface Match {
  readonly phase: Phase
  readonly operation: Operation
  readonly resource: Resource
  readonly about: About
}

export function isMatched(matches: readonly Match[], subject: Subject): boolean {
  for (const { phase, operation, resource } of matches) {
    if (resource.kind !== subject.kind || operation !== subject.operation || resource.group !== subject.group) continue
    if (subject.phases.includes(phase)) return true
  }
  return false
}
