import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { replaceFiles } from '../replace-file.ts'
import type { IssuedCertificates } from './issue.ts'
import { isSamePair, type KeyPair, readKeyPair, readPem } from './key-pair.ts'
import { certificateIn } from './pem.ts'

/** What a server needs to speak TLS, and whom it listens to. */
export interface TlsMaterial {
  readonly keyPair: KeyPair
  /** Authorities of client certificates, PEM; undefined where any client is answered. */
  readonly clientCa: Buffer | undefined
}

export interface TlsFiles {
  readonly certificate: string
  readonly privateKey: string
  readonly clientCa: string | undefined
}

/**
 * Reads all files, so that a server never runs with less protection than it was asked for.
 *
 * @throws HoldfastError CERTIFICATE_UNREADABLE or CERTIFICATE_INVALID
 */
export async function readTlsFiles(files: TlsFiles): Promise<TlsMaterial> {
  const keyPair = await readKeyPair(files.certificate, files.privateKey)
  if (files.clientCa === undefined) return { keyPair, clientCa: undefined }
  const clientCa = await readPem(files.clientCa)
  certificateIn(clientCa, files.clientCa)
  return { keyPair, clientCa }
}

export function isSameTls(one: TlsMaterial, other: TlsMaterial): boolean {
  const sameClients =
    one.clientCa === undefined ? other.clientCa === undefined : isSameBytes(one.clientCa, other.clientCa)
  return sameClients && isSamePair(one.keyPair, other.keyPair)
}

function isSameBytes(one: Buffer, other: Buffer | undefined): boolean {
  return other !== undefined && one.equals(other)
}

/** Where a CA and what it issued go in a directory. */
export interface IssuedFiles {
  readonly ca: string
  readonly certificate: string
  readonly key: string
}

export function issuedFilesIn(directory: string): IssuedFiles {
  return { ca: join(directory, 'ca.crt'), certificate: join(directory, 'tls.crt'), key: join(directory, 'tls.key') }
}

/** All three or none; the directory is made where it is missing. */
export async function writeIssued(
  directory: string,
  { ca, certificate, privateKey }: IssuedCertificates
): Promise<void> {
  const files = issuedFilesIn(directory)
  await mkdir(directory, { recursive: true })
  await replaceFiles([
    { file: files.key, text: privateKey, mode: 0o600 },
    { file: files.certificate, text: certificate },
    { file: files.ca, text: ca }
  ])
}
