/**
 * The `caBundle` of a webhook entry: PEM, in base64. Only whole certificates are added and removed; whatever else is there
 * stays byte for byte, because somebody put it there.
 */

const CERTIFICATE = /-----BEGIN CERTIFICATE-----([A-Za-z0-9+/=\s]+)-----END CERTIFICATE-----\n?/g

/** One certificate as PEM with lines of 64 characters and nothing beside it, so that equal certificates are equal texts. */
export function normalPem(base64: string): string {
  const lines = base64.replace(/\s/g, '').match(/.{1,64}/g) ?? []
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`
}

/** Every certificate of a PEM text. */
export function pemsIn(text: string): string[] {
  return [...text.matchAll(CERTIFICATE)].map(([, base64 = '']) => normalPem(base64))
}

/** @param caBundle as it is stored; undefined where an entry has none */
export function certificatesIn(caBundle: string | undefined): string[] {
  return pemsIn(decoded(caBundle))
}

/** With each of the certificates, those that were missing at its end. */
export function withCertificates(caBundle: string | undefined, pems: readonly string[]): string {
  const text = decoded(caBundle)
  const there = pemsIn(text)
  const missing = pems.filter((pem) => !there.includes(pem))
  if (missing.length === 0) return caBundle ?? ''
  const separator = text === '' || text.endsWith('\n') ? '' : '\n'
  return encoded(`${text}${separator}${missing.join('')}`)
}

/** Without any of the certificates. */
export function withoutCertificates(caBundle: string | undefined, pems: readonly string[]): string {
  const text = decoded(caBundle)
  const kept = text.replace(CERTIFICATE, (whole, base64: string) => (pems.includes(normalPem(base64)) ? '' : whole))
  return kept === text ? (caBundle ?? '') : encoded(kept)
}

function decoded(caBundle: string | undefined): string {
  return Buffer.from(caBundle ?? '', 'base64').toString('latin1')
}

function encoded(text: string): string {
  return Buffer.from(text, 'latin1').toString('base64')
}
