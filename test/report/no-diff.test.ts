import t from 'tap'
import type { Path } from '../../src/core/values/path.ts'
import type { FindingVerdict, Verdict } from '../../src/core/verdict.ts'
import { whyNoDiff } from '../../src/report/no-diff.ts'

const fix = { edits: [], does: 'adds it' }

function verdict(parts: Partial<FindingVerdict>, isRepair = true): Verdict {
  const finding = { field: ['spec'], problem: 'it is so', remediation: 'set it', ...(isRepair && { fix }) }
  return { policy: 'p', mode: 'enforce', outcome: 'patched', enforced: 'patched', finding, ...parts }
}

const TEMPLATE: Path = ['spec', 'template']

const cases: readonly (readonly [name: string, verdict: Verdict, within: Path, why: RegExp | undefined])[] = [
  ['a repair of the object', verdict({}), [], undefined],
  ['a repair of its Pods', verdict({}), TEMPLATE, /^the Pod is not in the file/],
  ['warn', verdict({ outcome: 'warned', mode: 'warn' }), [], /^the mode is warn/],
  ['audit', verdict({ outcome: 'audited', mode: 'audit' }), TEMPLATE, /^the mode is audit/],
  ['an exemption', verdict({ outcome: 'skipped' }), [], /^the object is exempted$/],
  ['a repair of what is refused', verdict({ outcome: 'warned' }), [], /^the object is refused/],
  ['a refusal', verdict({ outcome: 'denied', enforced: 'denied' }, false), [], /^this has no automatic repair$/],
  ['advice', verdict({ outcome: 'warned', enforced: 'warned' }), [], /^this has no automatic repair$/],
  ['a crash', { policy: 'p', mode: 'enforce', outcome: 'crashed', error: new Error('boom') }, [], undefined]
]

t.test('why --fix changes nothing', async (t) => {
  for (const [name, made, within, why] of cases) {
    const words = whyNoDiff(made, within)
    if (why === undefined) t.equal(words, undefined, name)
    else t.match(words, why, name)
  }
})
