// `holdfast recreate` against a real control plane: every form of an update that is refused, with rights and without, and
// a process that is ended after each of its requests.

import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { V1PersistentVolumeClaim, V1Pod, V1StatefulSet } from '@kubernetes/client-node'
import type { ObstacleKind } from '../../src/upgrade/obstacle.ts'
import { findKubectl } from './harness/assets.ts'
import { gatewayWithFile, NAME, type ReleaseParts, release } from './harness/manifests.ts'
import { standIn } from './harness/node-stand-in.ts'
import { documentedRole, type Recreated, type Recreator, recreatorOf } from './harness/recreate-command.ts'
import { endToEnd, type Stage, type Test } from './harness/suite.ts'
import { until } from './harness/wait.ts'

const [EXPANDS, FIXED, SILVER, GOLD] = ['expands', 'fixed', 'silver', 'gold']
const CLAIM = 'storage-volume'
const two = { replicas: 2, podManagementPolicy: 'Parallel' }
const DELETE = { persistentVolumeClaimRetentionPolicy: { whenDeleted: 'Delete', whenScaled: 'Retain' } }
const GATEWAY = { app: 'gateway' }

interface Form {
  readonly name: string
  readonly runs?: ReleaseParts
  readonly sent?: ReleaseParts
  /** Default: the same. */
  readonly version?: '2.17.0'
  /** The first minor version of Kubernetes that knows it. */
  readonly since?: number
  readonly args?: readonly string[]
  /** Default: it is recreated, its Pods and claims are the same. */
  readonly end?: readonly ObstacleKind[] | 'nothing-to-do'
  readonly podsGo?: true
  readonly after?: (t: Test, stage: Stage, namespace: string) => Promise<void>
}

const spec = (parts: Record<string, unknown>): ReleaseParts => ({ spec: { ...two, ...parts } })
const claim = (parts: Record<string, unknown>): ReleaseParts => ({ claim: parts, spec: two })
const sized = (storage: string, storageClassName = EXPANDS): ReleaseParts =>
  claim({ storageClassName, resources: { requests: { storage } } })

function templates(...names: readonly string[]): ReleaseParts {
  const own = { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '2Gi' } } }
  return spec({ volumeClaimTemplates: names.map((name) => ({ metadata: { name }, spec: own })) })
}

function selecting(labels: Record<string, string>, parts: Record<string, unknown> = {}): ReleaseParts {
  const { containers } = release('2.16.0', '').spec.template.spec
  return spec({ selector: { matchLabels: labels }, template: { metadata: { labels }, spec: { containers } }, ...parts })
}

