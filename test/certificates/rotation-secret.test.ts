import t from 'tap'
import { type IssuedCertificates, issueCertificates } from '../../src/certificates/issue.ts'
import {
  readSecret,
  type SecretTexts,
  withCurrent,
  withNext,
  withNextAsCurrent,
  withoutRetired
} from '../../src/certificates/rotation-secret.ts'
import { pemsIn } from '../../src/certificates/trust-bundle.ts'

const NOW = new Date('2026-06-01T12:00:00Z')
const DAY = 86_400_000
const HOSTS = ['holdfast.holdfast-system.svc', '127.0.0.1']
const [one, two, three] = (await Promise.all([1, 2, 3].map(() => issueCertificates(HOSTS, 90, NOW)))) as [
  IssuedCertificates,
  IssuedCertificates,
  IssuedCertificates
]
const other = await issueCertificates(['example.org'], 90, NOW)
const caOf = ({ ca }: IssuedCertificates): string => pemsIn(ca)[0] as string
const read = (texts: SecretTexts, now = NOW) => readSecret(texts, HOSTS, false, now)
const SERVED = withCurrent({}, one)

t.test('a whole rotation in the Secret', async (t) => {
  t.match(read({}), { current: undefined, next: undefined, retired: { length: 0 }, notAfter: undefined })
  t.match(read(SERVED), { current: { ca: caOf(one), isForHosts: true }, next: undefined, retired: { length: 0 } })
  t.equal(read(SERVED).notAfter?.getTime(), NOW.getTime() + 90 * DAY)
  t.equal(read(SERVED).caNotAfter?.getTime(), NOW.getTime() + 90 * DAY, 'the CA lives as long')
  const prepared = withNext(SERVED, two)
  t.match(read(prepared), { current: { ca: caOf(one) }, next: { ca: caOf(two) }, retired: { length: 0 } })
  t.equal(prepared['tls.crt'], one.certificate, 'Pods still get the old one')
  const served = withNextAsCurrent(prepared)
  t.match(read(served), { current: { ca: caOf(two) }, next: undefined, retired: [caOf(one)] })
  t.strictSame(Object.keys(served).sort(), ['ca.crt', 'retired-ca.crt', 'tls.crt', 'tls.key'])
  t.notMatch(JSON.stringify(withNext({}, two)), /CA KEY|ca\.key/, 'the key of a CA is nowhere')
  const again = withNextAsCurrent(withNext(served, three))
  t.strictSame(read(again).retired, [caOf(one), caOf(two)], 'a second one before the first is forgotten')
  t.match(read(withoutRetired(again)), { current: { ca: caOf(three) }, retired: { length: 0 } })
})

t.test('what is no certificate that Pods could serve', async (t) => {
  const cases: Readonly<Record<string, SecretTexts>> = {
    'half of it': { 'tls.crt': one.certificate, 'ca.crt': one.ca },
    'the key of another': { ...SERVED, 'tls.key': two.privateKey },
    'the CA of another': { ...SERVED, 'ca.crt': two.ca },
    'no PEM': { ...SERVED, 'tls.crt': 'nonsense' },
    'two CAs': { ...SERVED, 'ca.crt': one.ca + two.ca }
  }
  for (const [what, texts] of Object.entries(cases)) t.equal(read(texts).current, undefined, what)
  t.equal(read(withCurrent({}, other)).current?.isForHosts, false, 'for other hosts')
})

t.test('one that was prepared and never served is not served when it is old', async (t) => {
  const prepared = withNext(SERVED, two)
  t.ok(read(prepared, new Date(NOW.getTime() + 59 * DAY)).next)
  const late = new Date(NOW.getTime() + 61 * DAY)
  t.equal(read(prepared, late).next, undefined, 'two thirds of it are over')
  t.equal(read(withNext(SERVED, other)).next, undefined, 'for other hosts')
  const replaced = withNext(prepared, three)
  t.match(read(replaced), { next: { ca: caOf(three) }, retired: [caOf(two)] }, 'and its CA is removed from caBundle')
})
