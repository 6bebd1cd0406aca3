// In a Pod, the certificate comes from a replica and not from the Secret.

import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { createServer as createNetServer } from 'node:net'
import { createServer } from 'node:tls'
import t from 'tap'
import { issueCertificates } from '../../../src/certificates/issue.ts'
import { servedAt } from '../../../src/commands/doctor/read-served.ts'
import { certificatesInPem, isVerifiedBy } from '../../../src/doctor/served.ts'

const { ca, certificate, privateKey } = await issueCertificates(['localhost'], 1, new Date())

t.test('what is served is what is told', async (t) => {
  const server = createServer({ cert: `${certificate}\n${ca}`, key: privateKey }).listen(0, '127.0.0.1')
  t.teardown(() => server.close())
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  for (const host of ['127.0.0.1', 'localhost']) {
    const served = await servedAt(host, port)
    if (!('value' in served)) throw new Error(served.unknown)
    const chain = certificatesInPem(served.value.pem) ?? []
    const roots = certificatesInPem(ca) ?? []
    t.equal(chain[0]?.toString(), certificatesInPem(certificate)?.[0]?.toString(), host)
    t.ok(isVerifiedBy(chain, roots, Date.now()))
    t.notOk(isVerifiedBy(chain, [], Date.now()))
  }
})

t.test('who speaks no TLS, or is not there, is not known', async (t) => {
  const server = createNetServer((socket) => void socket.resume().end('no')).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  t.match(await servedAt('127.0.0.1', port), { unknown: /\w/ })
  server.close()
  await once(server, 'close')
  t.match(await servedAt('127.0.0.1', port), { unknown: /ECONNREFUSED/ })
})
