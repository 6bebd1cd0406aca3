import type { X509Certificate } from 'node:crypto'
import { nameOfObject, specOf } from '../../core/objects/metadata.ts'
import { listOf, objectOf, own, textOf } from '../../core/values/json.ts'
import { quote } from '../../core/values/text.ts'
import { pageAt } from '../../documentation.ts'
import { type Evidence, knownValue, notRead } from '../evidence.ts'
import type { DoctorCheck, DoctorFinding } from '../finding.ts'
import { caBundleOf } from '../installed-entry.ts'
import { seriesOf } from '../metrics-text.ts'
import { certificatesInPem, dayOfTime, isInDate, notAfterOf } from '../served.ts'
import { INJECT_ANNOTATION } from './ca-bundle.ts'

const DAY = 24 * 60 * 60 * 1000
/** As the alert of docs/metrics.md: cert-manager renews ten days before the end. */
const SOON = 7 * DAY
const CA_SOON = 30 * DAY

const NOT_AFTER = 'holdfast_certificate_not_after_seconds'

/** Whether certificates are valid, and whoever renews them is well. */
export function checkCertificates(evidence: Evidence): DoctorCheck {
  const { served, certManager } = evidence
  const times = loadedUntil(evidence)
  const found = knownValue(served)
  const [leaf] = (found && certificatesInPem(found.pem)) ?? []
  const until = leaf === undefined ? times : [...times, notAfterOf(leaf)]
  const findings = [
    ...ofLeaf(leaf, found?.source ?? '', evidence),
    ...(leaf === undefined ? ofTimes(times, evidence) : notLoaded(leaf, times, evidence)),
    // Either of the two says when the certificate ends.
    ...(until.length === 0
      ? notRead('the end of the serving certificate', 'get on pods/proxy or on the Secret', served)
      : []),
    ...ofRoots(evidence),
    ...(isOfCertManager(evidence)
      ? [
          ...notRead(
            'Certificates and Issuers',
            'list on certificates.cert-manager.io and issuers.cert-manager.io',
            certManager
          ),
          ...ofCertManager(evidence)
        ]
      : [])
  ]
  const end = until.length === 0 ? 'not known' : dayOfTime(Math.min(...until))
  return { id: 'certificates', summary: `the serving certificate is valid until ${end}`, findings }
}

function isOfCertManager({ configurations }: Evidence): boolean {
  return (knownValue(configurations)?.annotations ?? []).some((map) => own(map, INJECT_ANNOTATION) !== undefined)
}

/** What the replicas say of the certificate that they serve, in milliseconds since 1970. */
function loadedUntil({ counters }: Evidence): readonly number[] {
  return (knownValue(counters.after.replicas) ?? []).flatMap(({ metrics }) =>
    seriesOf(knownValue(metrics) ?? '', NOT_AFTER).map(({ value }) => value * 1000)
  )
}

function renewal(evidence: Evidence): string {
  const { namespace } = evidence
  return isOfCertManager(evidence)
    ? `find out why cert-manager does not renew it: "kubectl -n ${namespace} describe certificate holdfast-tls"`
    : `with cert-controller, run "kubectl -n ${namespace} logs deployment/holdfast-cert-controller"; with a certificate of your own, issue a new one with "holdfast certs" and replace the Secret holdfast-tls in ${namespace} (${pageAt('manifests/README.md')}#without-cert-manager)`
}

function ofLeaf(leaf: X509Certificate | undefined, source: string, evidence: Evidence): DoctorFinding[] {
  const { now } = evidence
  if (leaf === undefined) return []
  if (now < Date.parse(leaf.validFrom)) {
    const message = `the certificate in ${source} is not valid before ${leaf.validFrom}`
    return [{ code: 'CERTIFICATE_EXPIRED', message, fix: renewal(evidence) }]
  }
  return ofEnd(notAfterOf(leaf), `the certificate in ${source}`, evidence)
}

function ofTimes(times: readonly number[], evidence: Evidence): DoctorFinding[] {
  return times.length === 0 ? [] : ofEnd(Math.min(...times), 'the certificate that a replica serves', evidence)
}

function ofEnd(end: number, what: string, evidence: Evidence): DoctorFinding[] {
  const left = end - evidence.now
  if (left > SOON) return []
  const day = dayOfTime(end)
  if (left > 0) return [{ code: 'CERTIFICATE_EXPIRES', message: `${what} expires on ${day}`, fix: renewal(evidence) }]
  const message = `${what} expired on ${day}, so that the API server trusts no answer`
  return [{ code: 'CERTIFICATE_EXPIRED', message, fix: renewal(evidence) }]
}

