import type { Server as HttpsServer } from 'node:https'
import type { Logger } from 'pino'
import type { Metrics } from './metrics.ts'

/**
 * What OpenSSL calls the alerts by which a client says that it does not accept our certificate. kube-apiserver, like
 * everything written in Go, sends "bad certificate" whatever is wrong with it; OpenSSL's own clients say which.
 */
const REJECTED =
  /_ALERT_(?:BAD_CERTIFICATE|CERTIFICATE_EXPIRED|CERTIFICATE_REVOKED|CERTIFICATE_UNKNOWN|UNKNOWN_CA|UNSUPPORTED_CERTIFICATE)$/

/** A line a minute says as much as one for each handshake. */
const QUIET_MS = 60_000

/**
 * Counts the TLS handshakes that a client ended because it does not accept the serving certificate, and logs that it
 * happens. Port scans, probes of the port alone and plain HTTP end handshakes too, and are left out.
 *
 * It is all that the server sees of an API server whose caBundle has another CA: under failurePolicy Ignore, that one
 * goes on without a review, and nothing fails.
 */
export function watchHandshakes(server: HttpsServer, metrics: Metrics, logger: Logger): void {
  let quiet = false
  server.on('tlsClientError', ({ code = '' }: NodeJS.ErrnoException) => {
    if (!REJECTED.test(code)) return
    metrics.certificateRejected()
    if (quiet) return
    quiet = true
    setTimeout(() => {
      quiet = false
    }, QUIET_MS).unref()
    logger.warn({ code }, 'a client does not trust the serving certificate: the caBundle may have another CA')
  })
}
