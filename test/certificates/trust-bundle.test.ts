import t from 'tap'
import {
  certificatesIn,
  normalPem,
  withCertificates,
  withoutCertificates
} from '../../src/certificates/trust-bundle.ts'

const [a, b, c] = ['QUFB', 'QkJC', 'Q0ND'].map(normalPem) as [string, string, string]
const encoded = (text: string): string => Buffer.from(text).toString('base64')
const decoded = (bundle: string): string => Buffer.from(bundle, 'base64').toString()

t.test('a certificate is recognised however its lines are broken', async (t) => {
  const windows = '-----BEGIN CERTIFICATE-----\r\nQU\r\nFB\r\n-----END CERTIFICATE-----\r\n'
  t.strictSame(certificatesIn(encoded(`# mine\n${windows}${b}`)), [a, b])
  t.equal(withCertificates(encoded(windows), [a]), encoded(windows), 'and is not added twice')
  t.strictSame(certificatesIn(undefined), [])
  t.equal(normalPem('A'.repeat(65)).split('\n')[1]?.length, 64)
})

const CASES: readonly (readonly [what: string, before: string, add: string[], after: string])[] = [
  ['to nothing', '', [a], a],
  ['behind what is there', a, [b, c], a + b + c],
  ['only what is missing', a + b, [b, c], a + b + c],
  ['where no line ends', a.trimEnd(), [b], `${a}${b}`],
  ['a comment stays', `# ours\n${a}# and yours é\n`, [b], `# ours\n${a}# and yours é\n${b}`]
]

t.test('certificates are added, and go as they came', async (t) => {
  for (const [what, before, add, after] of CASES) {
    const bundle = withCertificates(before === '' ? undefined : encoded(before), add)
    t.equal(decoded(bundle), after, what)
    const new_ = add.filter((pem) => !certificatesIn(encoded(before)).includes(pem))
    t.equal(decoded(withoutCertificates(bundle, new_)).trimEnd(), before.trimEnd(), `${what}: removed again`)
  }
})

t.test('a bundle without the certificates is not written again', async (t) => {
  const bundle = encoded(`${a}\n\n${b}`)
  t.equal(withoutCertificates(bundle, [c]), bundle)
  t.equal(withCertificates(bundle, [b, a]), bundle)
})
