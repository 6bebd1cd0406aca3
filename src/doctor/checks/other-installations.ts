import { type Evidence, knownValue, notRead } from '../evidence.ts'
import type { DoctorCheck, DoctorFinding } from '../finding.ts'

/** Whether something else also calls Holdfast: an older installation under another name, or a second one. */
export function checkOtherInstallations({ configurations }: Evidence): DoctorCheck {
  const id = 'other-installations'
  const others = 'value' in configurations ? configurations.value.others : configurations
  const findings = [
    ...notRead('other webhook configurations', 'list on the webhook configurations', others),
    ...(knownValue(others) ?? []).map(({ kind, name, isSameService }): DoctorFinding => {
      const what = isSameService
        ? 'calls the same Service, so that Holdfast evaluates objects twice, and by entries that nobody upgrades'
        : 'has entries of Holdfast that call another Service: a second installation evaluates the same objects'
      return {
        code: 'OTHER_INSTALLATION',
        message: `the ${kind} ${name} ${what}`,
        fix: `if it is left of an older installation, run "kubectl delete ${kind.toLowerCase()} ${name}"`
      }
    })
  ]
  return { id, summary: 'no other webhook configuration calls Holdfast', findings }
}
