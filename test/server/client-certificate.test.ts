import 'reflect-metadata'
import * as x509 from '@peculiar/x509'
import t from 'tap'
import { startServer } from '../../src/server/server.ts'
import { pod } from '../fixtures/objects.ts'
import { podCreation } from '../fixtures/reviews.ts'
import { testCertificates } from '../helpers/certificates.ts'
import { post } from '../helpers/post.ts'
import { serverOptions } from '../helpers/server.ts'

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }

interface Client {
  readonly cert: string
  readonly key: string
}

/** An authority for clients, as a cluster has one for its API server. */
async function authority(): Promise<{ ca: string; client(commonName: string): Promise<Client> }> {
  const keys = await crypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify'])
  const validity = { notBefore: new Date(Date.now() - 60_000), notAfter: new Date(Date.now() + 3_600_000) }
  const ca = await x509.X509CertificateGenerator.createSelfSigned({
    name: 'CN=clients',
    keys,
    signingAlgorithm: ALGORITHM,
    extensions: [new x509.BasicConstraintsExtension(true)],
    ...validity
  })
  return {
    ca: ca.toString('pem'),
    async client(commonName) {
      const own = await crypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify'])
      const certificate = await x509.X509CertificateGenerator.create({
        subject: `CN=${commonName}`,
        issuer: ca.subject,
        publicKey: own.publicKey,
        signingKey: keys.privateKey,
        signingAlgorithm: ALGORITHM,
        ...validity
      })
      const key = await crypto.subtle.exportKey('pkcs8', own.privateKey)
      return { cert: certificate.toString('pem'), key: x509.PemConverter.encode(key, 'PRIVATE KEY') }
    }
  }
}

t.test('with a client CA, only the API server is answered', async (t) => {
  const [ours, theirs, { keyPair, ca }] = [await authority(), await authority(), await testCertificates()]
  const serving = { keyPair, clientCa: Buffer.from(ours.ca) }
  const open = await startServer(serverOptions(serving))
  const pinned = await startServer(serverOptions(serving, { clientNames: ['kube-apiserver', 'other'] }))
  t.teardown(() => Promise.all([open.drain(0), pinned.drain(0)]))

  const apiServer = await ours.client('kube-apiserver')
  const kubelet = await ours.client('kubelet')
  const stranger = await theirs.client('kube-apiserver')
  const table: readonly (readonly [string, { port: number }, Client | undefined, number, RegExp])[] = [
    ['its certificate', open, apiServer, 200, /"allowed":true/],
    ['any certificate of the authority', open, kubelet, 200, /"allowed":true/],
    ['no certificate', open, undefined, 401, /not accepted.*\[CLIENT_UNKNOWN\]/],
    ['a certificate of another authority', open, stranger, 401, /not accepted/],
    ['its certificate, pinned', pinned, apiServer, 200, /"allowed":true/],
    ['another certificate of the authority, pinned', pinned, kubelet, 403, /\[CLIENT_NOT_ALLOWED\]/],
    ['a stranger of the same name, pinned', pinned, stranger, 401, /not accepted/]
  ]
  for (const [name, { port }, client, status, body] of table) {
    const options = { port, path: '/mutate', agent: false as const, ca, ...client }
    const { response, text } = await post(options, JSON.stringify(podCreation(pod())))
    t.equal(response.statusCode, status, name)
    t.match(text, body, name)
  }
  const ready = await fetch(`http://127.0.0.1:${pinned.healthPort}/readyz`)
  t.equal(ready.status, 200, 'the request to ourselves needs no certificate')
})
