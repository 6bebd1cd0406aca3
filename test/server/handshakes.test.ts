// Clients that do not trust the serving certificate, and others that end a handshake.
import t from 'tap'
import { alert, type Ending, endHandshake } from '../helpers/end-handshake.ts'
import { type TestServer, testServer } from '../helpers/server.ts'

const CASES: readonly [what: string, ending: Ending, rejections: 0 | 1][] = [
  ['bad certificate, as kube-apiserver says it', alert(42), 1],
  ['unsupported certificate', alert(43), 1],
  ['certificate revoked', alert(44), 1],
  ['certificate expired', alert(45), 1],
  ['certificate unknown', alert(46), 1],
  ['unknown CA', alert(48), 1],
  ['handshake failure', alert(40), 0],
  ['no supported version', alert(70), 0],
  ['internal error', alert(80), 0],
  ['the connection alone', (server) => server.end(), 0],
  ['a reset', (server) => server.resetAndDestroy(), 0],
  ['no TLS', (server) => server.write('GET / HTTP/1.1\r\n\r\n'), 0]
]

t.test('the server counts who does not trust its certificate', async (t) => {
  const server = await testServer()
  t.teardown(() => server.drain(0))
  t.equal(await rejections(server), 0, 'there from the start, for alerts that look at the increase')
  let expected = 0
  for (const [what, ending, counted] of CASES) {
    await endHandshake(server.port, ending)
    expected += counted
    t.equal(await rejections(server), expected, what)
  }
  t.equal((await server.get('/readyz')).status, 200, 'it is ready all the same: others may trust it')
  t.equal(await rejections(server), expected, 'and the probe is nobody who does not')
  const warnings = server.lines.filter(({ level }) => level === 40)
  t.match(warnings, [{ code: /BAD_CERTIFICATE/, msg: /does not trust the serving certificate: the caBundle/ }])
  t.equal(warnings.length, 1, 'a line for many')
})

async function rejections(server: TestServer): Promise<number> {
  return Number(/^holdfast_certificate_rejections_total (\d+)$/m.exec(await server.metrics())?.[1])
}
