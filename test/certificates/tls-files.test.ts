import { generateKeyPairSync } from 'node:crypto'
import { join } from 'node:path'
import t from 'tap'
import { readTlsFiles } from '../../src/certificates/tls-files.ts'
import { testCertificates } from '../helpers/certificates.ts'
import { filesIn } from '../helpers/files.ts'

t.test('every error names the file that it is about, and what is wrong with it', async (t) => {
  const [one, other] = [await testCertificates(), await testCertificates()]
  const encrypted = generateKeyPairSync('ec', {
    namedCurve: 'P-256',
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'secret' }
  }).privateKey
  const damaged = one.certificate.replace(/[A-Za-z]{20}/, 'AAAAAAAAAAAAAAAAAAAA')
  const { certificate, privateKey, ca } = one
  const table: readonly (readonly [what: string, files: Readonly<Record<string, string>>, message: string | RegExp])[] =
    [
      [
        'a pair swapped',
        { 'tls.crt': privateKey, 'tls.key': certificate },
        'tls.crt holds a private key and no certificate.'
      ],
      ['a certificate twice', { 'tls.key': certificate }, 'tls.key holds a certificate and no private key.'],
      ['no PEM', { 'tls.crt': 'certificate' }, 'tls.crt holds no certificate in PEM.'],
      ['an empty certificate', { 'tls.crt': '' }, 'tls.crt is empty.'],
      ['an empty key', { 'tls.key': '' }, 'tls.key is empty.'],
      ['a damaged certificate', { 'tls.crt': damaged }, /tls\.crt is damaged \(.+\)\./],
      [
        'an encrypted key',
        { 'tls.key': encrypted },
        'tls.key is encrypted with a passphrase; openssl pkey removes it.'
      ],
      ['no client CA', { 'ca.crt': 'authority' }, 'ca.crt holds no certificate in PEM.'],
      ['a key as client CA', { 'ca.crt': privateKey }, 'ca.crt holds a private key and no certificate.'],
      [
        'two that do not belong together',
        { 'tls.key': other.privateKey },
        /\/tls\.crt was issued for another private key than \/.*\/tls\.key\./
      ]
    ]
  for (const [what, files, message] of table) {
    const directory = filesIn({ 'tls.crt': certificate, 'tls.key': privateKey, 'ca.crt': ca, ...files })
    const [crt, key, clientCa] = ['tls.crt', 'tls.key', 'ca.crt'].map((name) => join(directory, name)) as [
      string,
      string,
      string
    ]
    const paths = { certificate: crt, privateKey: key, clientCa }
    const wanted = typeof message === 'string' ? `${directory}/${message}` : message
    await t.rejects(readTlsFiles(paths), { code: 'CERTIFICATE_INVALID', message: wanted }, what)
  }
})