const FORMS: readonly Form[] = [
  { name: 'labels of claim templates', version: '2.17.0', runs: onDelete({}), sent: onDelete({}) },
  {
    name: 'labels of claim templates, and those of the PVCs',
    version: '2.17.0',
    runs: onDelete({}),
    sent: onDelete({}),
    args: ['--relabel-claims'],
    async after(t, stage, namespace) {
      for (const { metadata } of await claimsIn(stage, namespace)) {
        t.equal(metadata?.labels?.['helm.sh/chart'], 'prometheus-pushgateway-2.17.0', metadata?.name ?? '')
      }
    }
  },
  { name: 'a size that is spelled differently', runs: sized('2Gi'), sent: sized('2048Mi'), end: 'nothing-to-do' },
  { name: 'the history', since: 33, sent: spec({ revisionHistoryLimit: 3 }), end: 'nothing-to-do' },
  { name: 'podManagementPolicy', sent: spec({ podManagementPolicy: 'OrderedReady' }) },
  { name: 'the order of templates', runs: templates(CLAIM, 'other'), sent: templates('other', CLAIM) },
  { name: 'a template less', runs: templates(CLAIM, 'other'), sent: templates(CLAIM) },
  { name: 'a template more', runs: templates(CLAIM), sent: templates(CLAIM, 'other'), podsGo: true },
  {
    name: 'a template of another name',
    runs: templates(CLAIM, 'old'),
    sent: templates(CLAIM, 'new'),
    end: ['renamed-template']
  },
  {
    name: 'a larger size',
    runs: sized('2Gi'),
    sent: sized('10Gi'),
    async after(t, stage, namespace) {
      const sizes = (await claimsIn(stage, namespace)).map(({ status }) => status?.capacity?.storage)
      t.strictSame(sizes, ['10Gi', '10Gi'], 'the volumes have the new size')
    }
  },
  {
    name: 'a larger size, of a class that does not expand',
    runs: sized('2Gi', FIXED),
    sent: sized('10Gi', FIXED),
    end: ['expansion']
  },
  { name: 'a smaller size', runs: sized('10Gi'), sent: sized('2Gi'), end: ['shrink'] },
  { name: 'the class that is the default one', runs: claim({}), sent: claim({ storageClassName: EXPANDS }) },
  { name: 'no class, where the default one is theirs', runs: claim({ storageClassName: EXPANDS }), sent: claim({}) },
  { name: 'another class', runs: claim({}), sent: claim({ storageClassName: FIXED }), end: ['class'] },
  { name: 'an empty class', runs: claim({}), sent: claim({ storageClassName: '' }), end: ['class'] },
  {
    name: 'other attributes of volumes',
    since: 34,
    runs: claim({ volumeAttributesClassName: SILVER }),
    sent: claim({ volumeAttributesClassName: GOLD }),
    async after(t, stage, namespace) {
      const classes = (await claimsIn(stage, namespace)).map(({ status }) => status?.currentVolumeAttributesClassName)
      t.strictSame(classes, [GOLD, GOLD], 'the volumes have them')
    }
  },
  { name: 'access modes', sent: claim({ accessModes: ['ReadWriteMany'] }), end: ['access-modes'] },
  { name: 'volume mode', sent: claim({ volumeMode: 'Block' }), end: ['volume-mode'] },
  {
    name: 'a source',
    sent: claim({ dataSource: { apiGroup: 'snapshot.storage.k8s.io', kind: 'VolumeSnapshot', name: 'a' } }),
    end: ['source']
  },
  { name: 'a selector of PVCs', sent: claim({ selector: { matchLabels: {} } }), end: ['source'] },
  { name: 'a selector', sent: selecting(GATEWAY), podsGo: true },
  {
    name: 'a selector, and PVCs that go with their StatefulSet',
    runs: spec(DELETE),
    sent: selecting(GATEWAY, DELETE),
    podsGo: true
  },
  {
    name: 'PVCs that go with their StatefulSet',
    runs: spec(DELETE),
    sent: spec({ ...DELETE, podManagementPolicy: 'OrderedReady' })
  },
  { name: 'a service', sent: spec({ serviceName: 'gateway' }), podsGo: true, after: sayGateway },
  {
    name: 'a service, where nobody but us restarts Pods',
    runs: onDelete({}),
    sent: onDelete({ serviceName: 'gateway' }),
    podsGo: true,
    after: sayGateway
  },
  {
    name: 'ordinals',
    runs: spec({ ordinals: { start: 1 } }),
    sent: spec({ ordinals: { start: 1 }, serviceName: 'gateway' }),
    end: ['ordinals']
  },
  { name: 'a selector of other Pods', sent: spec({ selector: { matchLabels: GATEWAY } }), end: ['admission'] }
]

function onDelete(parts: Record<string, unknown>): ReleaseParts {
  return spec({ updateStrategy: { type: 'OnDelete' }, ...parts })
}

async function sayGateway(t: Test, stage: Stage, namespace: string): Promise<void> {
  const names = (await podsIn(stage, namespace)).map((pod) => pod.spec?.subdomain)
  t.strictSame(names, ['gateway', 'gateway'], 'the Pods have the name of the new service')
}

