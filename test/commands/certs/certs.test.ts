import { X509Certificate } from 'node:crypto'
import { chmodSync, existsSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { readKeyPair } from '../../../src/certificates/key-pair.ts'
import { temporaryDirectory } from '../../helpers/certificates.ts'
import { holdfast } from '../../helpers/command.ts'

t.test('a pair that serves, an authority that vouches for it, and what to do with them', async (t) => {
  const directory = join(temporaryDirectory(), 'made', 'anew')
  const { stdout, code } = await holdfast('certs', directory)
  t.equal(code, 0)
  t.strictSame(readdirSync(directory).sort(), ['ca.crt', 'tls.crt', 'tls.key'])
  t.equal(statSync(join(directory, 'tls.key')).mode & 0o777, 0o600)
  const leaf = new X509Certificate(readFileSync(join(directory, 'tls.crt')))
  t.ok(leaf.checkIssued(new X509Certificate(readFileSync(join(directory, 'ca.crt')))))
  t.ok(leaf.checkHost('holdfast.holdfast-system.svc'))
  t.ok(leaf.checkIP('127.0.0.1'))
  t.ok((await readKeyPair(join(directory, 'tls.crt'), join(directory, 'tls.key'))).notAfter > new Date())
  t.match(
    stdout,
    `kubectl -n holdfast-system create secret tls holdfast-tls --cert=${directory}/tls.crt --key=${directory}/tls.key`
  )
  t.match(stdout, /valid for 365 days/)
})

t.test('hosts and days', async (t) => {
  const directory = temporaryDirectory()
  t.equal((await holdfast('certs', directory, '--hosts', 'a.example,10.0.0.1', '--days', '7')).code, 0)
  const leaf = new X509Certificate(readFileSync(join(directory, 'tls.crt')))
  t.equal(leaf.subjectAltName, 'DNS:a.example, IP Address:10.0.0.1')
  const days = (new Date(leaf.validTo).getTime() - Date.now()) / 86_400_000
  t.ok(days > 6.9 && days < 7.1, `${days} days`)
})

t.test('nothing is replaced by accident', async (t) => {
  const directory = temporaryDirectory()
  writeFileSync(join(directory, 'tls.crt'), 'mine')
  const { code, stderr } = await holdfast('certs', directory)
  t.equal(code, 2)
  t.match(stderr, /tls\.crt would be replaced.*--force.*\[FILE_UNWRITABLE\]/)
  t.strictSame(readdirSync(directory), ['tls.crt'], 'and no other file is made')
  t.equal((await holdfast('certs', directory, '--force')).code, 0)
  t.match(readFileSync(join(directory, 'tls.crt'), 'utf8'), /BEGIN CERTIFICATE/)
})

t.test('what --force replaces keeps nothing of what was there', async (t) => {
  const directory = temporaryDirectory()
  const [key, certificate, elsewhere] = [join(directory, 'tls.key'), join(directory, 'tls.crt'), join(directory, 'x')]
  writeFileSync(key, 'readable by all')
  chmodSync(key, 0o644)
  symlinkSync(elsewhere, certificate)
  const { code, stderr } = await holdfast('certs', directory)
  t.equal(code, 2)
  t.match(stderr, /tls\.crt, .*tls\.key would be replaced/, 'a link that leads nowhere is there as well')
  t.equal((await holdfast('certs', directory, '--force')).code, 0)
  t.equal(statSync(key).mode & 0o777, 0o600, 'the key is for its owner')
  t.notOk(existsSync(elsewhere), 'the link is not followed')
  t.match(readFileSync(certificate, 'utf8'), /BEGIN CERTIFICATE/)
})

t.test('what cannot be done', async (t) => {
  const file = join(temporaryDirectory(), 'file')
  writeFileSync(file, '')
  t.match(await holdfast('certs', join(file, 'below')), { code: 2, stderr: /Cannot write to .*\[FILE_UNWRITABLE\]/ })
  t.match(await holdfast('certs', '/x', '--hosts', 'a,,b'), { code: 2, stderr: /a list such as a,b/ })
  for (const host of ['a b', 'https://a', 'a:443', '-a', 'a..b', '1.2.3.4/8']) {
    const stderr = `${JSON.stringify(host)} is neither a DNS name nor an IP address`
    t.match(await holdfast('certs', '/x', '--hosts', `localhost,${host}`), { code: 2, stderr }, host)
  }
  for (const host of ['a.b-c.svc', '*.a.svc', '10.0.0.1', '::1', 'A']) {
    t.match(await holdfast('certs', join(temporaryDirectory(), 'x'), `--hosts=${host}`), { code: 0 }, host)
  }
  t.match(await holdfast('certs', '/x', '--days', '4000'), { code: 2, stderr: /from 1 to 3650/ })
  t.match(await holdfast('certs', '/x', '--days', '0'), { code: 2, stderr: /from 1 to 3650/ })
  t.match(await holdfast('certs'), { code: 2, stderr: /missing required argument/ })
})
