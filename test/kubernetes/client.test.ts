import { gzipSync } from 'node:zlib'
import t from 'tap'
import { createApi } from '../../src/kubernetes/client.ts'
import { type Answer, fakeCluster, forbidden, status } from '../helpers/fake-cluster.ts'

const OK: Answer = { status: 200, body: { fine: true } }

/** Says each in turn, and the last one for ever; the first contact goes well in any case. */
function saying(...answers: readonly Answer[]) {
  return ({ path }: { path: string }, count: number) =>
    path === '/hello' ? OK : answers[Math.min(count - 2, answers.length - 1)]
}

function busyUntil(date: string): Answer {
  return { status: 503, headers: { 'retry-after': date, date: 'Sat, 21 Nov 2026 10:00:00 GMT' } }
}

t.test('what passes is waited for', async (t) => {
  const table: readonly (readonly [string, readonly Answer[], readonly number[]])[] = [
    ['nothing', [OK], []],
    ['a busy server', [status(503, 'busy'), OK], [500]],
    ['for longer and longer', [status(500, ''), status(502, ''), status(504, ''), OK], [500, 1000, 2000]],
    ['as long as it asks for', [{ status: 429, headers: { 'retry-after': '3' } }, OK], [3000]],
    ['no shorter than that', [status(503, ''), { status: 429, headers: { 'retry-after': '1' } }, OK], [500, 1000]],
    ['until it asks for', [busyUntil('Sat, 21 Nov 2026 10:00:07 GMT'), OK], [7000]],
    ['until it is over', [busyUntil('Sat, 21 Nov 2026 09:00:00 GMT'), OK], [500]],
    ['until nobody knows', [busyUntil('soon'), OK], [500]],
    ['a closed connection', ['reset', OK], [500]],
    ['half an answer', ['cut', OK], [500]],
    ['a server that starts', ['reset', forbidden('x'), status(401, ''), OK], [500, 1000, 2000]]
  ]
  for (const [name, answers, waits] of table) {
    const cluster = await fakeCluster(t, {}, saying(...answers))
    await cluster.api.get('/hello')
    t.strictSame(await cluster.api.get('/x'), { fine: true }, name)
    t.strictSame(cluster.waits, waits, name)
  }
})

async function failureOf(answer: Promise<unknown>): Promise<unknown> {
  return answer.then(
    () => 'no error',
    (error: unknown) => error
  )
}

t.test('what does not pass is an error', async (t) => {
  const table: readonly (readonly [string, Answer, object, number])[] = [
    ['not found', status(404, 'no such thing'), { failure: 'Status', status: 404, message: 'no such thing' }, 0],
    ['forbidden', forbidden('x'), { status: 403, isForbidden: true, message: /cannot do this/ }, 0],
    ['a message of many lines', status(400, `a\nb${'c'.repeat(600)}`), { message: /^a bc{400,500}…$/ }, 0],
    ['no message', { status: 418, body: 'teapot' }, { message: 'it answers 418' }, 0],
    ['no JSON', { status: 200, body: '<html>' }, { failure: 'Malformed', message: 'the answer is no JSON object' }, 0],
    ['a list', { status: 200, body: [] }, { failure: 'Malformed' }, 0],
    ['too much', { status: 200, body: ' '.repeat(17 * 1024 * 1024) }, { failure: 'TooLarge' }, 0],
    ['gone', status(410, '', { metadata: { continue: 'more' } }), { status: 410, continueToken: 'more' }, 0],
    ['too late a date', busyUntil('Sun, 22 Nov 2026 10:00:00 GMT'), { status: 503 }, 0],
    ['too long a wait', { status: 503, headers: { 'retry-after': '31' } }, { status: 503 }, 0],
    ['for ever', 'reset', { failure: 'Connection', isPassing: true }, 8]
  ]
  for (const [name, answer, expected, waits] of table) {
    const cluster = await fakeCluster(t, {}, saying(answer))
    await cluster.api.get('/hello')
    t.match(await failureOf(cluster.api.get('/x')), expected, name)
    t.equal(cluster.waits.length, waits, `${name}: ${cluster.waits}`)
  }
})

t.test('a server that is away is waited for once', async (t) => {
  const cluster = await fakeCluster(t, {}, saying('reset'))
  await cluster.api.get('/hello')
  await t.rejects(cluster.api.get('/x'))
  for (let request = 0; request < 5; request++) await t.rejects(cluster.api.get('/y'))
  const waited = (): number => cluster.waits.reduce((sum, ms) => sum + ms, 0)
  const before = waited()
  t.ok(before > 25_000 && before <= 30_000, `${before} ms, whatever is asked`)
  await cluster.api.get('/hello')
  await t.rejects(cluster.api.get('/z'))
  t.ok(waited() > before + 20_000, 'after an answer, again')
})

