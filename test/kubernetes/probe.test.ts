import t from 'tap'
import { createProbe } from '../../src/kubernetes/probe.ts'
import { fakeCluster, status } from '../helpers/fake-cluster.ts'

const NONE = { name: 'ApiError', message: 'no endpoints available' }
const PODS = '/api/v1/namespaces/lab/pods'

t.test('it asks once, and cannot write', async (t) => {
  const cluster = await fakeCluster(t, {}, () => status(503, 'no endpoints available'))
  const probe = createProbe(cluster.connection)
  await t.rejects(probe.get('/a'), NONE)
  await t.rejects(probe.text('/b'), NONE)
  await t.rejects(probe.proxied('/c'), NONE)
  await t.rejects(probe.createInDryRun(PODS, {}), NONE)
  t.strictSame(cluster.asked, ['GET /a', 'GET /b', 'GET /c', `POST ${PODS}?dryRun=All`])
  t.strictSame(cluster.waits, [], 'a 503 is what it was asked to see')
})

t.test('warnings', async (t) => {
  const table: readonly (readonly [string, readonly string[]])[] = [
    ['299 - "a"', ['a']],
    ['299 - "a, b", 299 holdfast "c"', ['a, b', 'c']],
    [String.raw`299 - "adds to container \"p\\q\""`, [String.raw`adds to container "p\q"`]],
    [Buffer.from('299 - "a → b"').toString('latin1'), ['a → b']],
    ['199 - "not one"', []],
    ['', []]
  ]
  for (const [warning, wanted] of table) {
    const answer = { status: 201, body: { kind: 'Pod' }, ...(warning && { headers: { warning } }) }
    const { connection } = await fakeCluster(t, {}, () => answer)
    const { object, warnings } = await createProbe(connection).createInDryRun(PODS, {})
    t.strictSame([object.kind, warnings], ['Pod', wanted], warning)
  }
})

t.test('what is no answer is an ApiError', async (t) => {
  const { connection } = await fakeCluster(t, {}, () => 'reset')
  await t.rejects(createProbe(connection).text('/metrics'), { name: 'ApiError', message: /\w/ })
  const odd = await fakeCluster(t, {}, () => ({ status: 201, body: '[]' }))
  await t.rejects(createProbe(odd.connection).createInDryRun(PODS, {}), { name: 'ApiError', message: /\w/ })
})

t.test('text is given as it is', async (t) => {
  const { connection } = await fakeCluster(t, {}, () => ({ status: 200, body: 'a 1\nb 2\n' }))
  t.equal(await createProbe(connection).text('/metrics'), 'a 1\nb 2\n')
})
