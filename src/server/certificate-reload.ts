import { outOfDate } from '../certificates/key-pair.ts'
import { isSameServing, readServing, type Serving, type ServingFiles } from '../certificates/serving.ts'
import { HoldfastError } from '../errors.ts'
import { follow } from '../follow.ts'

export interface CertificateReload {
  readonly files: ServingFiles
  now(): Date
  /** Puts new material to use. May throw: the old one then stays. */
  use(serving: Serving): void
  /** Called after each look at the files that found them usable, whether or not they were new. */
  loaded(serving: Serving, changed: boolean): void
  failed(error: unknown): void
}

/**
 * One look at the certificate files, as `follow` takes it. A pair that cannot be used, such as a new certificate whose key
 * is yet to come, or one that no client accepts today, leaves the last good one in place. One that is valid later is taken
 * when that time has come.
 */
export function certificateReloader(
  first: Serving,
  { files, now, use, loaded, failed }: CertificateReload
): () => Promise<void> {
  return follow(first, {
    async read() {
      const serving = await readServing(files)
      const problem = outOfDate(serving.keyPair, now())
      if (problem === undefined) return serving
      throw new HoldfastError('CERTIFICATE_INVALID', `Cannot use ${files.certificate}: ${problem}`)
    },
    isSame: isSameServing,
    use,
    good: loaded,
    failed
  })
}
