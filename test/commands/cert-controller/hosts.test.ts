import t from 'tap'
import { certificateHosts } from '../../../src/commands/cert-controller/hosts.ts'

t.test('hosts that a certificate can be for', async (t) => {
  const good = ['holdfast.guardrails.svc', '*.example.org', '10.0.0.1', '::1', '2001:db8::ffff:a00:1', '::ffff:0:a00:1']
  t.strictSame(certificateHosts(good.join()), good)
  t.strictSame(certificateHosts('b', ['a']), ['a', 'b'])
})

t.test('hosts that no certificate can be for', async (t) => {
  const cases: readonly (readonly [host: string, sentence: RegExp])[] = [
    ['fe80::1%eth0', /zone id/],
    ['::ffff:10.0.0.1', /Use the IPv4 address/],
    ['::FFFF:a00:1', /Use the IPv4 address/],
    ['0:0:0:0:0:ffff:a00:1', /Use the IPv4 address/],
    ['not a name', /neither a DNS name nor an IP address/]
  ]
  for (const [host, sentence] of cases) t.throws(() => certificateHosts(`a,${host}`), sentence, host)
})
