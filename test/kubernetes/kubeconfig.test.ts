import { once } from 'node:events'
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { inspect } from 'node:util'
import t from 'tap'
import type { JsonObject } from '../../src/core/values/json.ts'
import { createApi } from '../../src/kubernetes/client.ts'
import { watchPlugins } from '../../src/kubernetes/credential-plugin.ts'
import { connect } from '../../src/kubernetes/kubeconfig.ts'
import { temporaryDirectory, testCertificates } from '../helpers/certificates.ts'
import { fakeCluster, kubeconfigFor } from '../helpers/fake-cluster.ts'

/** Nothing of whoever runs the tests leads anywhere. */
const HOME = temporaryDirectory()
process.env.HOME = HOME
delete process.env.KUBECONFIG

t.test('a context, its namespace and its cluster', async (t) => {
  const cluster = await fakeCluster(t)
  const contexts = [
    { name: 'test', context: { cluster: 'test', user: 'test' } },
    { name: 'lab', context: { cluster: 'test', user: 'test', namespace: 'lab' } },
    { name: 'elsewhere', context: { cluster: 'nowhere', user: 'test' } }
  ]
  const kubeconfig = kubeconfigFor(cluster.connection.server.origin, { contexts })
  const current = await connect({ kubeconfig })
  t.match(current, { cluster: 'the cluster behind the context test', namespace: undefined })
  t.match(await connect({ kubeconfig, context: 'lab' }), { namespace: 'lab', cluster: /lab/ })
  const api = createApi(current)
  t.match(await api.get('/version'), { gitVersion: 'v1.36.1' })
  t.match(await current.options(), { headers: { Authorization: 'Bearer secret' } })
  api.close()

  process.env.KUBECONFIG = kubeconfig
  t.teardown(() => delete process.env.KUBECONFIG)
  t.match(await connect({}), { cluster: /test/ }, 'where kubectl looks for it, too')
  await t.rejects(connect({ kubeconfig, context: 'prod' }), {
    message: /no context "prod": it has test, lab, elsewhere\. /
  })
  await t.rejects(connect({ kubeconfig, context: 'elsewhere' }), { message: /names a cluster that is not there/ })
})

async function rejection(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => 'no error',
    (error: unknown) => error
  )
}

t.test('what leads nowhere', async (t) => {
  const directory = temporaryDirectory()
  const file = (name: string, text: string): string => {
    writeFileSync(join(directory, name), text)
    return join(directory, name)
  }
  const table: readonly (readonly [string, RegExp])[] = [
    [directory, /^Cannot use .*: EISDIR\. Check/],
    ['/nowhere/kubeconfig', /^Cannot use \/nowhere\/kubeconfig: ENOENT/],
    [file('empty', ''), /^Cannot use .*empty: it is not one document of YAML\. /],
    [file('null', 'null'), /^Cannot use .*null: it is no kubeconfig/],
    [file('broken', 'users:\n  - token: [secret'), /^Cannot use .*broken: it is no YAML \(line 2, column 19\)\. Check/],
    [file('alias', 'users: *eyJSECRET'), /^Cannot use .*alias: it is no YAML \(line 1, column 9\)\. Check/],
    [file('tag', 'users: !<!eyJSECRET> a'), /^Cannot use .*tag: it is no YAML \(line 1, column 8\)\. Check/],
    [file('lacks', 'clusters: [{ name: a, cluster: {} }]'), /lacks: clusters\[0\]\.cluster\.server is missing\. Check/],
    [file('token', 'users: [{ name: a, user: { token-file: eyJSECRET } }]'), /^Cannot use .*token: ENOENT\. Check/],
    [file('path', 'users: [{ name: a, user: { token-file: /no/where } }]'), /path: "\/no\/where": ENOENT\. Check/],
    [kubeconfigFor('ftp://me:SECRET@host'), /no URL of an API server: "ftp:\/\/host"/],
    [
      kubeconfigFor('https://127.0.0.1:1', { 'current-context': 'a\n\u001b[31m' }),
      /no context "a\\n\\u001b\[31m": it has test\. /
    ],
    [file('other', 'kind: ConfigMap'), /^The kubeconfig names no current context: it has none/],
    [kubeconfigFor('localhost:8080'), /no URL of an API server: "localhost:8080"/],
    [kubeconfigFor('https://127.0.0.1:1', { 'current-context': '' }), /names no current context: it has test/]
  ]
  for (const [kubeconfig, message] of table) {
    const error = await rejection(connect({ kubeconfig }))
    t.match(error, { code: 'CLUSTER_UNREACHABLE', message }, kubeconfig)
    t.notMatch(inspect(error), /SECRET/, 'nor does a cause say it')
  }
  await t.rejects(connect({}), { message: /^There is no kubeconfig, and no service account as in a Pod\. / })
})

