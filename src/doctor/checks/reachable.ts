import type { Mode } from '../../core/mode.ts'
import { count } from '../../core/values/text.ts'
import { arrivals, isFailedOpen } from '../arrivals.ts'
import { type DryRun, type Evidence, EXAMPLE_ROLES, knownValue, notRead } from '../evidence.ts'
import { CENTRAL_CHECK, type DoctorCheck, type DoctorFinding } from '../finding.ts'
import { isForNewPods } from '../installed-entry.ts'
import { isMarked, PROBED_POLICY } from '../probe-pod.ts'
import { reasonFor } from '../reason.ts'

/**
 * Whether the API server calls Holdfast. What proves it is what an answer leaves: a changed Pod, a warning, and where the
 * mode is audit, which leaves neither, a counter of the replicas or of the API server. With `failurePolicy: Ignore`, a
 * call that failed looks like a Pod that nobody has an opinion of.
 */
export function checkReachable(evidence: Evidence): DoctorCheck {
  const { configurations, dryRuns } = evidence
  const id = CENTRAL_CHECK
  if (!('value' in configurations)) {
    return {
      id,
      summary: '',
      findings: notRead('the webhook entries', 'get and list on the webhook configurations', configurations)
    }
  }
  const findings =
    dryRuns.length === 0 ? [nothingSelected(evidence)] : dryRuns.flatMap((dryRun) => ofDryRun(dryRun, evidence))
  return { id, summary: summaryOf(dryRuns, evidence), findings }
}

function summaryOf(dryRuns: readonly DryRun[], evidence: Evidence): string {
  const words = dryRuns.map((dryRun) => {
    const { answers, namespace, entry } = dryRun
    const mode = knownValue(evidence.modeIn(namespace, entry))
    const how = answers.every(isMarked)
      ? 'answered'
      : `counted ${Math.min(arrivals(dryRun) ?? 0, answers.length)} of ${answers.length}`
    return `${namespace} (${[mode, how].filter(Boolean).join(', ')})`
  })
  return `the API server calls Holdfast for new Pods: ${words.join(', ')}`
}

/** No namespace has what an entry asks for. */
function nothingSelected({ configurations, namespaces }: Evidence): DoctorFinding {
  const entries = knownValue(configurations)?.entries ?? []
  if (!entries.some(isForNewPods)) {
    const message = 'there is no webhook entry for new Pods that the API server could call'
    return { code: 'NOT_CALLED', message, fix: 'see the findings of the checks "installed" and "entries"' }
  }
  if (!('value' in namespaces)) {
    const message = 'which namespaces the entries are for is not known, so that no dry run could be made'
    return {
      code: 'NOT_PROVEN',
      message,
      fix: `grant list on Namespaces, as ${EXAMPLE_ROLES} does`
    }
  }
  return {
    code: 'NOTHING_SELECTED',
    message: 'no namespace is selected by an entry for Pods, so that nothing is checked or enforced anywhere',
    fix: 'run "kubectl label namespace NAMESPACE holdfast.dev/mode=warn", or apply the overlay cluster-wide'
  }
}

function ofDryRun(dryRun: DryRun, evidence: Evidence): DoctorFinding[] {
  const { answers, entry, namespace } = dryRun
  const asked = answers.length
  const marked = answers.filter(isMarked).length
  if (marked === asked) return []
  const refusal = answers.find(({ kind }) => kind === 'refused')
  if (refusal?.kind === 'refused') {
    const isOurs = refusal.message.includes(`webhook "${entry}"`)
    return [isOurs ? notCalled(dryRun, evidence, `: ${refusal.message}`) : refused(dryRun, refusal.message)]
  }
  if (isFailedOpen(dryRun)) return [notCalled(dryRun, evidence, ', and counted so itself')]
  const arrived = arrivals(dryRun)
  if (marked > 0 || (arrived !== undefined && arrived > 0 && arrived < asked)) {
    return [someNotCalled(dryRun, Math.max(marked, arrived ?? 0), evidence)]
  }
  const mode = knownValue(evidence.modeIn(dryRun.namespace, dryRun.entry))
  const isVisible = mode === 'enforce' || mode === 'warn'
  if (arrived !== undefined) {
    if (arrived === 0) return [notCalled(dryRun, evidence, ': no replica has counted a review')]
    return isVisible ? [notApplied(entry, namespace, mode)] : []
  }
  return [isVisible ? notCalled(dryRun, evidence, '') : notProven(dryRun, mode)]
}

function notCalled(dryRun: DryRun, evidence: Evidence, how: string): DoctorFinding {
  const { reason, fix } = reasonFor(dryRun, evidence)
  const { entry, namespace } = dryRun
  return {
    code: 'NOT_CALLED',
    message: `the API server gets no answer from Holdfast for a Pod in the namespace ${namespace} (${entry})${how}. ${reason}`,
    fix
  }
}

function someNotCalled(dryRun: DryRun, arrived: number, evidence: Evidence): DoctorFinding {
  const { reason, fix } = reasonFor(dryRun, evidence)
  return {
    code: 'SOME_NOT_CALLED',
    message: `only ${arrived} of ${count(dryRun.answers.length, 'dry run')} in the namespace ${dryRun.namespace} reached Holdfast: one replica, or one API server, differs from the others. ${reason}`,
    fix
  }
}

function refused({ namespace }: DryRun, message: string): DoctorFinding {
  return {
    code: 'DRY_RUN_REFUSED',
    message: `the dry run of a Pod in the namespace ${namespace} was refused, so that it does not tell whether Holdfast was called: ${message.replace(/[.\s]+$/, '')}`,
    fix: `grant create on Pods in a namespace that is selected (${EXAMPLE_ROLES}), or name the obstacle: a quota, a policy or another webhook`
  }
}

function notApplied(entry: string, namespace: string, mode: string | undefined): DoctorFinding {
  return {
    code: 'NOT_APPLIED',
    message: `Holdfast was called for a Pod in the namespace ${namespace} (${entry}) and said nothing, although its mode there is ${mode}`,
    fix: `look for the review of holdfast-doctor in the log of the Pods; an exemption for ${PROBED_POLICY} or an older configuration explains it`
  }
}

function notProven({ entry, namespace }: DryRun, mode: Mode | undefined): DoctorFinding {
  const why =
    mode === undefined ? 'what the configuration allows could not be read' : `in mode ${mode} an answer changes nothing`
  return {
    code: 'NOT_PROVEN',
    message: `a dry run of a Pod in the namespace ${namespace} (${entry}) came back as it was sent, which proves nothing: ${why}, and no counter could be read`,
    fix: `grant get on pods/proxy in the namespace of Holdfast, or on the nonResourceURL /metrics (${EXAMPLE_ROLES})`
  }
}
