import { deletionInWords } from '../core/objects/claim-templates.ts'
import { STATEFUL_SET } from '../core/objects/kinds.ts'
import { nameOfObject } from '../core/objects/metadata.ts'
import { namespaceOf, type Previous } from '../inventory/files/previous.ts'
import { isOfKind } from '../inventory/subjects.ts'

/** What becomes of the data of StatefulSets that an upgrade leaves out: Helm and Argo CD delete them. */
export function goneNotes(previous: Previous, namespace: string | undefined): string[] {
  return previous
    .gone()
    .filter((object) => isOfKind(STATEFUL_SET, object))
    .map((object) => {
      const where = namespaceOf(object) ?? namespace
      const name = `StatefulSet ${where === undefined ? '' : `${where}/`}${nameOfObject(object)}`
      return `${name} is gone after this: ${deletionInWords(object)}`
    })
}
