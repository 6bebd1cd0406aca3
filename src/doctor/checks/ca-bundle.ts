import type { X509Certificate } from 'node:crypto'
import { own, textOf } from '../../core/values/json.ts'
import { count } from '../../core/values/text.ts'
import { pageAt } from '../../documentation.ts'
import { isAnswered } from '../arrivals.ts'
import { type Configurations, type Evidence, knownValue, notRead } from '../evidence.ts'
import type { DoctorCheck, DoctorFinding } from '../finding.ts'
import { caBundleOf, type InstalledEntry, serviceOf } from '../installed-entry.ts'
import { certificatesInPem, isVerifiedBy } from '../served.ts'

export const INJECT_ANNOTATION = 'cert-manager.io/inject-ca-from'

/** Whether the API server trusts what the replicas serve, for each entry. */
export function checkCaBundle(evidence: Evidence): DoctorCheck {
  const { configurations, served, namespace } = evidence
  const id = 'ca-bundle'
  if (!('value' in configurations)) {
    return {
      id,
      summary: '',
      findings: notRead('caBundle', 'get and list on the webhook configurations', configurations)
    }
  }
  const { entries } = configurations.value
  const bundles = Map.groupBy(entries, caBundleOf)
  const proven = new Set(provenEntries(evidence).map(caBundleOf))
  const unproven = [...bundles].filter(([bundle]) => bundle !== '' && !proven.has(bundle))
  const findings = [
    ...(bundles.has('') ? [empty(bundles.get('') as InstalledEntry[], configurations.value, namespace)] : []),
    ...unproven.flatMap(([bundle, of]) => ofBundle(bundle, of, evidence)),
    ...differ(bundles, namespace),
    ...ofName(evidence, entries),
    // A call that was answered proves more than any file.
    ...(unproven.length === 0
      ? []
      : notRead('the serving certificate', 'get on the Secret of the certificate, or run in the cluster', served))
  ]
  const how = proven.size > 0 ? 'a call was answered' : `compared with ${knownValue(served)?.source ?? 'nothing'}`
  return { id, summary: `${count(bundles.size, 'bundle')} for ${entries.length} entries, ${how}`, findings }
}

/** Entries through which an answer came: their caBundle verifies what is served. */
function provenEntries({ configurations, dryRuns }: Evidence): readonly InstalledEntry[] {
  const answered = dryRuns.filter(isAnswered).map(({ entry }) => entry)
  return (knownValue(configurations)?.entries ?? []).filter(({ name }) => answered.includes(name))
}

function empty(of: readonly InstalledEntry[], { annotations }: Configurations, namespace: string): DoctorFinding {
  const isInjected = annotations.some((map) => own(map, INJECT_ANNOTATION) !== undefined)
  const words = of.length === 1 ? (of[0]?.name ?? '') : `${of.length} entries`
  return {
    code: isInjected ? 'CA_NOT_INJECTED' : 'CA_BUNDLE_EMPTY',
    message: isInjected
      ? `caBundle is empty in ${words}, and cert-manager's cainjector is to fill it in: until then every request goes through unevaluated`
      : `caBundle is empty in ${words}, so that the API server does not trust Holdfast and every request goes through unevaluated`,
    fix: isInjected
      ? `run "kubectl -n ${namespace} get certificate,secret" and "kubectl -n cert-manager logs deployment/cert-manager-cainjector"`
      : `fill it in with the CA of the serving certificate (${pageAt('manifests/README.md')}#without-cert-manager)`
  }
}

