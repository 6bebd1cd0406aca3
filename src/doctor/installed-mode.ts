import { MODE_LABEL } from '../core/mode.ts'
import { listOf, objectOf } from '../core/values/json.ts'
import { ceilingOf, type InstalledEntry } from './installed-entry.ts'
import type { InstalledMode } from './shipped-entries.ts'

/** Which overlay the entries are of: by their paths, and by what they ask of the label of a namespace. */
export function installedModeOf(entries: readonly InstalledEntry[]): InstalledMode {
  if (entries.length > 0 && entries.every((entry) => ceilingOf(entry) === 'audit')) return 'audit'
  // Those for namespaces with one value of the label are the same everywhere.
  const operators = entries
    .filter(({ name }) => !/^(?:warn|audit)\./.test(name))
    .flatMap(({ entry }) => listOf(objectOf(entry.namespaceSelector).matchExpressions).map(objectOf))
    .filter(({ key }) => key === MODE_LABEL)
    .map(({ operator }) => operator)
  const optIn = operators.filter((operator) => operator === 'In').length
  return optIn > operators.length - optIn ? 'opt-in' : 'cluster-wide'
}
