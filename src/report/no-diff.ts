import type { Path } from '../core/values/path.ts'
import type { Verdict } from '../core/verdict.ts'

/**
 * Why `--fix` leaves what a finding is about as it is: words without a full stop; undefined where it is changed, and where
 * a policy crashed.
 *
 * @param within where the Subject's object stands in the one of the file: empty, or the template of Pods
 */
export function whyNoDiff(verdict: Verdict, within: Path): string | undefined {
  if (verdict.outcome === 'crashed') return undefined
  const { outcome, enforced, mode, finding } = verdict
  if (finding.fix === undefined || enforced !== 'patched') return 'this has no automatic repair'
  if (outcome === 'skipped') return 'the object is exempted'
  // The repair was withheld.
  if (outcome !== 'patched' && mode === 'enforce') return 'the object is refused, and nothing of it is changed'
  if (outcome !== 'patched') return `the mode is ${mode}, and only enforce repairs`
  if (within.length === 0) return undefined
  return 'the Pod is not in the file; the webhook repairs it when its controller creates it'
}