function ofBundle(
  bundle: string,
  of: readonly InstalledEntry[],
  { served, now, namespace }: Evidence
): DoctorFinding[] {
  const words = of.length === 1 ? (of[0]?.name ?? '') : `${of.length} entries`
  const roots = certificatesInPem(Buffer.from(bundle, 'base64').toString('latin1'))
  if (roots === undefined || roots.length === 0) {
    const message = `caBundle of ${words} holds no certificate in PEM`
    return [{ code: 'CA_BUNDLE_INVALID', message, fix: caBundleFix(namespace) }]
  }
  const found = knownValue(served)
  const chain = found && certificatesInPem(found.pem)
  if (found === undefined || chain === undefined || chain.length === 0) return []
  // What has expired is a finding of its own, and no reason to doubt the CA.
  if (isVerifiedBy(chain, roots, now) || isVerifiedBy(chain, roots, middleOf(chain))) return []
  return [
    {
      code: 'CA_BUNDLE_WRONG',
      message: `caBundle of ${words} does not verify the certificate in ${found.source}, so that the API server trusts no answer: ${whoseIs(roots, chain)}`,
      fix: caBundleFix(namespace)
    }
  ]
}

function middleOf([leaf]: readonly X509Certificate[]): number {
  return leaf === undefined ? 0 : (Date.parse(leaf.validFrom) + Date.parse(leaf.validTo)) / 2
}

function subjectsOf(roots: readonly X509Certificate[]): string {
  return [...new Set(roots.map(({ subject }) => nameIn(subject)))].join(', ')
}

/** Two CAs of one name are what an installation that was made twice leaves. */
function whoseIs(roots: readonly X509Certificate[], [leaf]: readonly X509Certificate[]): string {
  const [theirs, issuer] = [subjectsOf(roots), nameIn(leaf?.issuer)]
  if (theirs === issuer) return `both CAs are called "${issuer}", and have different keys`
  return `its CA is "${theirs}", and the certificate was issued by "${issuer}"`
}

/** `CN=a` of the lines of a distinguished name. */
function nameIn(distinguished = ''): string {
  return /^CN=(.*)$/m.exec(distinguished)?.[1] ?? distinguished.replaceAll('\n', ', ')
}

/** The commands of docs/certificates.md that fill in the CA of the Secret. */
export function caBundleFix(namespace: string): string {
  return `replace it with ca.crt of the Secret holdfast-tls in ${namespace}; ${pageAt('docs/certificates.md')}#replace-the-ca has the commands`
}

/** Two bundles on purpose are rare: most are an entry that was applied by itself. */
function differ(bundles: ReadonlyMap<string, readonly InstalledEntry[]>, namespace: string): DoctorFinding[] {
  const filled = [...bundles].filter(([bundle]) => bundle !== '')
  if (filled.length < 2) return []
  const smallest = filled.toSorted(([, one], [, other]) => one.length - other.length)[0]?.[1] ?? []
  const message = `entries have ${filled.length} different caBundles; the one of ${smallest.map(({ name }) => name).join(', ')} differs from the others`
  return [{ code: 'CA_BUNDLES_DIFFER', message, fix: caBundleFix(namespace) }]
}

/** The API server verifies the name of the Service, and the names in subjectAltName only. */
function ofName({ served, namespace }: Evidence, entries: readonly InstalledEntry[]): DoctorFinding[] {
  const found = knownValue(served)
  const [leaf] = (found && certificatesInPem(found.pem)) ?? []
  if (found === undefined || leaf === undefined) return []
  const names = new Set(entries.flatMap((entry) => nameOfService(entry)))
  return [...names]
    .filter((name) => leaf.checkHost(name, { subject: 'never' }) === undefined)
    .map((name) => ({
      code: 'CERTIFICATE_NAME_WRONG' as const,
      message: `the certificate in ${found.source} is not for ${name}, which is the name that the API server verifies: it has ${leaf.subjectAltName ?? 'no names'}`,
      fix: `issue it for ${name}: "holdfast certs DIR --hosts ${name}", or dnsNames of the Certificate holdfast-tls in ${namespace}`
    }))
}

function nameOfService(entry: InstalledEntry): string[] {
  const { name, namespace } = serviceOf(entry)
  return textOf(name) === undefined ? [] : [`${String(name)}.${String(namespace)}.svc`]
}
