import { readFile } from 'node:fs/promises'
import { HoldfastError, messageOf } from '../errors.ts'
import { certificateIn, privateKeyIn } from './pem.ts'

/** A certificate (with its chain) and the key that belongs to it, both PEM. */
export interface KeyPair {
  readonly certificate: Buffer
  readonly privateKey: Buffer
  readonly notBefore: Date
  readonly notAfter: Date
  /** SHA-256 of the leaf, as `tls.TLSSocket.getPeerCertificate()` spells it. */
  readonly fingerprint: string
}

/**
 * @throws HoldfastError CERTIFICATE_UNREADABLE where a file cannot be read, CERTIFICATE_INVALID where the two are not
 * PEM or do not belong together
 */
export async function readKeyPair(certificateFile: string, privateKeyFile: string): Promise<KeyPair> {
  const [certificate, privateKey] = await Promise.all([readPem(certificateFile), readPem(privateKeyFile)])
  return keyPairOf(certificate, privateKey, { certificate: certificateFile, privateKey: privateKeyFile })
}

/** What an error calls the two where they come from no file. */
const NAMES = { certificate: 'The certificate', privateKey: 'The private key' }

/** @throws HoldfastError CERTIFICATE_INVALID */
export function keyPairOf(certificate: Buffer, privateKey: Buffer, names = NAMES): KeyPair {
  const leaf = certificateIn(certificate, names.certificate)
  if (!leaf.checkPrivateKey(privateKeyIn(privateKey, names.privateKey))) {
    const what = `${names.certificate} was issued for another private key than ${names.privateKey}`
    throw new HoldfastError('CERTIFICATE_INVALID', what)
  }
  const [notBefore, notAfter] = [new Date(leaf.validFrom), new Date(leaf.validTo)]
  return { certificate, privateKey, notBefore, notAfter, fingerprint: leaf.fingerprint256 }
}

/** Why no client accepts the certificate at this moment; undefined where its dates are no reason. */
export function outOfDate({ notBefore, notAfter }: KeyPair, now: Date): string | undefined {
  if (now > notAfter) return `it has expired: it was valid until ${secondOf(notAfter)}`
  if (now < notBefore) return `it is not valid before ${secondOf(notBefore)}`
  return undefined
}

/** Certificates know no smaller unit. */
function secondOf(date: Date): string {
  return date.toISOString().replace('.000Z', 'Z')
}

export function isSamePair(one: KeyPair, other: KeyPair): boolean {
  return one.certificate.equals(other.certificate) && one.privateKey.equals(other.privateKey)
}

/** @throws HoldfastError CERTIFICATE_UNREADABLE */
export async function readPem(file: string): Promise<Buffer> {
  try {
    return await readFile(file)
  } catch (error) {
    throw new HoldfastError('CERTIFICATE_UNREADABLE', `Cannot read ${file}: ${messageOf(error)}`, { cause: error })
  }
}
