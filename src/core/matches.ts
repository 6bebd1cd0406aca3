import type { Resource } from './objects/kinds.ts'
import type { Program } from './programs/program.ts'
import type { About, Match, Operation } from './subject.ts'

const WRITES: readonly Operation[] = ['CREATE', 'UPDATE']

/** What a policy matches that evaluates what runs a program as it is about to be stored, whatever client writes it. */
export function storedAs(resources: readonly Resource[], ...programs: readonly Program[]): readonly Match[] {
  return stored(resources, { kind: 'programs', programs })
}

/** The same for objects of prometheus-operator, each of which describes such a program and nothing else. */
export function storedForOperator(...resources: readonly Resource[]): readonly Match[] {
  return stored(resources, { kind: 'any' })
}

function stored(resources: readonly Resource[], about: About): readonly Match[] {
  return resources.flatMap((resource) =>
    WRITES.map((operation) => ({ phase: 'validate' as const, operation, resource, about }))
  )
}
