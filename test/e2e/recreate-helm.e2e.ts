// The Job before an upgrade, as manifests/examples/helm-hook has it: Helm, 3 and 4, upgrade a chart that they otherwise
// cannot. There is no kubelet: the test runs the container of the Job, as its ServiceAccount.

import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { V1ConfigMap, V1PersistentVolumeClaim, V1Pod } from '@kubernetes/client-node'
import { parseAllDocuments } from 'yaml'
import { findHelms, type HelmHome, type HelmResult, helmHome, helmWith } from './harness/helm.ts'
import { standIn } from './harness/node-stand-in.ts'
import { type Recreated, type Recreator, recreatorOf } from './harness/recreate-command.ts'
import { endToEnd, type Stage, type Test } from './harness/suite.ts'
import { until } from './harness/wait.ts'

const HOOK = fileURLToPath(new URL('../../manifests/examples/helm-hook/recreate.yaml', import.meta.url))

endToEnd('the Job before an upgrade', { controllers: true, wholeCluster: true }, async (t, stage) => {
  const recreator = await recreatorOf(stage)
  t.teardown(() => recreator.dispose())
  const home = await helmHome(stage.kubectl, stage.isOwn)
  t.teardown(() => home.remove())
  for (const major of [3, 4] as const) {
    const found = (await findHelms()).get(major)
    const skip = found === undefined && `There is no Helm ${major} on the PATH.`
    await t.test(`Helm ${major}`, { skip }, async (t) => {
      const helm = helmWith(found?.program ?? '', home.env)
      await upgrades(t, stage, recreator, home, helm)
    })
  }
})

async function upgrades(
  t: Test,
  stage: Stage,
  recreator: Recreator,
  home: HelmHome,
  helm: (args: readonly string[]) => Promise<HelmResult>
): Promise<void> {
  const namespace = await stage.namespace()
  const nodes = await standIn(recreator.kubeconfig, namespace, { claims: true })
  t.teardown(() => nodes.stop())
  const release = (verb: string, chart: string) => helm([verb, 'pgw', chart, '-n', namespace, '--timeout=50s'])
  t.equal((await release('install', home.chart('0.2.0'))).code, 0)
  await until('a Pod', async () => (await uidsIn(stage, namespace)).length === 2)
  const before = await uidsIn(stage, namespace)
  const refused = await release('upgrade', home.chart('0.3.0'))
  t.match(refused.error, /Forbidden: updates to statefulset spec|conflict/, 'without it, Helm cannot')

  for (const version of ['0.3.0', '0.4.0']) {
    const chart = withHook(t, home.chart(version))
    const [upgrade, job] = await Promise.all([release('upgrade', chart), asKubelet(t, stage, recreator, namespace)])
    t.match(job, { code: 0, sets: [{ outcome: 'recreated' }] }, version)
    t.equal(upgrade.code, 0, `${version}: ${upgrade.error}`)
    const labels = JSON.stringify(await stage.get('statefulset', 'pgw', '-n', namespace))
    t.ok(labels.includes(`pushgateway-${version}`), `${version} is stored`)
  }
  t.strictSame((await uidsIn(stage, namespace)).slice(1), before.slice(1), 'the PVC is the one from before')
  const left = await stage.get<{ items: unknown[] }>('job,configmap,role,rolebinding', '-n', namespace, '-l', 'a!=a')
  t.notOk(JSON.stringify(left.items).includes('holdfast-recreate'), 'nothing of the hook is left')
}

function withHook(t: Test, chart: string): string {
  const directory = mkdtempSync(join(tmpdir(), 'holdfast-e2e-chart-'))
  t.teardown(() => rmSync(directory, { recursive: true, force: true }))
  cpSync(chart, directory, { recursive: true })
  cpSync(HOOK, join(directory, 'templates/recreate.yaml'))
  return directory
}

/** Runs what the Pod of the Job says, and says how it ended. */
async function asKubelet(t: Test, stage: Stage, recreator: Recreator, namespace: string): Promise<Recreated> {
  const name = 'pgw-holdfast-recreate'
  const pod = await until('the Pod of the Job', async () => {
    const { items } = await stage.get<{ items: V1Pod[] }>('pods', '-n', namespace, '-l', `job-name=${name}`)
    return items.find(({ status, metadata }) => status?.phase !== 'Succeeded' && !metadata?.deletionTimestamp)
  })
  t.match(pod.spec, { serviceAccountName: name, restartPolicy: 'OnFailure' })
  const { data } = await stage.get<V1ConfigMap>('configmap', name, '-n', namespace)
  const manifests = parseAllDocuments(data?.['statefulset.yaml'] ?? '').map((document) => document.toJS())
  const { stdout: token } = await stage.kubectl(['create', 'token', name, '-n', namespace])
  const [command, ...args] = pod.spec?.containers[0]?.args ?? []
  t.equal(command, 'recreate')
  const others = args.filter((arg) => !/^--(filename|save-dir)=/.test(arg))
  const ran = await recreator.recreate(manifests, others, recreator.as(token.trim()))
  const status = JSON.stringify({ status: { phase: ran.code === 0 ? 'Succeeded' : 'Failed' } })
  const patch = ['patch', 'pod', pod.metadata?.name ?? '', '-n', namespace, '--subresource=status', '--type=merge']
  await stage.kubectl([...patch, '-p', status])
  return ran
}

/** Of the Pod, which the new version replaces, and of the claim. */
async function uidsIn(stage: Stage, namespace: string): Promise<(string | undefined)[]> {
  const { items } = await stage.get<{ items: (V1Pod | V1PersistentVolumeClaim)[] }>('pod,pvc', '-n', namespace)
  return items
    .filter(({ metadata }) => metadata?.name?.startsWith('data-') || metadata?.name === 'pgw-0')
    .map(({ metadata }) => metadata?.uid)
}
