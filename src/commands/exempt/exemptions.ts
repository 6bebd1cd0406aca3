import { POD } from '../../core/objects/kinds.ts'
import { POLICIES } from '../../policies/index.ts'
import type { ReportedFinding, ReportedObject } from '../../report/report.ts'

/** What exempts one object, as narrowly as a configuration can say it. */
export interface ProposedExemption {
  /** Empty where nobody said which it is. */
  readonly namespace: string
  readonly name: string
  /** By policy, the findings of today that it is about. */
  readonly policies: ReadonlyMap<string, readonly ReportedFinding[]>
  /** Objects of that name. */
  readonly objects: readonly ReportedObject[]
}

/** Exemptions for errors and warnings, in the order in which objects were met. A policy that crashed cannot be exempted. */
export function exemptionsIn(objects: readonly ReportedObject[]): ProposedExemption[] {
  const found = objects.flatMap((object) =>
    object.findings
      .filter(({ level, outcome }) => level !== 'note' && outcome !== 'crashed')
      .map((finding) => ({ object, finding, name: nameFor(object, finding) }))
  )
  const byName = Map.groupBy(found, ({ object, name }) => JSON.stringify([object.namespace, name]))
  return [...byName.values()].map((all) => {
    const [{ object, name }] = all as [(typeof all)[number]]
    const policies = Map.groupBy(
      all.map(({ finding }) => finding),
      ({ policy }) => policy
    )
    return { namespace: object.namespace, name, policies, objects: [...new Set(all.map(({ object }) => object))] }
  })
}

/** A finding about the Pods of a workload stands under the workload, and it is the Pods that have to be exempted. */
function nameFor({ kind, name }: ReportedObject, { policy: id }: ReportedFinding): string {
  const kinds = POLICIES.find((policy) => policy.id === id)?.matches.map(({ resource }) => resource.kind) ?? []
  return kinds.includes(POD.kind) && !kinds.includes(kind) ? `${name}-*` : name
}
