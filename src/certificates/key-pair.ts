import { createPrivateKey, X509Certificate } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { HoldfastError, messageOf } from '../errors.ts'

/** A certificate (with its chain) and the key that belongs to it, both PEM. */
export interface KeyPair {
  readonly certificate: Buffer
  readonly privateKey: Buffer
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
  return keyPairOf(certificate, privateKey)
}

/** @throws HoldfastError CERTIFICATE_INVALID */
export function keyPairOf(certificate: Buffer, privateKey: Buffer): KeyPair {
  const leaf = attempt('the certificate', () => new X509Certificate(certificate))
  const key = attempt('the private key', () => createPrivateKey(privateKey))
  if (!leaf.checkPrivateKey(key)) {
    throw new HoldfastError('CERTIFICATE_INVALID', 'The certificate was issued for another private key')
  }
  return { certificate, privateKey, notAfter: new Date(leaf.validTo), fingerprint: leaf.fingerprint256 }
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

function attempt<Result>(what: string, parse: () => Result): Result {
  try {
    return parse()
  } catch (error) {
    throw new HoldfastError('CERTIFICATE_INVALID', `Cannot use ${what}: ${messageOf(error)}`, { cause: error })
  }
}
