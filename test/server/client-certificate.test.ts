// Who is answered under --client-ca-file. `.ci/run` runs this file with the oldest Node.js of `engines`, too, which calls
// a resumed TLS 1.3 connection authorized that never showed a certificate (nodejs/node#35317).
import 'reflect-metadata'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { connect, type SecureVersion, type TLSSocket } from 'node:tls'
import * as x509 from '@peculiar/x509'
import t from 'tap'
import { readTlsFiles } from '../../src/certificates/tls-files.ts'
import { checkClient } from '../../src/server/client-certificate.ts'
import { type RunningServer, startServer } from '../../src/server/server.ts'
import { pod } from '../fixtures/objects.ts'
import { podCreation } from '../fixtures/reviews.ts'
import { temporaryDirectory, testCertificates, writePair } from '../helpers/certificates.ts'
import { post } from '../helpers/post.ts'
import { serverOptions } from '../helpers/server.ts'

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }
const HOUR = 3_600_000
const VERSIONS: readonly SecureVersion[] = ['TLSv1.2', 'TLSv1.3']

interface Client {
  readonly cert: string
  readonly key: string
}

interface ClientParts {
  /** Start and end of validity, in ms from now. */
  readonly validity?: readonly [from: number, to: number]
  readonly usage?: x509.ExtendedKeyUsage
}

interface Authority {
  readonly ca: string
  client(commonName: string, parts?: ClientParts): Promise<Client>
}

function lasting([from, to]: readonly [number, number]): { notBefore: Date; notAfter: Date } {
  return { notBefore: new Date(Date.now() + from), notAfter: new Date(Date.now() + to) }
}

/** An authority for clients, as a cluster has one for its API server. */
async function authority(name: string): Promise<Authority> {
  const keys = await crypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify'])
  const ca = await x509.X509CertificateGenerator.createSelfSigned({
    name: `CN=${name}`,
    keys,
    signingAlgorithm: ALGORITHM,
    extensions: [new x509.BasicConstraintsExtension(true)],
    ...lasting([-2 * HOUR, 2 * HOUR])
  })
  return {
    ca: ca.toString('pem'),
    async client(commonName, { validity = [-HOUR, HOUR] as const, usage = x509.ExtendedKeyUsage.clientAuth } = {}) {
      const own = await crypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify'])
      const certificate = await x509.X509CertificateGenerator.create({
        subject: `CN=${commonName}`,
        issuer: ca.subject,
        publicKey: own.publicKey,
        signingKey: keys.privateKey,
        signingAlgorithm: ALGORITHM,
        extensions: [new x509.ExtendedKeyUsageExtension([usage])],
        ...lasting(validity)
      })
      const key = await crypto.subtle.exportKey('pkcs8', own.privateKey)
      return { cert: certificate.toString('pem'), key: x509.PemConverter.encode(key, 'PRIVATE KEY') }
    }
  }
}

/** The session that the server hands out with the answer to `/livez`, for which it wants no certificate. */
async function sessionOf(port: number, version: SecureVersion, ca: string, client?: Client): Promise<Buffer> {
  const socket = connect({ host: '127.0.0.1', port, ca, minVersion: version, maxVersion: version, ...client })
  const session = once(socket, 'session')
  socket.end('GET /livez HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n')
  socket.resume()
  const [ticket] = await session
  socket.destroy()
  return ticket
}

interface Asked {
  readonly status: number | undefined
  readonly text: string
  readonly isResumed: boolean
}

const REVIEW = JSON.stringify(podCreation(pod()))

async function ask(
  port: number,
  version: SecureVersion,
  ca: string,
  client: Client | undefined,
  session?: Buffer
): Promise<Asked> {
  const tls = { ca, minVersion: version, maxVersion: version, ...client, ...(session && { session }) }
  const { response, text, isResumed } = await post({ port, path: '/mutate', agent: false, ...tls }, REVIEW)
  return { status: response.statusCode, text, isResumed }
}

t.test('with a client CA, only the API server is answered', async (t) => {
  const [ours, theirs] = [await authority('clients'), await authority('others')]
  const { keyPair, ca } = await testCertificates()
  const serving = { keyPair, clientCa: Buffer.from(ours.ca) }
  const open = await startServer(serverOptions(serving))
  const pinned = await startServer(serverOptions(serving, { clientNames: ['kube-apiserver', 'other'] }))
  t.teardown(() => Promise.all([open.drain(0), pinned.drain(0)]))

  const apiServer = await ours.client('kube-apiserver')
  const kubelet = await ours.client('kubelet')
  const stranger = await theirs.client('kube-apiserver')
  const expired = await ours.client('kube-apiserver', { validity: [-HOUR, -HOUR / 2] })
  const early = await ours.client('kube-apiserver', { validity: [HOUR / 2, HOUR] })
  const server = await ours.client('kube-apiserver', { usage: x509.ExtendedKeyUsage.serverAuth })
  const table: readonly (readonly [string, RunningServer, Client | undefined, number, RegExp])[] = [
    ['its certificate', open, apiServer, 200, /"allowed":true/],
    ['any certificate of the authority', open, kubelet, 200, /"allowed":true/],
    ['no certificate', open, undefined, 401, /no certificate.*\[CLIENT_UNKNOWN\]/],
    ['a certificate of another authority', open, stranger, 401, /not accepted \(UNABLE_TO_VERIFY_LEAF_SIGNATURE\)/],
    ['an expired certificate', open, expired, 401, /not accepted \(CERT_HAS_EXPIRED\)/],
    ['a certificate that is not valid yet', open, early, 401, /not accepted \(CERT_NOT_YET_VALID\)/],
    ['a certificate for servers', open, server, 401, /not accepted \(INVALID_PURPOSE\)/],
    ['its certificate, pinned', pinned, apiServer, 200, /"allowed":true/],
    ['another certificate of the authority, pinned', pinned, kubelet, 403, /\[CLIENT_NOT_ALLOWED\]/],
    ['no certificate, pinned', pinned, undefined, 401, /no certificate.*\[CLIENT_UNKNOWN\]/],
    ['a stranger of the same name, pinned', pinned, stranger, 401, /not accepted/],
    ['its expired certificate, pinned', pinned, expired, 401, /not accepted/]
  ]
  for (const version of VERSIONS) {
    for (const [name, { port }, client, status, body] of table) {
      const fresh = await ask(port, version, ca, client)
      t.equal(fresh.status, status, `${version}: ${name}`)
      t.match(fresh.text, body, `${version}: ${name}`)

      const session = await sessionOf(port, version, ca, client)
      const resumed = await ask(port, version, ca, client, session)
      t.equal(resumed.status, status, `${version}, with the session of a call before: ${name}`)
      t.notOk(resumed.isResumed, `${version}: ${name}: a session saves no client the handshake`)

      const bare = await ask(port, version, ca, undefined, session)
      t.equal(bare.status, 401, `${version}, with that session and no certificate: ${name}`)
    }
  }
  const ready = await fetch(`http://127.0.0.1:${pinned.healthPort}/readyz`)
  t.equal(ready.status, 200, 'the request to ourselves needs no certificate')
})

