import { request } from 'node:https'
import type { TLSSocket } from 'node:tls'
import { messageOf } from '../errors.ts'

const TIMEOUT_MS = 2000

/**
 * Asks our own HTTPS port for `/livez`, as the API server would reach it: a handshake and an answer. Who else could
 * say that it works? The certificate is compared, not verified, because it is not issued for 127.0.0.1.
 *
 * @returns undefined where all is well, or what is wrong
 */
export function selfRequest(host: string, port: number, fingerprint: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    const probe = request(
      { host, port, path: '/livez', agent: false, rejectUnauthorized: false, timeout: TIMEOUT_MS },
      (response) => {
        response.resume()
        const served = (response.socket as TLSSocket).getPeerCertificate().fingerprint256
        if (response.statusCode !== 200) resolve(`the HTTPS port answers ${response.statusCode}`)
        else resolve(served === fingerprint ? undefined : 'the HTTPS port serves another certificate')
      }
    )
    probe.on('timeout', () => probe.destroy(new Error(`no answer within ${TIMEOUT_MS} ms`)))
    probe.on('error', (error) => resolve(`the HTTPS port: ${messageOf(error)}`))
    probe.end()
  })
}
