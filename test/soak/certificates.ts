import { X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { connect } from 'node:tls'
import { type IssuedCertificates, issueCertificates } from '../../src/certificates/issue.ts'
import { Volume } from './files.ts'

const PAIRS = 4

/** Pairs, each of a CA of its own. Clients trust all of these CAs, as a caBundle does while one is replaced. */
export class Certificates {
  readonly ca: string
  readonly volume: Volume
  readonly #pairs: readonly IssuedCertificates[]
  #current = 0

  static async make(directory: string): Promise<Certificates> {
    const hosts = ['127.0.0.1', 'localhost']
    return new Certificates(
      directory,
      await Promise.all(Array.from({ length: PAIRS }, () => issueCertificates(hosts, 365, new Date())))
    )
  }

  private constructor(directory: string, pairs: readonly IssuedCertificates[]) {
    this.#pairs = pairs
    this.ca = pairs.map(({ ca }) => ca).join('')
    this.volume = new Volume(directory, filesOf(this.current))
  }

  get current(): IssuedCertificates {
    return this.#pairs[this.#current % PAIRS] as IssuedCertificates
  }

  get #next(): IssuedCertificates {
    return this.#pairs[(this.#current + 1) % PAIRS] as IssuedCertificates
  }

  rotate(): void {
    this.#current++
    this.volume.publish(filesOf(this.current))
  }

  /** The new certificate with the old key, as when one Secret is written in two steps. */
  publishHalf(): void {
    this.volume.publish({ 'tls.crt': this.#next.certificate, 'tls.key': this.current.privateKey })
  }

  async isServedAt(port: number): Promise<boolean> {
    const socket = connect({ host: '127.0.0.1', port, ca: this.ca })
    try {
      await once(socket, 'secureConnect', { signal: AbortSignal.timeout(2000) })
      return socket.getPeerCertificate().fingerprint256 === new X509Certificate(this.current.certificate).fingerprint256
    } finally {
      socket.on('error', () => {}).destroy()
    }
  }
}

function filesOf({ certificate, privateKey }: IssuedCertificates): Record<string, string> {
  return { 'tls.crt': certificate, 'tls.key': privateKey }
}