/** Longer than kubelet takes to write a changed Secret into its Pods is not known here: it is a warning. */
function notLoaded(
  leaf: X509Certificate,
  times: readonly number[],
  { namespace, deployments }: Evidence
): DoctorFinding[] {
  const stale = times.find((time) => Math.abs(time - notAfterOf(leaf)) > 1000)
  if (stale === undefined) return []
  const [deployment] = knownValue(deployments) ?? []
  const name = deployment === undefined ? 'holdfast' : nameOfObject(deployment)
  return [
    {
      code: 'CERTIFICATE_NOT_LOADED',
      message: `a replica serves a certificate until ${dayOfTime(stale)}, and the one in the Secret is valid until ${dayOfTime(notAfterOf(leaf))}: a changed Secret arrives within two minutes`,
      fix: `if it stays so, run "kubectl -n ${namespace} logs deployment/${name}", then "kubectl -n ${namespace} rollout restart deployment/${name}"`
    }
  ]
}

/** The CAs of caBundle: one that is valid is enough. */
function ofRoots(evidence: Evidence): DoctorFinding[] {
  const { configurations, now } = evidence
  const bundles = new Set((knownValue(configurations)?.entries ?? []).map(caBundleOf).filter((bundle) => bundle !== ''))
  return [...bundles].flatMap((bundle): DoctorFinding[] => {
    const roots = certificatesInPem(Buffer.from(bundle, 'base64').toString('latin1')) ?? []
    if (roots.length === 0) return []
    const last = Math.max(...roots.map(notAfterOf))
    const fix = isOfCertManager(evidence)
      ? `run "kubectl -n ${evidence.namespace} describe certificate holdfast-ca"`
      : `with cert-controller, run "kubectl -n ${evidence.namespace} logs deployment/holdfast-cert-controller"; with a certificate of your own, generate a new CA with "holdfast certs" (${pageAt('manifests/README.md')}#without-cert-manager)`
    if (!roots.some((root) => isInDate(root, now))) {
      const message = `each CA in caBundle has expired, the last one on ${dayOfTime(last)}`
      return [{ code: 'CA_EXPIRED', message, fix }]
    }
    if (last - now > CA_SOON || isServedLonger(last, evidence)) return []
    return [{ code: 'CA_EXPIRES', message: `the last CA in caBundle expires on ${dayOfTime(last)}`, fix }]
  })
}

/** A CA that ends with the certificate that it signed, such as one of cert-controller, needs no second warning. */
function isServedLonger(caEnd: number, evidence: Evidence): boolean {
  const found = knownValue(evidence.served)
  const [leaf] = (found && certificatesInPem(found.pem)) ?? []
  const ends = leaf === undefined ? loadedUntil(evidence) : [notAfterOf(leaf)]
  return ends.some((end) => end >= caEnd - DAY && end <= caEnd)
}

function ofCertManager({ certManager, namespace }: Evidence): DoctorFinding[] {
  const found = knownValue(certManager)
  if (found === undefined) return []
  if (found.certificates === undefined) {
    return [
      {
        code: 'CERT_MANAGER_MISSING',
        message: `the webhook configurations ask cert-manager for their CA (${INJECT_ANNOTATION}), and the cluster has no cert-manager`,
        fix: `install cert-manager, or get the certificate in another way (${pageAt('docs/certificates.md')})`
      }
    ]
  }
  return [...found.certificates, ...(found.issuers ?? [])].flatMap((object): DoctorFinding[] => {
    const ready = listOf(objectOf(object.status).conditions)
      .map(objectOf)
      .find(({ type }) => type === 'Ready')
    if (ready?.status === 'True') return []
    const kind = textOf(specOf(object).secretName) === undefined ? 'issuer' : 'certificate'
    const why = ready === undefined ? 'it has no condition Ready yet' : quote(ready.message ?? ready.reason ?? '')
    return [
      {
        code: 'CERT_MANAGER_NOT_READY',
        message: `the ${kind} ${nameOfObject(object)} of cert-manager is not ready: ${why}`,
        fix: `run "kubectl -n ${namespace} describe ${kind} ${nameOfObject(object)}" and "kubectl -n cert-manager get pods"`
      }
    ]
  })
}
