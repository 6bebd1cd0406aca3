import { labelsOf, metadataOf, nameOfObject } from '../core/objects/metadata.ts'
import { selects } from '../core/objects/selector.ts'
import type { JsonObject } from '../core/values/json.ts'
import { type InstalledEntry, isForNewPods } from './installed-entry.ts'
import { NAME_LABEL } from './shipped-entries.ts'

/** A dry run that is to be made: in the first of these namespaces that takes the Pod. */
export interface PlannedDryRun {
  readonly entry: string
  readonly namespaces: readonly string[]
}

/** How many namespaces are tried where something else refuses the Pod, such as a quota. */
const MOST_TRIES = 3
const FIRST_CHOICE = 'default'

/**
 * One for each entry that is called for new Pods and that some namespace is selected by.
 *
 * @param namespaces undefined where they may not be listed: then nothing is known but that there is one called default
 */
export function dryRunPlan(
  entries: readonly InstalledEntry[],
  namespaces: readonly JsonObject[] | undefined
): readonly PlannedDryRun[] {
  const known = namespaces ?? [{ metadata: { name: FIRST_CHOICE, labels: { [NAME_LABEL]: FIRST_CHOICE } } }]
  const alive = known.filter((namespace) => metadataOf(namespace).deletionTimestamp === undefined)
  return entries.filter(isForNewPods).flatMap(({ name, entry }) => {
    const selected = alive.filter((namespace) => selects(entry.namespaceSelector ?? {}, labelsOf(namespace)))
    const names = selected.map(nameOfObject).sort(byChoice)
    return names.length === 0 ? [] : [{ entry: name, namespaces: names.slice(0, MOST_TRIES) }]
  })
}

/** `default` is in every cluster, and names that begin with kube- are those of the cluster itself. */
function byChoice(one: string, other: string): number {
  const rank = (name: string): number => (name === FIRST_CHOICE ? 0 : name.startsWith('kube-') ? 2 : 1)
  return rank(one) - rank(other) || (one < other ? -1 : 1)
}
