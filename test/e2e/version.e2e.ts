// The version of a real API server: told to anybody by default, and to a ServiceAccount without a Role where nobody may
// ask anonymously.
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { type ApiServer, askVersion } from '../../src/kubernetes/ask-version.ts'
import { type Assets, type ControlPlane, findAssets, startControlPlane } from './harness/control-plane.ts'

const { assets, reason } = findAssets(process.env)

t.setTimeout(300_000)

interface Stage extends ControlPlane {
  /** As a Pod finds it: with the CA of the API server, and with a token where one is given. */
  apiServer(token?: string): ApiServer
}

async function stageFor(t: Test, assets: Assets, extraApiServerArgs: readonly string[]): Promise<Stage> {
  const cluster = await startControlPlane(assets, { extraApiServerArgs, controllers: false })
  const directories: string[] = []
  t.teardown(async () => {
    await cluster.stop()
    for (const directory of directories) rmSync(directory, { recursive: true })
  })
  const { hostname, port } = new URL(cluster.url)
  const [{ cluster: entry }] = JSON.parse(readFileSync(cluster.kubeconfig, 'utf8')).clusters
  return {
    ...cluster,
    apiServer(token) {
      const credentials = mkdtempSync(join(tmpdir(), 'holdfast-version-'))
      directories.push(credentials)
      copyFileSync(entry['certificate-authority'], join(credentials, 'ca.crt'))
      if (token !== undefined) writeFileSync(join(credentials, 'token'), token)
      return { host: hostname, port: Number(port), credentials }
    }
  }
}

t.test('the version of a real API server', { skip: reason ?? false }, async (t) => {
  if (assets === undefined) return
  const { kubectl, ...open } = await stageFor(t, assets, [])
  const { serverVersion } = JSON.parse((await kubectl(['version', '-o', 'json'])).stdout)
  const expected = { major: Number(serverVersion.major), minor: Number.parseInt(serverVersion.minor, 10) }
  t.strictSame(await askVersion(open.apiServer()), expected, 'by default it asks for no token')
  t.strictSame(await askVersion(open.apiServer('no token of this cluster')), expected, 'and is shown none')
})

t.test('an API server that answers no anonymous client', { skip: reason ?? false }, async (t) => {
  if (assets === undefined) return
  const { kubectl, apiServer } = await stageFor(t, assets, ['--anonymous-auth=false'])
  await t.rejects(askVersion(apiServer()), { message: /answers 401 without a token, and none is mounted/ })
  await kubectl(['create', 'serviceaccount', 'holdfast', '-n', 'default'])
  const token = (await kubectl(['create', 'token', 'holdfast', '-n', 'default'])).stdout
  t.match(await askVersion(apiServer(token)), { major: 1 }, 'a ServiceAccount without a Role may ask')
  await t.rejects(askVersion(apiServer('no token of this cluster')), { message: 'GET /version answers 401' })
})
