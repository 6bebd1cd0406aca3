import { once } from 'node:events'
import { copyFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { type ApiServer, askVersion, followVersion, inCluster } from '../../src/kubernetes/ask-version.ts'
import { temporaryDirectory, testCertificates } from '../helpers/certificates.ts'

interface FakeApiServer extends ApiServer {
  /** What it answers next, to who shows no token and to who shows one. */
  say(status: number, body: string, withToken?: { readonly status: number; readonly body: string }): void
  readonly asked: string[]
}

async function fakeApiServer(t: Test): Promise<FakeApiServer> {
  const issued = await testCertificates()
  const credentials = temporaryDirectory()
  writeFileSync(join(credentials, 'token'), 'secret\n')
  writeFileSync(join(credentials, 'ca.crt'), issued.ca)
  const asked: string[] = []
  let next = { status: 200, body: '{}' }
  let known = next
  const server = createServer({ cert: issued.certificate, key: issued.privateKey }, (request, response) => {
    asked.push(`${request.method} ${request.url} ${request.headers.authorization}`)
    const { status, body } = request.headers.authorization === undefined ? next : known
    response.statusCode = status
    response.end(body)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => server.close())
  const say: FakeApiServer['say'] = (status, body, withToken) => {
    next = { status, body }
    known = withToken ?? next
  }
  return { host: '127.0.0.1', port: (server.address() as AddressInfo).port, credentials, say, asked }
}

t.test('where the API server is', async (t) => {
  t.equal(inCluster({}), undefined)
  t.equal(inCluster({ KUBERNETES_SERVICE_HOST: '' }), undefined)
  t.strictSame(inCluster({ KUBERNETES_SERVICE_HOST: '10.0.0.1', KUBERNETES_SERVICE_PORT: '6443' }, '/c'), {
    host: '10.0.0.1',
    port: 6443,
    credentials: '/c'
  })
  t.match(inCluster({ KUBERNETES_SERVICE_HOST: 'fd00::1' }), { port: 443, credentials: /serviceaccount$/ })
})

t.test('asking', async (t) => {
  const apiServer = await fakeApiServer(t)
  apiServer.say(200, JSON.stringify({ major: '1', minor: '31+', gitVersion: 'v1.31.4-gke.1000' }))
  t.strictSame(await askVersion(apiServer), { major: 1, minor: 31 })
  t.strictSame(apiServer.asked, ['GET /version undefined'], 'the token stays here')
  const table: readonly (readonly [number, string, RegExp])[] = [
    [500, '{}', /answers 500/],
    [200, 'nonsense', /JSON/],
    [200, 'null', /no gitVersion/],
    [200, '{"gitVersion":"latest"}', /no gitVersion/],
    [200, ' '.repeat(100_000), /does not end|JSON/]
  ]
  for (const [status, body, message] of table) {
    apiServer.say(status, body)
    await t.rejects(askVersion(apiServer), { message }, body.slice(0, 20))
  }
  await t.rejects(askVersion({ ...apiServer, credentials: '/nowhere' }), /ENOENT/)
  await t.rejects(askVersion({ ...apiServer, port: 1 }), /ECONNREFUSED/)
})

t.test('the token is for an API server that wants one', async (t) => {
  const apiServer = await fakeApiServer(t)
  const version = { status: 200, body: '{"gitVersion":"v1.36.2"}' }
  const [anonymous, withToken] = ['GET /version undefined', 'GET /version Bearer secret']
  for (const status of [401, 403]) {
    apiServer.asked.length = 0
    apiServer.say(status, '{}', version)
    t.strictSame(await askVersion(apiServer), { major: 1, minor: 36 }, `${status}`)
    t.strictSame(apiServer.asked, [anonymous, withToken], `${status}`)
    apiServer.say(status, '{}')
    await t.rejects(askVersion(apiServer), { message: `GET /version answers ${status}` }, `${status}, with a token too`)
    const none = { ...apiServer, credentials: temporaryDirectory() }
    copyFileSync(join(apiServer.credentials, 'ca.crt'), join(none.credentials, 'ca.crt'))
    await t.rejects(
      askVersion(none),
      { message: /without a token.*--kubernetes-version.*api-server-token/ },
      `${status}`
    )
  }
  apiServer.asked.length = 0
  apiServer.say(500, '{}', version)
  await t.rejects(askVersion(apiServer), /answers 500/)
  t.strictSame(apiServer.asked, [anonymous], 'a server that is broken is not told who asks')
})

t.test('asking again until there is an answer', async (t) => {
  const apiServer = await fakeApiServer(t)
  const heard: string[] = []
  apiServer.say(503, '')
  followVersion(apiServer, {
    learned: ({ major, minor }) => heard.push(`${major}.${minor}`),
    failed: (error) => {
      heard.push(String(error))
      apiServer.say(200, '{"gitVersion":"v1.36.2"}')
    }
  })
  for (let attempt = 0; attempt < 200 && heard.length < 2; attempt++) await sleep(20)
  t.strictSame(heard, ['Error: GET /version answers 503', '1.36'])
})