endToEnd('recreate', { controllers: true, wholeCluster: true }, async (t, stage) => {
  const { serverVersion } = JSON.parse((await stage.kubectl(['version', '-o', 'json'])).stdout)
  const minor = Number.parseInt(serverVersion.minor, 10)
  await stage.kubectl(['create', '-f', '-'], { input: classes(minor) })
  const recreator = await recreatorOf(stage)
  t.teardown(() => recreator.dispose())
  for (const form of FORMS) {
    const { name, since = 0 } = form
    const skip = minor < since && `It takes Kubernetes 1.${since}.`
    await t.test(name, { skip }, (t) => recreates(t, stage, recreator, form))
  }
  await t.test('--dry-run stores nothing', (t) => storesNothing(t, stage, recreator))
  await t.test('with the Role of the documentation, and without', (t) => asSomebody(t, stage, recreator))
  await t.test('server-side apply goes on as before', (t) => appliesOn(t, stage, recreator))
  await t.test('as a plugin of kubectl', (t) => asPlugin(t, stage, recreator))
  await t.test('while the API server restarts', (t) => outlivesRestart(t, stage, recreator))
  await t.test('ended after each change, and run again', (t) => endedAfterEach(t, stage, recreator))
  await t.test('where Holdfast says no in the place of the API server', async (t) => {
    await stage.install('cluster-wide', await stage.holdfast())
    const keepsFile = { containers: [gatewayWithFile('quay.io/prometheus/pushgateway:v1.11.1')] }
    await recreates(t, stage, recreator, {
      name: '',
      version: '2.17.0',
      runs: { ...onDelete({}), ...keepsFile },
      sent: { ...onDelete({}), ...keepsFile }
    })
  })
})

function classes(minor: number): string {
  const storage = (name: string, allowVolumeExpansion: boolean, isDefault: boolean) => ({
    apiVersion: 'storage.k8s.io/v1',
    kind: 'StorageClass',
    metadata: { name, annotations: { 'storageclass.kubernetes.io/is-default-class': String(isDefault) } },
    provisioner: 'example.com/none',
    allowVolumeExpansion
  })
  const attributes = (name: string) => ({
    apiVersion: 'storage.k8s.io/v1',
    kind: 'VolumeAttributesClass',
    metadata: { name },
    driverName: 'example.com',
    parameters: { iops: '1' }
  })
  const items = [
    ...[storage(EXPANDS, true, true), storage(FIXED, false, false)],
    ...(minor < 34 ? [] : [attributes(SILVER), attributes(GOLD)])
  ]
  return JSON.stringify({ apiVersion: 'v1', kind: 'List', items })
}

/** What runs, ready and with volumes; and a stand-in that is stopped at the end. */
async function running(t: Test, stage: Stage, recreator: Recreator, parts: ReleaseParts = spec({})): Promise<string> {
  const namespace = await stage.namespace()
  const nodes = await standIn(recreator.kubeconfig, namespace, { claims: true })
  t.teardown(() => nodes.stop())
  await stage.kubectl(['apply', '-f', '-'], { input: JSON.stringify(release('2.16.0', namespace, parts)) })
  await settled(stage, namespace)
  return namespace
}

async function settled(stage: Stage, namespace: string): Promise<void> {
  await until('ready Pods and bound PVCs', async () => {
    const pods = (await podsIn(stage, namespace)).filter(isReady)
    const claims = await claimsIn(stage, namespace)
    return pods.length === 2 && claims.length > 1 && claims.every(({ status }) => status?.phase === 'Bound')
  })
}

