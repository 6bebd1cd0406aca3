// What `explain-upgrade` prints is taken at its word here: each command is run in a shell as it stands there, in order,
// against StatefulSets whose upgrade was refused.

import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import type { V1PersistentVolumeClaim, V1Pod, V1StatefulSet } from '@kubernetes/client-node'
import type { JsonObject } from '../../src/core/values/json.ts'
import { subjectOf } from '../../src/inventory/subjects.ts'
import { upgradePlanFor } from '../../src/upgrade/plan.ts'
import { planText } from '../../src/upgrade/plan-text.ts'
import { findKubectl } from './harness/assets.ts'
import { gatewayWithFile, imageOf, NAME, type Release, type ReleaseParts, release } from './harness/manifests.ts'
import { endToEnd, type Stage, type Test } from './harness/suite.ts'
import { until } from './harness/wait.ts'

const CLAIM = `storage-volume-${NAME}`
const CLASS = 'expands'
const GATEWAY = { app: 'gateway' }
const DELETE = { persistentVolumeClaimRetentionPolicy: { whenDeleted: 'Delete', whenScaled: 'Retain' } }

/** A command of a plan, and what it printed. */
interface Ran {
  readonly command: string
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

type Shell = (command: string) => Promise<Ran>

interface Case {
  readonly name: string
  readonly runs: ReleaseParts
  readonly sent: ReleaseParts
  /** Which version is sent, where 2.16.0 runs. */
  readonly version: string
  /** Something to be done to the cluster before the plan is made. */
  readonly before?: (stage: Stage, namespace: string) => Promise<unknown>
  /** Whether it makes objects that belong to no namespace. */
  readonly needsOwnCluster?: true
  /** In the order in which the plan has them. */
  readonly titles: readonly string[]
  /** What a reader does who reads the text around a command. */
  readonly reader?: (t: Test, ran: Ran, shell: Shell, namespace: string) => Promise<unknown>
  readonly podsStay: boolean
  readonly after?: (t: Test, stage: Stage, namespace: string) => Promise<void>
}

const two = { replicas: 2, podManagementPolicy: 'Parallel' }

const CASES: readonly Case[] = [
  {
    name: 'labels',
    version: '2.17.0',
    runs: { spec: { ...two, updateStrategy: { type: 'OnDelete' } } },
    sent: { spec: { ...two, updateStrategy: { type: 'OnDelete' } } },
    titles: ['Pre-checks', 'Delete the StatefulSet and nothing else', 'Upgrade again', 'Verify'],
    podsStay: true
  },
  {
    name: 'another service',
    version: '2.16.0',
    runs: { spec: two },
    sent: { spec: { ...two, serviceName: 'gateway' } },
    titles: [
      'Pre-checks',
      'Delete the StatefulSet and nothing else',
      'Upgrade again',
      'Restart Pods that have the old name',
      'Verify'
    ],
    // They are restarted, because nothing else makes them anew.
    podsStay: false,
    async reader(t, { command, stdout }) {
      if (!command.includes('SERVICE:')) return
      t.match(stdout, new RegExp(`${NAME}-0 +${NAME}\\n`), 'the Pods have the name of the old service')
    },
    async after(t, stage, namespace) {
      const names = (await podsIn(stage, namespace)).map(({ spec }) => spec?.subdomain)
      t.strictSame(names, ['gateway', 'gateway'], 'the Pods have the name of the new service')
    }
  },
  {
    name: 'PVCs that go with their StatefulSet',
    version: '2.16.0',
    runs: { spec: { ...two, ...DELETE } },
    sent: { claim: { storageClassName: 'fast' }, spec: { ...two, ...DELETE } },
    titles: ['Pre-checks', 'Keep the PVCs', 'Delete the StatefulSet and nothing else', 'Upgrade again', 'Verify'],
    reader: disownClaims,
    podsStay: true
  },
  {
    name: 'PVCs that go with their StatefulSet, whose Pods cannot stay',
    version: '2.17.0',
    runs: { spec: { ...two, ...DELETE } },
    sent: {
      spec: {
        ...two,
        ...DELETE,
        selector: { matchLabels: GATEWAY },
        template: { metadata: { labels: GATEWAY }, spec: { containers: [gatewayWithFile(imageOf('2.17.0'))] } }
      }
    },
    // The claim that is left behind belongs to no Pod, and the controller does not look at it again.
    async before(stage, namespace) {
      await stage.kubectl(['scale', 'statefulset', NAME, '-n', namespace, '--replicas=1'])
      await until('the second Pod to go', async () => (await podsIn(stage, namespace)).length === 1)
    },
    titles: ['Pre-checks', 'Keep the PVCs', 'Delete the StatefulSet with its Pods', 'Upgrade again', 'Verify'],
    reader: disownClaims,
    podsStay: false
  },
  {
    name: 'a larger volume',
    version: '2.16.0',
    runs: { claim: { storageClassName: CLASS }, spec: two },
    sent: { claim: { storageClassName: CLASS, resources: { requests: { storage: '10Gi' } } }, spec: two },
    needsOwnCluster: true,
    before: bindClaims,
    titles: ['Pre-checks', 'Resize the PVCs', 'Delete the StatefulSet and nothing else', 'Upgrade again', 'Verify'],
    podsStay: true,
    async after(t, stage, namespace) {
      const sizes = (await claimsIn(stage, namespace)).map(({ spec }) => spec?.resources?.requests?.storage)
      t.strictSame(sizes, ['10Gi', '10Gi'], 'the PVCs ask for the new size')
    }
  }
]

endToEnd('the steps that replace a StatefulSet', { controllers: true }, async (t, stage) => {
  await stage.install('cluster-wide', await stage.holdfast())
  for (const one of CASES) {
    const skip =
      one.needsOwnCluster === true && !stage.isOwn && 'It makes volumes by hand, in a cluster of its own only.'
    await t.test(one.name, { skip }, (t) => follow(t, stage, one))
  }
})

async function follow(t: Test, stage: Stage, one: Case): Promise<void> {
  const namespace = await stage.namespace()
  const directory = mkdtempSync(join(tmpdir(), 'holdfast-e2e-plan-'))
  t.teardown(() => rmSync(directory, { recursive: true, force: true }))
  const kubelet = standInForKubelet(stage, namespace)
  t.teardown(() => kubelet.stop())

  const runs = notOfHelm(release('2.16.0', namespace, one.runs))
  const sent = notOfHelm(release(one.version, namespace, one.sent))
  await stage.kubectl(['apply', '-f', '-'], { input: JSON.stringify(runs) })
  await until('ready Pods', async () => (await podsIn(stage, namespace)).filter(isReady).length === 2)
  await one.before?.(stage, namespace)
  const before = await snapshot(stage, namespace)
  t.not((await stage.run(['apply', '-f', '-'], sent)).code, 0, 'the upgrade is refused')

  const file = join(directory, 'new version.json')
  writeFileSync(file, JSON.stringify(sent))
  const old = await stage.get<JsonObject>('statefulset', NAME, '-n', namespace)
  const plan = upgradePlanFor(subjectOf(sent as unknown as JsonObject, old, namespace), { file })
  t.strictSame(
    plan.steps.map(({ title }) => title),
    one.titles
  )

  const shell = await shellFor(stage, directory)
  for (const command of commandsOf(planText([plan]))) {
    if (/\bCLAIM\b/.test(command)) continue
    const ran = await shell(command)
    t.equal(ran.code, 0, `${command}\n${ran.stderr}`)
    await one.reader?.(t, ran, shell, namespace)
  }

  const after = await snapshot(stage, namespace)
  t.not(after.set, before.set, 'there is a new StatefulSet')
  t.strictSame(after.claims, before.claims, 'the PVCs are the ones from before')
  t.ok(after.owners.length > 0 && after.owners.every((uid) => uid === after.set), 'it has the Pods')
  const stayed = before.pods.filter((uid) => after.pods.includes(uid))
  t.strictSame(stayed, one.podsStay ? before.pods : [], one.podsStay ? 'which are the same' : 'which are new')
  t.equal((await stage.run(['apply', '-f', '-'], sent)).code, 0, 'and the upgrade goes through from now on')
  await one.after?.(t, stage, namespace)
}

/** Without what says that Helm brought it: the plan then upgrades with kubectl. */
function notOfHelm(set: Release): Release {
  return { ...set, metadata: { ...set.metadata, labels: {} } }
}

/** What stands in four columns of its own: commands, and no YAML. */
function commandsOf(printed: string): string[] {
  return [...printed.matchAll(/^ {4}((?:kubectl|for) .+)$/gm)].map(([, command = '']) => command)
}

/** Reads "go on when no line ends in NAME", and does for each claim that is left over what stands below it. */
async function disownClaims(t: Test, { command }: Ran, shell: Shell, namespace: string): Promise<void> {
  if (!command.includes('.items[?(@.metadata.ownerReferences)]')) return
  const owned = async () => (await shell(command)).stdout.split('\n').filter((line) => line.endsWith(NAME))
  // The controller looks at the claims of Pods that are there, and needs a moment.
  const left = await until('the controller', async () => {
    const lines = await owned()
    return lines.every((line) => line.startsWith(`${CLAIM}-1 `)) && lines
  })
  for (const line of left) {
    const patch = `kubectl patch pvc ${line.split(' ')[0]} -n ${namespace} --type=json -p '[{"op":"remove","path":"/metadata/ownerReferences"}]'`
    t.equal((await shell(patch)).code, 0, patch)
  }
  t.strictSame(await owned(), [], 'no PVC goes with the StatefulSet any more')
}

/** No claim is resized that has no volume, of a class that allows it. Where there is no provisioner, we make one up. */
async function bindClaims(stage: Stage, namespace: string): Promise<void> {
  const storageClass = {
    apiVersion: 'storage.k8s.io/v1',
    kind: 'StorageClass',
    metadata: { name: CLASS },
    provisioner: 'example.com/none',
    allowVolumeExpansion: true
  }
  await stage.kubectl(['apply', '-f', '-'], { input: JSON.stringify(storageClass) })
  for (const { metadata } of await claimsIn(stage, namespace)) {
    const claim = ['pvc', metadata?.name ?? '', '-n', namespace, '--type=merge']
    await stage.kubectl(['patch', ...claim, '-p', JSON.stringify({ spec: { volumeName: metadata?.uid } })])
    const status = { phase: 'Bound', capacity: { storage: '2Gi' }, accessModes: ['ReadWriteOnce'] }
    await stage.kubectl(['patch', ...claim, '--subresource=status', '-p', JSON.stringify({ status })])
  }
}

/** A POSIX shell in a directory of its own, whose kubectl speaks to the cluster. */
async function shellFor(stage: Stage, directory: string): Promise<Shell> {
  const kubeconfig = join(directory, 'kubeconfig')
  const { stdout } = await stage.kubectl(['config', 'view', '--raw', '--minify', '--flatten'])
  writeFileSync(kubeconfig, stdout, { mode: 0o600 })
  const path = [dirname(findKubectl(process.env) ?? ''), process.env.PATH].join(delimiter)
  const env = { ...process.env, PATH: path, KUBECONFIG: kubeconfig }
  return async (command) => {
    const child = spawn('/bin/sh', ['-c', command], { cwd: directory, env, timeout: 60_000, stdio: 'pipe' })
    child.stdin.end()
    const ended = new Promise<number>((resolve) => child.once('exit', (code) => resolve(code ?? -1)))
    const [code, out, err] = await Promise.all([ended, text(child.stdout), text(child.stderr)])
    return { command, code, stdout: out, stderr: err }
  }
}

/** Controllers wait for Pods to be ready. Where there is no kubelet to say that they are, we do. */
function standInForKubelet(stage: Stage, namespace: string): { stop(): Promise<void> } {
  const status = { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] }
  const patch = ['--subresource=status', '--type=merge', '-p', JSON.stringify({ status })]
  let stopped = !stage.isOwn
  const work = async (): Promise<void> => {
    while (!stopped) {
      const waiting = (await podsIn(stage, namespace).catch(() => [])).filter((pod) => !isReady(pod))
      const names = waiting.map(({ metadata }) => `pod/${metadata?.name}`)
      if (names.length > 0) await stage.run(['patch', ...names, ...patch, '-n', namespace])
      await sleep(100)
    }
  }
  const working = work()
  return {
    stop: () => {
      stopped = true
      return working
    }
  }
}

async function podsIn(stage: Stage, namespace: string): Promise<V1Pod[]> {
  return (await stage.get<{ items: V1Pod[] }>('pods', '-n', namespace)).items
}

async function claimsIn(stage: Stage, namespace: string): Promise<V1PersistentVolumeClaim[]> {
  return (await stage.get<{ items: V1PersistentVolumeClaim[] }>('pvc', '-n', namespace)).items
}

function isReady({ status }: V1Pod): boolean {
  return status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') ?? false
}

/** Who is who, by uid. */
async function snapshot(stage: Stage, namespace: string) {
  const { metadata } = await stage.get<V1StatefulSet>('statefulset', NAME, '-n', namespace)
  const pods = await podsIn(stage, namespace)
  const claims = await claimsIn(stage, namespace)
  const uidsOf = (items: readonly (V1Pod | V1PersistentVolumeClaim)[]) => items.map((item) => item.metadata?.uid)
  const owners = pods.map((pod) => pod.metadata?.ownerReferences?.[0]?.uid)
  return { set: metadata?.uid, pods: uidsOf(pods), claims: uidsOf(claims), owners }
}
