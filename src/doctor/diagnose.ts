import { checkCaBundle } from './checks/ca-bundle.ts'
import { checkCertificates } from './checks/certificates.ts'
import { checkEntries } from './checks/entries.ts'
import { checkFailOpen } from './checks/fail-open.ts'
import { checkInstalled } from './checks/installed.ts'
import { checkNamespaces } from './checks/namespaces.ts'
import { checkOtherInstallations } from './checks/other-installations.ts'
import { checkReachable } from './checks/reachable.ts'
import { checkVersions } from './checks/versions.ts'
import type { Evidence } from './evidence.ts'
import type { DoctorCheck } from './finding.ts'

/** In the order in which a reader looks: what is there, whether it works, and what is odd about it. */
const CHECKS: readonly ((evidence: Evidence) => DoctorCheck)[] = [
  checkInstalled,
  checkReachable,
  checkCaBundle,
  checkEntries,
  checkCertificates,
  checkVersions,
  checkNamespaces,
  checkFailOpen,
  checkOtherInstallations
]

export function diagnose(evidence: Evidence): readonly DoctorCheck[] {
  return CHECKS.map((check) => check(evidence))
}
