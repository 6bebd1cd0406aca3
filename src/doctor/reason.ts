import { pageAt } from '../documentation.ts'
import { rejectedHandshakes } from './arrivals.ts'
import { caBundleFix, checkCaBundle } from './checks/ca-bundle.ts'
import { checkCertificates } from './checks/certificates.ts'
import { readyEndpoints } from './checks/installed.ts'
import { type DryRun, type Evidence, knownValue } from './evidence.ts'
import { levelOf } from './finding.ts'
import { timeoutOf } from './installed-entry.ts'

/** Why the API server gets no answer, and what to do. */
export interface Reason {
  /** A sentence without a full stop. */
  readonly reason: string
  readonly fix: string
}

/** The nearest cause that what was read shows, or the likely ones where it shows none. */
export function reasonFor(dryRun: DryRun, evidence: Evidence): Reason {
  return byEndpoints(evidence) ?? byTrust(dryRun, evidence) ?? byNetwork(dryRun, evidence)
}

function byEndpoints({ endpointSlices, namespace }: Evidence): Reason | undefined {
  const slices = knownValue(endpointSlices)
  if (slices === undefined || readyEndpoints(slices) > 0) return undefined
  return {
    reason: 'The Service has no ready endpoint',
    fix: `run "kubectl -n ${namespace} get deployments,pods" and see why no Pod is ready`
  }
}

function byTrust(dryRun: DryRun, evidence: Evidence): Reason | undefined {
  const [found] = [checkCertificates(evidence), checkCaBundle({ ...evidence, dryRuns: [] })]
    .flatMap(({ findings }) => findings)
    .filter((finding) => levelOf(finding) === 'error')
  if (found !== undefined) return { reason: `The reason: ${found.message}`, fix: found.fix }
  if (rejectedHandshakes(dryRun) === 0) return undefined
  return {
    reason:
      'The reason is TLS: replicas counted handshakes that the API server ended, so that caBundle does not verify what they serve',
    fix: caBundleFix(evidence.namespace)
  }
}

function byNetwork(dryRun: DryRun, { proxied, namespace, configurations }: Evidence): Reason {
  if (proxied !== undefined && 'value' in proxied) {
    return {
      reason:
        "The API server's own proxy reaches the Pods, so that the network is not the reason; TLS, or the address of the Service, is",
      fix: 'find the reason in the log of kube-apiserver, behind "Failed calling webhook, failing open"; compare caBundle with ca.crt of the Secret holdfast-tls'
    }
  }
  const said =
    proxied === undefined ? '' : `; through the proxy of the API server: ${proxied.unknown.replace(/[.\s]+$/, '')}`
  const entry = knownValue(configurations)?.entries.find(({ name }) => name === dryRun.entry)
  const timeout = (entry === undefined ? 10 : timeoutOf(entry)) * 1000
  // A call that is given up on takes the whole of timeoutSeconds; a refusal takes nothing.
  if (dryRun.answers.some(({ ms }) => ms >= 0.9 * timeout)) {
    return {
      reason: `The call took as long as timeoutSeconds, so that packets are dropped or the replicas hang${said}`,
      fix: `open port 10250 from the control plane to the nodes (${pageAt('docs/private-clusters.md')}), and run "kubectl -n ${namespace} get networkpolicies"`
    }
  }
  return {
    reason: `The call failed at once: likely is that no process listens, that caBundle does not verify the certificate, or that a firewall refuses${said}`,
    fix: `run "kubectl -n ${namespace} get pods,endpointslices" and look for "Failed calling webhook" in the log of kube-apiserver (${pageAt('docs/private-clusters.md')})`
  }
}
