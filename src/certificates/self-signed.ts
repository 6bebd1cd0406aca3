import { access, readFile } from 'node:fs/promises'
import { type KeyPair, keyPairOf } from './key-pair.ts'
import { type IssuedFiles, issuedFilesIn, writeIssued } from './tls-files.ts'

/** A certificate that Holdfast made for itself. */
export interface SelfSigned {
  readonly keyPair: KeyPair
  /** What a client has to trust; undefined where the directory could not be written to. */
  readonly caFile: string | undefined
}

const HOSTS = ['localhost', '127.0.0.1', '::1']
const DAYS = 30
const RENEW_BEFORE = 24 * 60 * 60 * 1000

/**
 * The certificate for trying Holdfast out: made once, and kept in a directory so that a client that trusts it goes on
 * doing so. Where nothing can be written (a read-only image), it lives in memory only.
 */
export async function selfSignedCertificate(directory: string, now: Date): Promise<SelfSigned> {
  const files = issuedFilesIn(directory)
  const kept = await keptPair(files)
  if (kept !== undefined && kept.notAfter.getTime() - now.getTime() > RENEW_BEFORE)
    return { keyPair: kept, caFile: files.ca }

  // The issuing library takes 200 ms to load, which a server with a certificate never pays.
  const { issueCertificates } = await import('./issue.ts')
  const issued = await issueCertificates(HOSTS, DAYS, now)
  const keyPair = keyPairOf(Buffer.from(issued.certificate), Buffer.from(issued.privateKey))
  try {
    await writeIssued(directory, issued)
    return { keyPair, caFile: files.ca }
  } catch {
    return { keyPair, caFile: undefined }
  }
}

/** The pair of an earlier run; undefined where there is none that could be used. */
async function keptPair(files: IssuedFiles): Promise<KeyPair | undefined> {
  try {
    await access(files.ca)
    return keyPairOf(await readFile(files.certificate), await readFile(files.key))
  } catch {
    return undefined
  }
}
