import { X509Certificate } from 'node:crypto'

/** Certificates as the API server checks them: which CA verifies what is served. Computes, and reads nothing. */

const BLOCK = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g

/** All certificates of a PEM text; undefined where a block is none. */
export function certificatesInPem(pem: string): readonly X509Certificate[] | undefined {
  try {
    return [...pem.matchAll(BLOCK)].map(([block]) => new X509Certificate(block))
  } catch {
    return undefined
  }
}

/** Longer chains than any that a webhook is served with. */
const DEEPEST = 8

/**
 * Whether a client that trusts only `roots` accepts the first certificate of a chain, the rest of which it is sent. As
 * Go does it, a root may be the certificate itself, and a root that has expired verifies nothing.
 *
 * @param now milliseconds since 1970
 */
export function isVerifiedBy(
  chain: readonly X509Certificate[],
  roots: readonly X509Certificate[],
  now: number
): boolean {
  const [leaf, ...between] = chain
  return leaf !== undefined && leadsToRoot(leaf, between, roots, now, DEEPEST)
}

function leadsToRoot(
  certificate: X509Certificate,
  between: readonly X509Certificate[],
  roots: readonly X509Certificate[],
  now: number,
  depth: number
): boolean {
  const valid = roots.filter((root) => isInDate(root, now))
  if (valid.some((root) => root.fingerprint256 === certificate.fingerprint256 || isSignedBy(certificate, root)))
    return true
  if (depth === 0) return false
  return between.some(
    (issuer) =>
      isInDate(issuer, now) && isSignedBy(certificate, issuer) && leadsToRoot(issuer, between, roots, now, depth - 1)
  )
}

function isSignedBy(certificate: X509Certificate, issuer: X509Certificate): boolean {
  return issuer.ca && certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey)
}

export function isInDate(certificate: X509Certificate, now: number): boolean {
  return now >= Date.parse(certificate.validFrom) && now <= Date.parse(certificate.validTo)
}

/** Milliseconds since 1970. */
export function notAfterOf(certificate: X509Certificate): number {
  return Date.parse(certificate.validTo)
}

/** As dates are told to people: `2026-11-22`. */
export function dayOfTime(time: number): string {
  return new Date(time).toISOString().slice(0, 10)
}
