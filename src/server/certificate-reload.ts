import { outOfDate } from '../certificates/key-pair.ts'
import { isSameServing, readServing, type Serving, type ServingFiles } from '../certificates/serving.ts'
import { HoldfastError } from '../errors.ts'

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
 * One look at the certificate files. kubelet swaps a symlink when a Secret changes, which a watch on the file misses
 * after the first time, so whoever calls this polls; comparing bytes makes a poll without news free of effects. A pair
 * that cannot be used, such as a new certificate whose key is yet to come, or one that no client accepts today, leaves
 * the last good one in place. One that is valid later is taken when that time has come.
 */
export function certificateReloader(first: Serving, reload: CertificateReload): () => Promise<void> {
  let current = first
  return async () => {
    try {
      const serving = await readServing(reload.files)
      const problem = outOfDate(serving.keyPair, reload.now())
      if (problem !== undefined) {
        throw new HoldfastError('CERTIFICATE_INVALID', `Cannot use ${reload.files.certificate}: ${problem}`)
      }
      const changed = !isSameServing(current, serving)
      if (changed) reload.use(serving)
      current = serving
      reload.loaded(serving, changed)
    } catch (error) {
      reload.failed(error)
    }
  }
}
