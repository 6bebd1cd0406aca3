import { isSamePair, type KeyPair, readKeyPair } from '../certificates/key-pair.ts'

export interface CertificateFiles {
  readonly certificate: string
  readonly privateKey: string
}

export interface CertificateReload {
  readonly files: CertificateFiles
  /** Puts a new pair to use. May throw: the old pair then stays. */
  use(pair: KeyPair): void
  /** Called after each look at the files that found a usable pair, whether or not it was new. */
  loaded(pair: KeyPair, changed: boolean): void
  failed(error: unknown): void
}

/**
 * One look at the certificate files. kubelet swaps a symlink when a Secret changes, which a watch on the file misses
 * after the first time, so whoever calls this polls; comparing bytes makes a poll without news free of effects. A pair
 * that cannot be used, such as a new certificate whose key is yet to come, leaves the last good one in place.
 */
export function certificateReloader(first: KeyPair, reload: CertificateReload): () => Promise<void> {
  let current = first
  return async () => {
    try {
      const pair = await readKeyPair(reload.files.certificate, reload.files.privateKey)
      const changed = !isSamePair(current, pair)
      if (changed) reload.use(pair)
      current = pair
      reload.loaded(pair, changed)
    } catch (error) {
      reload.failed(error)
    }
  }
}
