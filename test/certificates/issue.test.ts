import { X509Certificate } from 'node:crypto'
import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { issueCertificates } from '../../src/certificates/issue.ts'
import { selfSignedCertificate } from '../../src/certificates/self-signed.ts'
import { temporaryDirectory } from '../helpers/certificates.ts'

const NOW = new Date('2026-06-01T12:00:00Z')
const DAY = 24 * 60 * 60 * 1000

t.test('a certificate that a strict client takes', async (t) => {
  const hosts = ['holdfast.holdfast-system.svc', '127.0.0.1', '::1']
  const issued = await issueCertificates(hosts, 30, NOW)
  const [ca, leaf] = [new X509Certificate(issued.ca), new X509Certificate(issued.certificate)]
  t.ok(ca.ca)
  t.notOk(leaf.ca)
  t.ok(leaf.verify(ca.publicKey), 'signed by the authority')
  t.ok(leaf.checkIssued(ca))
  t.equal(leaf.publicKey.asymmetricKeyDetails?.namedCurve, 'prime256v1')
  t.equal(leaf.checkHost('holdfast.holdfast-system.svc'), 'holdfast.holdfast-system.svc')
  t.equal(leaf.checkIP('127.0.0.1'), '127.0.0.1')
  t.equal(leaf.checkIP('::1'), '::1')
  t.equal(leaf.checkHost('example.org'), undefined)
  t.strictSame(leaf.keyUsage, ['1.3.6.1.5.5.7.3.1'], 'for servers')
  t.equal(new Date(leaf.validTo).getTime(), NOW.getTime() + 30 * DAY)
  t.ok(new Date(leaf.validFrom) < NOW, 'clocks may be behind')
})

t.test('the self-signed pair is kept, and made anew when it is time', async (t) => {
  const directory = join(temporaryDirectory(), 'certs')
  const first = await selfSignedCertificate(directory, NOW)
  t.equal(first.caFile, join(directory, 'ca.crt'))
  t.strictSame(readdirSync(directory).sort(), ['ca.crt', 'tls.crt', 'tls.key'])
  t.equal(statSync(join(directory, 'tls.key')).mode & 0o777, 0o600, 'the key is for its owner')
  const fingerprints = async (now: Date): Promise<string> =>
    (await selfSignedCertificate(directory, now)).keyPair.fingerprint
  t.equal(await fingerprints(new Date(NOW.getTime() + 28 * DAY)), first.keyPair.fingerprint)
  const renewed = await fingerprints(new Date(NOW.getTime() + 29.5 * DAY))
  t.not(renewed, first.keyPair.fingerprint, 'a day before it expires')
  writeFileSync(join(directory, 'tls.key'), 'nonsense')
  t.not(await fingerprints(new Date(NOW.getTime() + 30 * DAY)), renewed, 'a pair that cannot be used')
  t.match(readFileSync(join(directory, 'ca.crt'), 'utf8'), /BEGIN CERTIFICATE/)
})

t.test('where nothing can be written, it lives in memory', async (t) => {
  const directory = temporaryDirectory()
  t.teardown(() => rmSync(directory, { recursive: true }))
  const file = join(directory, 'file')
  writeFileSync(file, '')
  const { keyPair, caFile } = await selfSignedCertificate(join(file, 'certs'), NOW)
  t.equal(caFile, undefined)
  t.ok(keyPair.fingerprint)
})
