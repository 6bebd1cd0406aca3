/** What `holdfast doctor` can say. A code has one level, and docs/doctor.md a row for each. */

/**
 * `error`: something that Holdfast is for does not happen. `warning`: it happens, and not as it should, or not for long.
 * `unknown`: what would tell could not be read. `note`: for the reader only.
 */
export const DOCTOR_LEVELS = ['error', 'warning', 'unknown', 'note'] as const

export type DoctorLevel = (typeof DOCTOR_LEVELS)[number]

export const DOCTOR_CODES = {
  NOT_INSTALLED: 'error',
  CONFIGURATION_MISSING: 'error',
  SERVICE_MISSING: 'error',
  SERVICE_PORT_MISSING: 'error',
  DEPLOYMENT_MISSING: 'error',
  NO_REPLICA_READY: 'error',
  REPLICAS_NOT_READY: 'warning',
  NO_ENDPOINTS: 'error',
  DISRUPTION_BUDGET_MISSING: 'warning',
  NOT_CALLED: 'error',
  SOME_NOT_CALLED: 'error',
  NOT_APPLIED: 'warning',
  NOTHING_SELECTED: 'warning',
  DRY_RUN_REFUSED: 'unknown',
  NOT_PROVEN: 'unknown',
  CA_BUNDLE_EMPTY: 'error',
  CA_BUNDLE_INVALID: 'error',
  CA_BUNDLE_WRONG: 'error',
  CA_BUNDLES_DIFFER: 'warning',
  CERTIFICATE_NAME_WRONG: 'error',
  ENTRY_MISSING: 'error',
  ENTRY_UNKNOWN: 'warning',
  RULES_CHANGED: 'error',
  CONDITIONS_CHANGED: 'error',
  SELECTOR_CHANGED: 'warning',
  PATH_CHANGED: 'error',
  ENDPOINT_CHANGED: 'warning',
  FAILURE_POLICY_FAIL: 'warning',
  ENTRY_CHANGED: 'warning',
  CERTIFICATE_EXPIRED: 'error',
  CERTIFICATE_EXPIRES: 'warning',
  CA_EXPIRED: 'error',
  CA_EXPIRES: 'warning',
  CERTIFICATE_NOT_LOADED: 'warning',
  CERT_MANAGER_MISSING: 'error',
  CERT_MANAGER_NOT_READY: 'error',
  CA_NOT_INJECTED: 'error',
  REPLICAS_DIFFER: 'warning',
  VERSION_DIFFERS: 'warning',
  LABEL_VALUE_UNKNOWN: 'warning',
  LABEL_KEY_UNKNOWN: 'warning',
  LABEL_WITHOUT_EFFECT: 'warning',
  FAIL_OPEN_NOW: 'error',
  FAIL_OPEN_BEFORE: 'note',
  OTHER_INSTALLATION: 'warning',
  NOT_READ: 'unknown'
} as const satisfies Record<string, DoctorLevel>

export type DoctorCode = keyof typeof DOCTOR_CODES

export interface DoctorFinding {
  readonly code: DoctorCode
  /** What is wrong, without its last full stop. */
  readonly message: string
  /** What to do, with its command; a sentence without a full stop. Empty for a note, which asks for nothing. */
  readonly fix: string
}

export type CheckState = 'ok' | 'error' | 'warning' | 'unknown'

/** What came of one check. */
export interface DoctorCheck {
  readonly id: string
  /** What was seen where all is well, in a few words. */
  readonly summary: string
  readonly findings: readonly DoctorFinding[]
}

/** Everything that `doctor` has to say of an installation. */
export interface DoctorReport {
  /** Of this program. */
  readonly version: string
  /** ISO 8601, UTC. */
  readonly createdAt: string
  /** In words. */
  readonly cluster: string
  readonly namespace: string
  readonly mode: string
  readonly checks: readonly DoctorCheck[]
}

export function levelOf({ code }: DoctorFinding): DoctorLevel {
  return DOCTOR_CODES[code]
}

/** The worst of its findings; a note is none. */
export function stateOf({ findings }: DoctorCheck): CheckState {
  const levels = findings.map(levelOf)
  return (['error', 'warning', 'unknown'] as const).find((level) => levels.includes(level)) ?? 'ok'
}

/** How many findings there are of each level. */
export function findingCounts({ checks }: DoctorReport): Readonly<Record<DoctorLevel, number>> {
  const levels = checks.flatMap(({ findings }) => findings.map(levelOf))
  const number = (wanted: DoctorLevel): number => levels.filter((level) => level === wanted).length
  return { error: number('error'), warning: number('warning'), unknown: number('unknown'), note: number('note') }
}

/** The check without which nothing is known: whether the API server calls Holdfast. */
export const CENTRAL_CHECK = 'reachable'