t.test('a refusal of what was allowed before is doubted, but not for ever', async (t) => {
  const cluster = await fakeCluster(t, {}, saying(forbidden('x')))
  await cluster.api.get('/hello')
  t.match(await failureOf(cluster.api.get('/x', true)), { status: 403 })
  t.strictSame(cluster.waits, [500, 1000, 2000])

  const waits: number[] = []
  const allowed = createApi(cluster.connection, async (ms) => waits.push(ms), true)
  await allowed.get('/hello')
  t.match(await failureOf(allowed.create('/x', {})), { status: 403 })
  t.strictSame(waits, [500, 1000, 2000], 'of a caller who knows that it may, each')
})

t.test('the first request: a wrong address is said at once', async (t) => {
  const refusing = await fakeCluster(t, {}, () => status(401, 'Unauthorized'))
  await t.rejects(refusing.api.get('/version'), {
    code: 'CLUSTER_UNREACHABLE',
    message: /^the cluster of this test \(http:\/\/127\.0\.0\.1:\d+\) does not accept the credentials: Unauthorized\. /
  })
  const closed = createApi({ ...refusing.connection, server: new URL('http://127.0.0.1:1') })
  await t.rejects(closed.get('/version'), { code: 'CLUSTER_UNREACHABLE', message: /cannot be reached: .*ECONNREFUSED/ })
  const failing = async (): Promise<never> => {
    throw new Error('the plugin says no')
  }
  const withoutCredentials = createApi({ ...refusing.connection, options: failing })
  await t.rejects(withoutCredentials.get('/version'), { message: /cannot be reached: the plugin says no/ })
  const outside = async (): Promise<never> => {
    throw new Error(`altnames:\n\u001b[31m${'x'.repeat(600)}`)
  }
  await t.rejects(createApi({ ...refusing.connection, options: outside }).get('/'), {
    message: /reached: altnames: \\u001b\[31mx{400,490}…\. /
  })
  const nameless = async (): Promise<never> => {
    throw Object.assign(new AggregateError([]), { code: 'ECONNREFUSED' })
  }
  await t.rejects(createApi({ ...refusing.connection, options: nameless }).get('/'), /reached: ECONNREFUSED/)
  t.strictSame(refusing.waits, [])
})

t.test('paths, bodies and compression', async (t) => {
  const seen: unknown[] = []
  const cluster = await fakeCluster(t, {}, ({ method, path, body }) => {
    seen.push([method, path, body])
    return { status: 200, body: gzipSync('{"zipped":true}'), headers: { 'content-encoding': 'gzip' } }
  })
  const { connection } = cluster
  const behind = createApi({ ...connection, server: new URL(`${connection.server.origin}/k8s/clusters/c-1/`) })
  t.strictSame(await behind.get('/version'), { zipped: true })
  await behind.create('/a', { b: 'ü' })
  await behind.replace('/a/b', { c: 1 })
  await behind.patch('/a/b', 'application/merge-patch+json', { d: null })
  await behind.remove('/a/b', { resourceVersion: '7' })
  await behind.remove('/a/b', { uid: '8' }, 'Orphan')
  behind.close()
  t.strictSame(seen, [
    ['GET', '/k8s/clusters/c-1/version', {}],
    ['POST', '/k8s/clusters/c-1/a', { b: 'ü' }],
    ['PUT', '/k8s/clusters/c-1/a/b', { c: 1 }],
    ['PATCH', '/k8s/clusters/c-1/a/b', { d: null }],
    ['DELETE', '/k8s/clusters/c-1/a/b', { preconditions: { resourceVersion: '7' } }],
    ['DELETE', '/k8s/clusters/c-1/a/b', { preconditions: { uid: '8' }, propagationPolicy: 'Orphan' }]
  ])
})

t.test('compressed, and broken', async (t) => {
  const body = gzipSync('{"zipped":true}').subarray(0, 12)
  const broken: Answer = { status: 200, body, headers: { 'content-encoding': 'gzip' } }
  const cluster = await fakeCluster(t, {}, saying(broken, OK))
  await cluster.api.get('/hello')
  t.strictSame(await cluster.api.get('/x'), { fine: true }, 'asked again')
})

t.test('a server that hangs is not asked again', async (t) => {
  const cluster = await fakeCluster(t, {}, ({ path }) => (path === '/hello' ? OK : 'hang'))
  const waits: number[] = []
  const options = async () => ({ timeout: 50 })
  const api = createApi({ ...cluster.connection, options }, async (ms) => waits.push(ms))
  await t.rejects(api.get('/x'), {
    code: 'CLUSTER_UNREACHABLE',
    message: /reached: there was no answer within 0\.05 s\. /
  })
  await api.get('/hello')
  t.match(await failureOf(api.get('/x')), { failure: 'Timeout', isPassing: false })
  t.strictSame(waits, [])
})
