import { once } from 'node:events'
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import t from 'tap'
import { createApi } from '../../src/kubernetes/api.ts'
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

t.test('what leads nowhere', async (t) => {
  const directory = temporaryDirectory()
  const file = (name: string, text: string): string => {
    writeFileSync(join(directory, name), text)
    return join(directory, name)
  }
  const table: readonly (readonly [string, RegExp])[] = [
    ['/nowhere/kubeconfig', /^Cannot use \/nowhere\/kubeconfig: ENOENT/],
    [file('empty', ''), /^Cannot use .*empty: .*the input is empty/],
    [file('null', 'null'), /^Cannot use .*null: it is no kubeconfig/],
    [file('broken', 'users:\n  - token: [secret'), /^Cannot use .*broken: (?!.*secret).*\(\d+:\d+\)\. Check/],
    [file('other', 'kind: ConfigMap'), /^The kubeconfig names no current context: it has none/],
    [kubeconfigFor('localhost:8080'), /no URL of an API server: "localhost:8080"/],
    [kubeconfigFor('https://127.0.0.1:1', { 'current-context': '' }), /names no current context: it has test/]
  ]
  for (const [kubeconfig, message] of table) {
    await t.rejects(connect({ kubeconfig }), { code: 'CLUSTER_UNREACHABLE', message }, kubeconfig)
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
    const plugin = join(temporaryDirectory(), 'plugin')
    mkdirSync(join(plugin, '..'), { recursive: true })
    writeFileSync(plugin, '#!/bin/sh\necho \'{"status":{"token":"from the plugin"}}\'\n')
    chmodSync(plugin, 0o700)
    const exec = { apiVersion: 'client.authentication.k8s.io/v1', command: plugin, interactiveMode: 'Never' }
    t.strictSame(await ask({ 'certificate-authority-data': ca }, { exec }), { said: 'Bearer from the plugin' })
    await t.rejects(ask({ 'certificate-authority-data': ca }, { exec: { ...exec, command: '/nowhere/plugin' } }), {
      code: 'CLUSTER_UNREACHABLE',
      message: /cannot be reached: spawn \/nowhere\/plugin ENOENT/
    })
  })
})

t.test('plain HTTP without a word', async (t) => {
  const kubeconfig = kubeconfigFor('http://127.0.0.1:1', {
    clusters: [{ name: 'test', cluster: { server: 'http://127.0.0.1:1' } }]
  })
  const api = createApi(await connect({ kubeconfig }))
  await t.rejects(api.get('/version'), { code: 'CLUSTER_UNREACHABLE', message: /skipTLSVerify/ })
})

t.test('a proxy keeps its own connections', async (t) => {
  const kubeconfig = kubeconfigFor('https://127.0.0.1:1', {
    clusters: [{ name: 'test', cluster: { server: 'https://127.0.0.1:1', 'proxy-url': 'http://127.0.0.1:2' } }]
  })
  const { agent } = await (await connect({ kubeconfig })).options()
  t.match(agent, { proxy: { port: '2' } })
})
