import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto'
import { HoldfastError, messageOf } from '../errors.ts'

/**
 * The first certificate of a PEM text.
 *
 * @param name what to call the text in an error: its file
 * @throws HoldfastError CERTIFICATE_INVALID
 */
export function certificateIn(pem: Buffer, name: string): X509Certificate {
  const text = pem.toString('latin1')
  if (!text.includes('-----BEGIN CERTIFICATE-----') && !text.includes('-----BEGIN TRUSTED CERTIFICATE-----')) {
    const what = isKey(text) ? 'holds a private key and no certificate' : 'holds no certificate in PEM'
    throw invalid(name, text === '' ? 'is empty' : what)
  }
  return attempt(name, () => new X509Certificate(pem))
}

/** @throws HoldfastError CERTIFICATE_INVALID */
export function privateKeyIn(pem: Buffer, name: string): KeyObject {
  const text = pem.toString('latin1')
  if (!isKey(text)) {
    const what = text.includes('-----BEGIN CERTIFICATE-----')
      ? 'holds a certificate and no private key'
      : 'holds no private key in PEM'
    throw invalid(name, text === '' ? 'is empty' : what)
  }
  if (/-----BEGIN ENCRYPTED|^Proc-Type: 4,ENCRYPTED/m.test(text)) {
    throw invalid(name, 'is encrypted with a passphrase; openssl pkey removes it')
  }
  return attempt(name, () => createPrivateKey(pem))
}

function isKey(text: string): boolean {
  return /-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(text)
}

function attempt<Result>(name: string, parse: () => Result): Result {
  try {
    return parse()
  } catch (error) {
    throw invalid(name, `is damaged (${messageOf(error)})`, error)
  }
}

function invalid(name: string, what: string, cause?: unknown): HoldfastError {
  return new HoldfastError('CERTIFICATE_INVALID', `${name} ${what}`, { cause })
}
