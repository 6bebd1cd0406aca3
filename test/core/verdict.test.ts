import t from 'tap'
import { MODES } from '../../src/core/mode.ts'
import type { Finding } from '../../src/core/policy.ts'
import { enforcedOutcome, outcomeIn } from '../../src/core/verdict.ts'

const FINDING: Finding = { field: ['spec'], problem: 'is wrong', remediation: 'set it right' }
const FIX = { edits: [{ path: ['spec'], value: {} }], done: 'it was set right' }

t.test('what enforcing makes of a finding', async (t) => {
  const cases = [
    ['a fault', {}, 'denied'],
    ['a fault with a repair', { fix: FIX }, 'patched'],
    ['advice', { advice: true }, 'warned'],
    ['advice with a repair', { advice: true, fix: FIX }, 'warned'],
    ['information', { info: true }, 'warned']
  ] as const
  for (const [name, parts, expected] of cases) {
    t.equal(enforcedOutcome({ ...FINDING, ...parts } as Finding), expected, name)
  }
})

t.test('what a mode makes of that', async (t) => {
  const expected = {
    off: ['skipped', 'skipped', 'skipped'],
    audit: ['audited', 'audited', 'audited'],
    warn: ['warned', 'warned', 'warned'],
    enforce: ['denied', 'patched', 'warned']
  }
  for (const mode of MODES) {
    const outcomes = (['denied', 'patched', 'warned'] as const).map((enforced) => outcomeIn(mode, enforced, false))
    t.strictSame(outcomes, expected[mode], mode)
    t.equal(outcomeIn(mode, 'denied', true), 'skipped', `${mode}, exempted`)
  }
})
