import { X509Certificate } from 'node:crypto'
import { isIP } from 'node:net'
import type { IssuedCertificates } from './issue.ts'
import { type KeyPair, keyPairOf } from './key-pair.ts'
import { type Kept, renewalOf } from './rotation.ts'
import { pemsIn } from './trust-bundle.ts'

/** The keys of the Secret, by what they hold. Serving Pods mount the first two, and nothing else. */
export const SECRET_KEYS = {
  certificate: 'tls.crt',
  privateKey: 'tls.key',
  ca: 'ca.crt',
  nextCertificate: 'next-tls.crt',
  nextPrivateKey: 'next-tls.key',
  nextCa: 'next-ca.crt',
  retiredCas: 'retired-ca.crt'
} as const

/** Set on the Secret to any value, it asks for a new certificate with a new CA. */
export const ROTATE_ANNOTATION = 'holdfast.dev/rotate'

/** The values of the Secret, decoded. */
export type SecretTexts = Readonly<Record<string, string>>

/** What the Secret holds, with what else is known of the certificate that Pods serve. */
export interface ReadSecret extends Kept {
  readonly notAfter: Date | undefined
  readonly caNotAfter: Date | undefined
}

/**
 * @param hosts what a certificate has to be for
 * @param isRotationWanted whether the annotation is there
 */
export function readSecret(
  texts: SecretTexts,
  hosts: readonly string[],
  isRotationWanted: boolean,
  now: Date
): ReadSecret {
  const k = SECRET_KEYS
  const current = issuedIn(texts[k.certificate], texts[k.privateKey], texts[k.ca])
  const next = issuedIn(texts[k.nextCertificate], texts[k.nextPrivateKey], texts[k.nextCa])
  return {
    current: current && {
      ca: current.ca,
      renewAt: renewalOf(current.pair),
      isForHosts: isFor(current.leaf, hosts)
    },
    // One for other hosts, or from long ago, is left over from a rotation that did not come to its end.
    next: next && isFor(next.leaf, hosts) && now < renewalOf(next.pair) ? { ca: next.ca } : undefined,
    retired: pemsIn(texts[k.retiredCas] ?? ''),
    isRotationWanted,
    notAfter: current?.pair.notAfter,
    caNotAfter: current && new Date(new X509Certificate(current.ca).validTo)
  }
}

interface Issued {
  readonly ca: string
  readonly leaf: X509Certificate
  readonly pair: KeyPair
}

/** undefined where the three do not belong together: then they are no certificate that anything could rely on. */
function issuedIn(certificate = '', privateKey = '', ca = ''): Issued | undefined {
  const [pem, ...others] = pemsIn(ca)
  if (pem === undefined || others.length > 0) return undefined
  try {
    const pair = keyPairOf(Buffer.from(certificate), Buffer.from(privateKey))
    const [leaf, authority] = [new X509Certificate(certificate), new X509Certificate(pem)]
    return leaf.checkIssued(authority) && leaf.verify(authority.publicKey) ? { ca: pem, leaf, pair } : undefined
  } catch {
    return undefined
  }
}

function isFor(leaf: X509Certificate, hosts: readonly string[]): boolean {
  return hosts.every((host) => (isIP(host) === 0 ? leaf.checkHost(host) : leaf.checkIP(host)) !== undefined)
}

/** Whether the three belong together, and every host would be found in the certificate when the Secret is read. */
export function isIssuedFor({ certificate, privateKey, ca }: IssuedCertificates, hosts: readonly string[]): boolean {
  const issued = issuedIn(certificate, privateKey, ca)
  return issued !== undefined && isFor(issued.leaf, hosts)
}

/** With a new certificate in the place of the current one, which nobody trusts. */
export function withCurrent(texts: SecretTexts, issued: IssuedCertificates): SecretTexts {
  const { certificate, privateKey, ca } = SECRET_KEYS
  return { ...texts, [certificate]: issued.certificate, [privateKey]: issued.privateKey, [ca]: issued.ca }
}

/** With a new certificate beside the current one. The CA of one that was never served is retired. */
export function withNext(texts: SecretTexts, issued: IssuedCertificates): SecretTexts {
  const { nextCertificate, nextPrivateKey, nextCa } = SECRET_KEYS
  return {
    ...withRetired(texts, texts[nextCa]),
    [nextCertificate]: issued.certificate,
    [nextPrivateKey]: issued.privateKey,
    [nextCa]: issued.ca
  }
}

/** With the next certificate as the current one, whose CA becomes a retired one. */
export function withNextAsCurrent(texts: SecretTexts): SecretTexts {
  const k = SECRET_KEYS
  const { [k.nextCertificate]: certificate, [k.nextPrivateKey]: privateKey, [k.nextCa]: ca, ...rest } = texts
  return {
    ...withRetired(rest, texts[k.ca]),
    [k.certificate]: certificate ?? '',
    [k.privateKey]: privateKey ?? '',
    [k.ca]: ca ?? ''
  }
}

function withRetired(texts: SecretTexts, ca = ''): SecretTexts {
  const { retiredCas } = SECRET_KEYS
  const retired = new Set(pemsIn(`${texts[retiredCas] ?? ''}\n${ca}`))
  return retired.size === 0 ? texts : { ...texts, [retiredCas]: [...retired].join('') }
}

export function withoutRetired(texts: SecretTexts): SecretTexts {
  const { [SECRET_KEYS.retiredCas]: _, ...rest } = texts
  return rest
}
