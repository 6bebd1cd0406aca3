import { objectOf } from '../core/json.ts'
import { STATEFUL_SET } from '../core/resource.ts'
import { specOf } from '../core/subject.ts'
import { namespaceOf, type Previous } from '../inventory/previous.ts'
import { isOfKind, nameOf } from '../inventory/subjects.ts'

/** What becomes of the data of StatefulSets that an upgrade leaves out: Helm and Argo CD delete them. */
export function goneNotes(previous: Previous, namespace: string | undefined): string[] {
  return previous
    .gone()
    .filter((object) => isOfKind(STATEFUL_SET, object))
    .map((object) => {
      const where = namespaceOf(object) ?? namespace
      const name = `StatefulSet ${where === undefined ? '' : `${where}/`}${nameOf(object)}`
      const { whenDeleted } = objectOf(specOf(object).persistentVolumeClaimRetentionPolicy)
      return whenDeleted === 'Delete'
        ? `${name} is gone after this: its claims and the data on them are deleted with it, because whenDeleted is Delete`
        : `${name} is gone after this: its Pods stop, and its claims stay`
    })
}
