import { outOfDate } from '../certificates/key-pair.ts'
import { isSameTls, readTlsFiles, type TlsFiles, type TlsMaterial } from '../certificates/tls-files.ts'
import { HoldfastError } from '../errors.ts'
import { follow } from '../follow.ts'

export interface CertificateReload {
  readonly files: TlsFiles
  now(): Date
  /** Puts new material to use. May throw: the old one then stays. */
  use(tls: TlsMaterial): void
  /** Called after each look at the files that found them usable, whether or not they were new. */
  loaded(tls: TlsMaterial, changed: boolean): void
  failed(error: unknown): void
}

/**
 * One look at the certificate files, as `follow` takes it. A pair that cannot be used, such as a new certificate whose key
 * is yet to come, or one that no client accepts today, leaves the last good one in place. One that is valid later is taken
 * when that time has come.
 */
export function certificateReloader(
  first: TlsMaterial,
  { files, now, use, loaded, failed }: CertificateReload
): () => Promise<void> {
  return follow(first, {
    async read() {
      const tls = await readTlsFiles(files)
      const problem = outOfDate(tls.keyPair, now())
      if (problem === undefined) return tls
      throw new HoldfastError('CERTIFICATE_INVALID', `Cannot use ${files.certificate}: ${problem}`)
    },
    isSame: isSameTls,
    use,
    good: loaded,
    failed
  })
}