async function recreates(t: Test, stage: Stage, recreator: Recreator, form: Form): Promise<void> {
  const { runs = spec({}), sent = spec({}), version = '2.16.0', args = [], end } = form
  const namespace = await running(t, stage, recreator, runs)
  const before = await snapshot(stage, namespace)
  const wanted = release(version, namespace, sent)
  const { code, sets } = await recreator.recreate([wanted], ['--yes', ...args])
  const [result] = sets
  if (end === 'nothing-to-do') {
    t.strictSame([code, result?.outcome], [0, end], said(sets))
    t.strictSame(await snapshot(stage, namespace), before, 'nothing is touched')
    return
  }
  if (end !== undefined) {
    const kinds = result?.obstacles?.map(({ kind }) => kind)
    t.strictSame([code, result?.outcome, kinds], [1, 'refused', end], said(sets))
    t.strictSame(await snapshot(stage, namespace), before, 'nothing is touched')
    return
  }
  t.strictSame([code, result?.outcome], [0, 'recreated'], said(sets))
  await settled(stage, namespace)
  const after = await snapshot(stage, namespace)
  t.not(after.set, before.set, 'there is a new StatefulSet')
  t.match(after.claims, before.claims, 'the PVCs are the ones from before')
  const stayed = Object.entries(before.pods).filter(([name, uid]) => after.pods[name] === uid)
  t.equal(stayed.length, form.podsGo ? 0 : 2, 'the Pods')
  if (!form.podsGo) t.strictSame(result?.pods, Object.keys(before.pods), 'and it says so')
  t.ok(
    after.owners.every((uid) => uid === after.set),
    'it has the Pods'
  )
  t.equal((await stage.run(['apply', '-f', '-'], wanted)).code, 0, 'and the upgrade goes through')
  t.match((await recreator.recreate([wanted])).sets, [{ outcome: 'nothing-to-do' }])
  await form.after?.(t, stage, namespace)
}

/** What the command makes of it, of one StatefulSet. */
function said([result]: Recreated['sets']): string {
  const reasons = result?.obstacles?.map(({ reason }) => reason) ?? []
  return [result?.outcome, result?.message, ...reasons].join('; ')
}

async function storesNothing(t: Test, stage: Stage, recreator: Recreator): Promise<void> {
  const namespace = await running(t, stage, recreator)
  await stage.run(['wait', '--for=jsonpath={.status.observedGeneration}=1', `statefulset/${NAME}`, '-n', namespace])
  const before = await snapshot(stage, namespace)
  const already = stage.audited(namespace).length
  const { code, sets } = await recreator.recreate([release('2.17.0', namespace, spec({}))], ['--dry-run'])
  t.match([code, sets], [0, [{ outcome: 'planned' }]])
  t.strictSame(await snapshot(stage, namespace), before)
  const ours = stage
    .audited(namespace)
    .slice(already)
    .filter(({ userAgent }) => userAgent === 'holdfast')
  const writes = ours.filter(({ verb = '' }) => !['get', 'list'].includes(verb))
  t.strictSame(writes.map(({ verb }) => verb).sort(), ['create', 'update'], 'it asks what would become of both')
  t.ok(
    writes.every(({ requestURI }) => requestURI?.includes('dryRun=All')),
    'and stores nothing'
  )
}

async function asSomebody(t: Test, stage: Stage, recreator: Recreator): Promise<void> {
  const namespace = await running(t, stage, recreator)
  const wanted = [release('2.17.0', namespace, spec({ serviceName: 'gateway' }))]
  await stage.kubectl(['create', 'serviceaccount', 'upgrader', '-n', namespace])
  const { stdout: token } = await stage.kubectl(['create', 'token', 'upgrader', '-n', namespace])
  const kubeconfig = recreator.as(token.trim())
  const before = await snapshot(stage, namespace)
  const without = await recreator.recreate(wanted, ['--yes'], kubeconfig)
  t.match(without, {
    code: 1,
    sets: [{ obstacles: [{ kind: 'rights', reason: /get statefulsets\.apps, update st.*, list pods/ }] }]
  })
  t.strictSame(await snapshot(stage, namespace), before, 'nothing is touched')

  await stage.kubectl(['apply', '-f', '-'], { input: documentedRole(namespace) })
  const bind = ['--role=holdfast-recreate', `--serviceaccount=${namespace}:upgrader`, '-n', namespace]
  await stage.kubectl(['create', 'rolebinding', 'upgrader', ...bind])
  const allowed = await until('the Role to be known', async () => {
    const run = await recreator.recreate(wanted, ['--yes'], kubeconfig)
    return run.code !== 1 && run
  })
  t.match(allowed, { code: 0, sets: [{ outcome: 'recreated' }] }, said(allowed.sets))
}