t.test('an authority of the same name with another key', async (t) => {
  const [ours, theirs] = [await authority('clients'), await authority('clients')]
  const { keyPair, ca } = await testCertificates()
  const { port, drain } = await startServer(serverOptions({ keyPair, clientCa: Buffer.from(ours.ca) }))
  t.teardown(() => drain(0))
  const client = await theirs.client('kube-apiserver')
  const { status, text } = await ask(port, 'TLSv1.3', ca, client)
  t.equal(status, 401)
  t.match(text, /not accepted \(CERT_SIGNATURE_FAILURE\)/)
  // Node.js may end the connection here rather than answer: a failed signature is an error that TLS 1.2 reads again later.
  const older = await ask(port, 'TLSv1.2', ca, client).catch(() => undefined)
  t.ok(older === undefined || older.status === 401, 'TLS 1.2')
})

t.test('a client CA that changes', async (t) => {
  const [first, second] = [await authority('first'), await authority('second')]
  const directory = temporaryDirectory()
  const { ca, ...issued } = await testCertificates()
  const files = { ...writePair(directory, { ca, ...issued }), clientCa: join(directory, 'client-ca.crt') }
  writeFileSync(files.clientCa, first.ca)
  const server = await startServer(serverOptions(await readTlsFiles(files), { files, pollMs: 10 }))
  t.teardown(() => server.drain(0))
  const [before, after] = [await first.client('kube-apiserver'), await second.client('kube-apiserver')]
  for (const version of VERSIONS)
    t.equal((await ask(server.port, version, ca, before)).status, 200, `${version}: first`)
  const sessions = new Map<SecureVersion, Buffer>()
  for (const version of VERSIONS) sessions.set(version, await sessionOf(server.port, version, ca, before))

  writeFileSync(files.clientCa, second.ca)
  await until(async () => (await ask(server.port, 'TLSv1.3', ca, after)).status === 200)
  for (const version of VERSIONS) {
    t.equal((await ask(server.port, version, ca, after)).status, 200, `${version}: second`)
    const kept = await ask(server.port, version, ca, before, sessions.get(version))
    t.match(kept, { status: 401, isResumed: false }, `${version}: a session does not outlive the authority`)
    const session = await sessionOf(server.port, version, ca, after)
    const resumed = await ask(server.port, version, ca, after, session)
    t.match(resumed, { status: 200, isResumed: false }, `${version}: nor does a reload bring sessions back`)
  }
})

/** Asks again for ten seconds at the most. */
async function until(condition: () => Promise<boolean>): Promise<void> {
  for (let attempt = 0; attempt < 500; attempt++) {
    if (await condition()) return
    await sleep(20)
  }
  throw new Error('it did not come to pass')
}

t.test('without a client CA, sessions are resumed', async (t) => {
  const { keyPair, ca } = await testCertificates()
  const server = await startServer(serverOptions({ keyPair, clientCa: undefined }))
  t.teardown(() => server.drain(0))
  for (const version of VERSIONS) {
    const session = await sessionOf(server.port, version, ca)
    t.match(await ask(server.port, version, ca, undefined, session), { status: 200, isResumed: true }, version)
  }
})

t.test('what Node.js says of a connection is not enough', async (t) => {
  const socket = (parts: object) => ({ authorized: true, ...parts }) as unknown as TLSSocket
  const shown = { raw: Buffer.of(48), subject: { CN: 'kube-apiserver' } }
  const table: readonly (readonly [string, object, readonly string[], RegExp | undefined])[] = [
    ['a certificate', { getPeerCertificate: () => shown }, [], undefined],
    ['a certificate with a name', { getPeerCertificate: () => shown }, ['kube-apiserver'], undefined],
    ['an empty certificate', { getPeerCertificate: () => ({}) }, [], /no certificate.*CLIENT_UNKNOWN/],
    ['none, as of a connection that is gone', { getPeerCertificate: () => null }, [], /CLIENT_UNKNOWN/],
    ['an empty certificate, pinned', { getPeerCertificate: () => ({}) }, ['kube-apiserver'], /CLIENT_UNKNOWN/]
  ]
  for (const [name, parts, names, problem] of table) {
    const check = () => checkClient(socket(parts), names)
    if (problem === undefined) t.doesNotThrow(check, name)
    else t.throws(check, { message: problem }, name)
  }
})
