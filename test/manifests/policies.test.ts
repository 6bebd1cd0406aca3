import t from 'tap'
import { POLICIES } from '../../src/policies/index.ts'
import { entriesOf, overlays, render, skip } from './render.ts'

/**
 * What the policies match, and what the webhook configurations ask for, have to be the same: an entry too few is a policy
 * that is dead code, a rule too many is a call for nothing.
 */

t.test('the rules are those that the policies declare', { skip }, async (t) => {
  const declared = POLICIES.flatMap(({ matches }) =>
    matches.map(
      ({ phase, operation, resource: { group, version, resource } }) =>
        `${phase} ${operation} ${group}/${version}/${resource}`
    )
  )
  for (const overlay of overlays) {
    const configured = entriesOf(render(`overlays/${overlay}`)).flatMap(({ phase, rules = [] }) =>
      rules.flatMap(({ operations = [], apiGroups = [], apiVersions = [], resources = [] }) =>
        combinations(operations, apiGroups, apiVersions, resources).map(
          ([operation, group, version, resource]) => `${phase} ${operation} ${group}/${version}/${resource}`
        )
      )
    )
    t.strictSame([...new Set(configured)].sort(), [...new Set(declared)].sort(), overlay)
  }
})

function combinations(...lists: readonly (readonly string[])[]): string[][] {
  return lists.reduce<string[][]>((rows, list) => rows.flatMap((row) => list.map((item) => [...row, item])), [[]])
}