/** A field manager that applies the next version, and removes what it has no longer. */
async function appliesOn(t: Test, stage: Stage, recreator: Recreator): Promise<void> {
  const namespace = await running(t, stage, recreator, spec({}))
  const set = (version: string, parts: Record<string, unknown>) => {
    const { replicas: _, ...rest } = release(version, namespace, spec(parts)).spec
    return { ...release(version, namespace, spec(parts)), spec: rest }
  }
  const apply = (object: object) =>
    stage.run(['apply', '--server-side', '--force-conflicts', '--field-manager=flux', '-f', '-'], object)
  await stage.kubectl(['delete', 'statefulset', NAME, '-n', namespace, '--cascade=orphan'])
  t.equal((await apply(set('2.16.0', {}))).code, 0)
  await stage.kubectl(['scale', 'statefulset', NAME, '-n', namespace, '--replicas=2'])
  await settled(stage, namespace)
  const { code, sets } = await recreator.recreate([set('2.17.0', {})])
  t.match([code, sets], [0, [{ outcome: 'recreated' }]])
  const { metadata, spec: now } = await stage.get<V1StatefulSet>(
    'statefulset',
    NAME,
    '-n',
    namespace,
    '--show-managed-fields'
  )
  const managers = metadata?.managedFields?.filter(({ subresource }) => subresource === undefined)
  t.match(managers, [{ manager: 'flux', operation: 'Apply' }], 'its fields are as before')
  t.equal(managers?.length, 1)
  t.equal(now?.replicas, 2)
  const strict = ['apply', '--server-side', '--field-manager=flux', '-f', '-']
  const next = set('2.17.0', { minReadySeconds: 5, template: withImage(set('2.17.0', {}).spec.template, 'nginx') })
  const applied = await stage.run(strict, next)
  t.equal(applied.code, 0, applied.stderr)
  const after = await stage.get<V1StatefulSet>('statefulset', NAME, '-n', namespace)
  t.match(after.spec, { replicas: 2, minReadySeconds: 5, template: { spec: { containers: [{ image: 'nginx' }] } } })
}

function withImage<Template extends { spec: { containers: object[] } }>(template: Template, image: string): Template {
  const [container] = template.spec.containers
  return { ...template, spec: { ...template.spec, containers: [{ ...container, image }] } }
}

/** kubectl looks for a program of this name, as npm installs it. */
async function asPlugin(t: Test, stage: Stage, recreator: Recreator): Promise<void> {
  const namespace = await running(t, stage, recreator)
  const directory = mkdtempSync(join(tmpdir(), 'holdfast-e2e-plugin-'))
  t.teardown(() => rmSync(directory, { recursive: true, force: true }))
  const { bin } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'))
  symlinkSync(
    fileURLToPath(new URL(`../../${bin['kubectl-holdfast']}`, import.meta.url)),
    join(directory, 'kubectl-holdfast')
  )
  const file = join(directory, 'new.json')
  writeFileSync(file, JSON.stringify(release('2.17.0', namespace, spec({}))))
  const PATH = [directory, dirname(process.execPath), process.env.PATH].join(delimiter)
  const env = { PATH, HOME: directory, KUBECONFIG: recreator.kubeconfig }
  const { stdout } = await promisify(execFile)(
    findKubectl(process.env) ?? '',
    ['holdfast', 'recreate', '-f', file, '--dry-run'],
    { env }
  )
  t.match(stdout, /It would be replaced\.\n$/)
}

async function outlivesRestart(t: Test, stage: Stage, recreator: Recreator): Promise<void> {
  const namespace = await running(t, stage, recreator)
  const before = await snapshot(stage, namespace)
  const { behindDoor, endAt, requests } = recreator
  endAt(0)
  const wanted = release('2.16.0', namespace, spec({ podManagementPolicy: 'OrderedReady' }))
  const run = recreator.recreate([wanted], ['--yes'], behindDoor)
  // In the middle of it, whatever that is: each single request has a test of its own that fails it.
  await until('some requests', async () => requests() > 15)
  await stage.restart?.()
  const { code, sets } = await run
  t.match([code, sets], [0, [{ outcome: 'recreated' }]], said(sets))
  const after = await snapshot(stage, namespace)
  t.strictSame([after.pods, after.claims], [before.pods, before.claims], 'Pods and PVCs are the same')
}

