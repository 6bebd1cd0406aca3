import type { Mode } from './mode.ts'
import type { Finding } from './policy.ts'

/** What a finding came to. `skipped` was exempted by annotation or exemption; `crashed` is a policy that threw. */
export const OUTCOMES = ['denied', 'patched', 'warned', 'audited', 'skipped', 'crashed'] as const

export type Outcome = (typeof OUTCOMES)[number]

/** One finding and what came of it. */
export type Verdict = FindingVerdict | CrashVerdict

/** What enforcing may come to. */
export type Enforced = 'denied' | 'patched' | 'warned'

export interface FindingVerdict {
  readonly policy: string
  /** The mode after all ceilings. */
  readonly mode: Mode
  readonly outcome: Exclude<Outcome, 'crashed'>
  /** What `enforce` would have made of it: the same as `outcome` where the mode is enforce. */
  readonly enforced: Enforced
  /** The old object had the same fault, so that the update is not refused for it. */
  readonly preExisting?: boolean
  readonly finding: Finding
}

export interface CrashVerdict {
  readonly policy: string
  readonly mode: Mode
  readonly outcome: 'crashed'
  readonly error: unknown
}

/** Refuse, repair or warn: advice and information never refuse, a fix repairs, and everything else is refused. */
export function enforcedOutcome({ advice, info, fix }: Finding): Enforced {
  if (advice || info) return 'warned'
  return fix === undefined ? 'denied' : 'patched'
}

const OUTCOME_IN: Readonly<Record<Mode, (enforced: Enforced) => FindingVerdict['outcome']>> = {
  enforce: (enforced) => enforced,
  warn: () => 'warned',
  audit: () => 'audited',
  off: () => 'skipped'
}

/** @param mode after all ceilings, and after what lowers it for this finding alone */
export function outcomeIn(mode: Mode, enforced: Enforced, isSkipped: boolean): FindingVerdict['outcome'] {
  return isSkipped ? 'skipped' : OUTCOME_IN[mode](enforced)
}
