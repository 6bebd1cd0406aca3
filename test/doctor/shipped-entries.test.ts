// The entries that doctor compares with are those that the overlays render.
import t from 'tap'
import { entriesOf as entriesIn } from '../../src/doctor/installed-entry.ts'
import { installedModeOf } from '../../src/doctor/installed-mode.ts'
import { INSTALLED_MODES, shippedEntries } from '../../src/doctor/shipped-entries.ts'
import { configurationsOf } from '../fixtures/installation.ts'
import { type Entry, entriesOf, overlays, render, skip } from '../manifests/render.ts'

const NAMESPACE = 'holdfast-system'

t.test('every overlay, entry by entry', { skip }, async (t) => {
  t.strictSame([...INSTALLED_MODES].sort(), [...overlays].sort())
  for (const overlay of INSTALLED_MODES) {
    const rendered = entriesOf(render(`overlays/${overlay}`)).map(asShipped)
    const shipped = shippedEntries(overlay, NAMESPACE)
    const byName = (one: { name: string }, other: { name: string }) => (one.name < other.name ? -1 : 1)
    t.strictSame([...shipped].sort(byName), rendered.sort(byName), overlay)
  }
})

function asShipped({ phase, name, clientConfig, rules, matchConditions, namespaceSelector, ...fields }: Entry) {
  return {
    phase,
    name,
    path: clientConfig.service?.path,
    rules,
    matchConditions,
    expressions: namespaceSelector?.matchExpressions,
    fields
  }
}

t.test('the mode is told by the entries', async (t) => {
  for (const mode of INSTALLED_MODES) {
    const [mutating = {}, validating = {}] = configurationsOf(mode)
    const entries = [...entriesIn(mutating, 'mutate'), ...entriesIn(validating, 'validate')]
    t.equal(installedModeOf(entries), mode)
    t.equal(installedModeOf(entries.filter(({ name }) => !name.startsWith('pods.'))), mode, 'also where one has gone')
  }
})