/**
 * With claims that go with their StatefulSet: whatever went wrong would take the data along. To end after a read is to end
 * after the change before it; test/commands/recreate/enumeration.test.ts ends after each request, reads as well.
 */
async function endedAfterEach(t: Test, stage: Stage, recreator: Recreator): Promise<void> {
  const { behindDoor, endAt, changes } = recreator
  let last = 1
  for (; ; last++) {
    const namespace = await running(t, stage, recreator, {
      claim: { storageClassName: EXPANDS },
      spec: { ...two, ...DELETE }
    })
    const wanted = release('2.16.0', namespace, {
      claim: { storageClassName: EXPANDS, resources: { requests: { storage: '4Gi' } } },
      spec: { ...two, ...DELETE, podManagementPolicy: 'OrderedReady' }
    })
    const before = await snapshot(stage, namespace)
    endAt(last)
    const first = await recreator.recreate([wanted], ['--yes'], behindDoor)
    const isOver = changes() < last
    if (!isOver) t.equal(first.code, null, `ended at change ${last}`)
    endAt(0)
    const again = isOver ? first : await recreator.recreate([wanted], ['--yes'], behindDoor)
    t.equal(again.code, 0, `${last}: ${said(again.sets)}`)
    await until('the owner of the PVCs', async () => (await snapshot(stage, namespace)).claimOwners.length === 2)
    // Garbage is collected a moment later.
    await sleep(200)
    const after = await snapshot(stage, namespace)
    t.strictSame([after.pods, after.claims], [before.pods, before.claims], `${last}: Pods and PVCs are the same`)
    t.not(after.set, before.set, `${last}: and the StatefulSet is a new one`)
    t.ok(
      [...after.owners, ...after.claimOwners].every((uid) => uid === after.set),
      `${last}: and has all of them`
    )
    t.match((await recreator.recreate([wanted], ['--yes'], behindDoor)).sets, [{ outcome: 'nothing-to-do' }], `${last}`)
    await stage.run(['delete', 'namespace', namespace, '--wait=false'])
    if (isOver) break
  }
  t.ok(last > 5, `${last - 1} changes`)
}

async function podsIn(stage: Stage, namespace: string): Promise<V1Pod[]> {
  return (await stage.get<{ items: V1Pod[] }>('pods', '-n', namespace)).items
}

async function claimsIn(stage: Stage, namespace: string): Promise<V1PersistentVolumeClaim[]> {
  return (await stage.get<{ items: V1PersistentVolumeClaim[] }>('pvc', '-n', namespace)).items
}

function isReady({ metadata, status }: V1Pod): boolean {
  const conditions = status?.conditions ?? []
  return !metadata?.deletionTimestamp && conditions.some(({ type, status }) => type === 'Ready' && status === 'True')
}

/** Who is who, by uid. */
async function snapshot(stage: Stage, namespace: string) {
  const { metadata } = await stage.get<V1StatefulSet>('statefulset', NAME, '-n', namespace)
  const [pods, claims] = [await podsIn(stage, namespace), await claimsIn(stage, namespace)]
  const uidsOf = (items: readonly (V1Pod | V1PersistentVolumeClaim)[]): Record<string, string | undefined> =>
    Object.fromEntries(items.map((item) => [item.metadata?.name, item.metadata?.uid]))
  return {
    set: metadata?.uid,
    generation: metadata?.generation,
    pods: uidsOf(pods),
    claims: uidsOf(claims),
    owners: pods.map((pod) => pod.metadata?.ownerReferences?.[0]?.uid),
    claimOwners: claims.flatMap((one) => one.metadata?.ownerReferences?.map(({ uid }) => uid) ?? [])
  }
}