t.test('certificates', async (t) => {
  const issued = await testCertificates()
  const server = createServer({ cert: issued.certificate, key: issued.privateKey }, (request, response) => {
    response.end(JSON.stringify({ said: request.headers.authorization ?? 'nothing' }))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    server.close()
    server.closeAllConnections()
  })
  const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`
  const ask = async (cluster: object, user: object = { token: 'secret' }): Promise<object> => {
    const parts = {
      clusters: [{ name: 'test', cluster: { server: url, ...cluster } }],
      users: [{ name: 'test', user }]
    }
    const api = createApi(await connect({ kubeconfig: kubeconfigFor(url, parts) }))
    return api.get('/version').finally(() => api.close())
  }
  const ca = Buffer.from(issued.ca).toString('base64')
  t.strictSame(await ask({ 'certificate-authority-data': ca }), { said: 'Bearer secret' })
  t.strictSame(await ask({ 'insecure-skip-tls-verify': true }), { said: 'Bearer secret' })
  await t.rejects(ask({}), { code: 'CLUSTER_UNREACHABLE', message: /cannot be reached: .*certificate/ })
  const other = Buffer.from((await testCertificates()).ca).toString('base64')
  await t.rejects(ask({ 'certificate-authority-data': other }), { message: /cannot be reached: .*certificate/ })

  t.test('a credential plugin', async (t) => {
    const exec = pluginOf('echo "{\\"status\\":{\\"token\\":\\"from $PLUGIN\\"}}"')
    const user = { exec: { ...exec, env: [{ name: 'PLUGIN', value: 'the plugin' }] } }
    t.strictSame(await ask({ 'certificate-authority-data': ca }, user), { said: 'Bearer from the plugin' })
  })
})

/** What a kubeconfig says of a plugin that does this. */
function pluginOf(script: string): { readonly command: string } & JsonObject {
  const command = join(temporaryDirectory(), 'plugin')
  mkdirSync(join(command, '..'), { recursive: true })
  writeFileSync(command, `#!/bin/sh\n${script}\n`)
  chmodSync(command, 0o700)
  return { apiVersion: 'client.authentication.k8s.io/v1', command, interactiveMode: 'Never' }
}

function userOf(user: JsonObject, cluster: JsonObject = {}): string {
  const server = 'https://127.0.0.1:1'
  const clusters = [{ name: 'test', cluster: { server, ...cluster } }]
  return kubeconfigFor(server, { clusters, users: [{ name: 'test', user }] })
}

t.test('what is wrong with credentials is said in words of ours', async (t) => {
  const exec = (script: string): string => userOf({ exec: pluginOf(script) })
  const old = (name: string): string => userOf({ 'auth-provider': { name, config: { 'id-token': 'a.eyJSECRET.c' } } })
  const table: readonly (readonly [string, string, RegExp])[] = [
    ['a bare token', exec('echo eyJSECRET'), /^the credential plugin ".*plugin" printed something that is no Exec/],
    ['another document', exec('echo \'{"token":"SECRET"}\''), /printed something that is no ExecCredential$/],
    ['no output', exec(''), /printed something that is no ExecCredential$/],
    [
      'words on stderr',
      exec('printf "log in:\\n\\033[31meyJSECRET" >&2; exit 3'),
      /^the credential plugin ".*plugin" ended with exit code 3; run it by itself to see why$/
    ],
    ['a signal', exec('kill -TERM $$'), /was ended by SIGTERM; run it/],
    ['a question', exec('read password || exit 4'), /exit code 4/],
    [
      'no such command',
      userOf({ exec: { ...pluginOf(''), command: '/no/\u001b[31m', args: ['SECRET'] } }),
      /^the credential plugin "\/no\/\\u001b\[31m" cannot be started: ENOENT$/
    ],
    ['no command', userOf({ exec: {} }), /^the credentials or the proxy of the kubeconfig cannot be used$/],
    ['a token of OIDC', old('oidc'), /^the credentials or the proxy of the kubeconfig cannot be used$/],
    [
      'a key in the place of its file',
      userOf({ 'client-key': 'SECRET' }),
      /names as client-key cannot be read: ENOENT$/
    ],
    ['no CA', userOf({ token: 'a' }, { 'certificate-authority': '/no/ca' }), /names as certificate-authority cannot/],
    ['no proxy', userOf({ token: 'a' }, { 'proxy-url': 'SECRET' }), /^the credentials or .* cannot be used \("ERR_/]
  ]
  for (const [name, kubeconfig, message] of table) {
    const connection = await connect({ kubeconfig })
    const error = await rejection(connection.options())
    t.match(error, { name: 'ApiError', failure: 'Connection', message }, name)
    t.notMatch(inspect(error), /SECRET/, name)
    connection.close()
  }
})

t.test('a plugin that hangs is ended, and not started again', async (t) => {
  const starts = join(temporaryDirectory(), 'starts')
  writeFileSync(starts, '')
  // What the plugin starts has its pipes, and lives on.
  const kubeconfig = userOf({ exec: pluginOf(`echo . >> ${starts}; sleep 20; exit 0`) })
  const connection = await connect({ kubeconfig }, watchPlugins(500))
  const before = performance.now()
  for (let request = 0; request < 2; request++) {
    const message = /^the credential plugin ".*plugin" did not end within 0\.5 s$/
    t.match(await rejection(connection.options()), { failure: 'Timeout', message })
  }
  t.ok(performance.now() - before < 10_000)
  t.equal(readFileSync(starts, 'utf8'), '.\n')
  const api = createApi(connection)
  await t.rejects(api.get('/version'), { code: 'CLUSTER_UNREACHABLE', message: /reached: the credential plugin/ })
  api.close()
})

t.test('names that YAML takes for numbers', async (t) => {
  const contexts = [{ name: 5, context: { cluster: 'test', user: 'test', namespace: 123 } }]
  const kubeconfig = kubeconfigFor('https://127.0.0.1:1', { contexts, 'current-context': 5 })
  t.match(await connect({ kubeconfig }), { namespace: '123', cluster: 'the cluster behind the context 5' })
})

t.test('plain HTTP without a word', async (t) => {
  const kubeconfig = kubeconfigFor('http://127.0.0.1:1', {
    clusters: [{ name: 'test', cluster: { server: 'http://127.0.0.1:1' } }]
  })
  const api = createApi(await connect({ kubeconfig }))
  await t.rejects(api.get('/version'), { code: 'CLUSTER_UNREACHABLE', message: /insecure-skip-tls-verify/ })
})

t.test('a proxy keeps its own connections', async (t) => {
  const kubeconfig = kubeconfigFor('https://127.0.0.1:1', {
    clusters: [{ name: 'test', cluster: { server: 'https://127.0.0.1:1', 'proxy-url': 'http://127.0.0.1:2' } }]
  })
  const { agent } = await (await connect({ kubeconfig })).options()
  t.match(agent, { proxy: { port: '2' } })
})
