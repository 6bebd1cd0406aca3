import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type IssuedCertificates, issueCertificates } from '../../src/certificates/issue.ts'
import { type KeyPair, keyPairOf } from '../../src/certificates/key-pair.ts'

/** A certificate for localhost and 127.0.0.1, made for one test, and valid from five minutes before `now` on. */
export async function testCertificates(days = 1, now = new Date()): Promise<IssuedCertificates & { keyPair: KeyPair }> {
  const issued = await issueCertificates(['localhost', '127.0.0.1'], days, now)
  return { ...issued, keyPair: keyPairOf(Buffer.from(issued.certificate), Buffer.from(issued.privateKey)) }
}

export function temporaryDirectory(): string {
  return mkdtempSync(join(tmpdir(), 'holdfast-test-'))
}

/** Writes a pair as kubelet lays out a Secret, and answers with the two paths. */
export function writePair(directory: string, issued: IssuedCertificates): { certificate: string; privateKey: string } {
  const files = { certificate: join(directory, 'tls.crt'), privateKey: join(directory, 'tls.key') }
  writeFileSync(files.certificate, issued.certificate)
  writeFileSync(files.privateKey, issued.privateKey)
  return files
}
