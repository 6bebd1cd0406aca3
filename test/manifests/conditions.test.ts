// The tables of conditions.ts against the policies: whatever a policy has something to say about has to be called for.
// That the API server calls as the tables say is conditions.e2e.ts's to find out.
import t from 'tap'
import type { Cluster } from '../../src/core/cluster.ts'
import { evaluate } from '../../src/core/evaluate.ts'
import type { Operation, Phase, Subject } from '../../src/core/subject.ts'
import { withDefaults } from '../../src/inventory/defaults.ts'
import autoshardingLabels from '../../src/policies/autosharding-labels.ts'
import { context, defaultRules, enforced } from '../helpers/rules.ts'
import { creations, type Manifest, MUTATE_POD, MUTATE_SET, updates, VALIDATE } from './conditions.ts'

const RULES = [...defaultRules(), enforced(autoshardingLabels, { onChange: 'restart' })]
/** A version that refuses everything that some version refuses. */
const STRICTEST: Cluster = { version: { major: 1, minor: 31 } }
const PHASES: readonly Phase[] = ['mutate', 'validate']

/** The entries whose call would have led to something. */
function needed(operation: Operation, object: Manifest, oldObject: Partial<Manifest> = {}): string[] {
  const { apiVersion, kind, metadata } = object
  const [namespace, name] = [String(metadata.namespace), String(metadata.name)]
  const group = apiVersion === 'v1' ? '' : 'apps'
  return PHASES.filter((phase) => {
    const objects = { object: withDefaults(object), oldObject: withDefaults(oldObject) }
    const subject: Subject = { phases: [phase], operation, group, kind, namespace, name, ...objects }
    // What an object is has been evaluated when its spec was written; only a change of the spec is news.
    if (phase === 'validate' && JSON.stringify(object.spec) === JSON.stringify(oldObject.spec)) return false
    return evaluate(subject, RULES, context({ cluster: STRICTEST })).verdicts.length > 0
  }).map((phase) => (phase === 'validate' ? VALIDATE : kind === 'Pod' ? MUTATE_POD : MUTATE_SET))
}

t.test('a new object', async (t) => {
  let findings = 0
  for (const [what, object, expected] of creations()) {
    const entries = needed('CREATE', object)
    findings += entries.length
    for (const entry of entries) t.ok(expected.includes(entry), `${object.kind}, ${what}: ${entry}`)
  }
  t.ok(findings > 20, `${findings} findings`)
})

t.test('a change', async (t) => {
  let findings = 0
  for (const [what, before, after, expected] of updates()) {
    const entries = needed('UPDATE', after, before)
    findings += entries.length
    for (const entry of entries) t.ok(expected.includes(entry), `${before.kind}, ${what}: ${entry}`)
  }
  t.ok(findings > 10, `${findings} findings`)
})
