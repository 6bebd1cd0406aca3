import type { Resource } from './objects/kinds.ts'
import type { JsonObject } from './values/json.ts'

/** The two moments at which kube-apiserver asks a webhook. Built-in validation stands between them. */
export type Phase = 'mutate' | 'validate'

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

/** One combination that a policy wants to see. Manifests and the webhook's rules are checked against these. */
export interface Match {
  readonly phase: Phase
  readonly operation: Operation
  readonly resource: Resource
}

export function isMatched(watches: readonly Match[], subject: Subject): boolean {
  return watches.some(
    ({ phase, operation, resource }) =>
      operation === subject.operation &&
      resource.kind === subject.kind &&
      resource.group === subject.group &&
      subject.phases.includes(phase)
  )
}
