// Taking apart what Helm wrote: versions of Helm that are not at hand write warnings in another way.

import t from 'tap'
import { takenApart } from './helm.ts'

const CASES = [
  {
    name: 'a warning in quotation marks',
    stderr: 'I1121 05:07:54.026392   20556 warnings.go:107] "Warning: keeps \\"a\\" → \\"b\\""\n',
    expected: { warnings: ['keeps "a" → "b"'], error: '', rest: [] }
  },
  {
    name: 'one without, as older versions write it',
    stderr: 'W1121 05:07:54.026392   20556 warnings.go:70] keeps "a" → "b"\n',
    expected: { warnings: ['keeps "a" → "b"'], error: '', rest: [] }
  },
  {
    name: 'an error that Helm 4 logs before it prints it',
    stderr: 'level=WARN msg="upgrade failed" error="no"\nError: UPGRADE FAILED: no\n',
    expected: {
      warnings: [],
      error: 'Error: UPGRADE FAILED: no',
      rest: ['level=WARN msg="upgrade failed" error="no"']
    }
  },
  { name: 'nothing', stderr: '', expected: { warnings: [], error: '', rest: [] } }
]

for (const { name, stderr, expected } of CASES) {
  t.test(name, async (t) => t.strictSame(takenApart(stderr), expected))
}
