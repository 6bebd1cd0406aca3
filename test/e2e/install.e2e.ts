// The chart and the files of a release, from the first install over every mode to the uninstall, while cainjector owns a
// field of every webhook entry. There is no kubelet, so nobody answers: what is looked at is what is stored.

import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { installFile } from '../../scripts/install-file.ts'
import { issueCertificates } from '../../src/certificates/issue.ts'
import { CHART } from '../manifests/helm-template.ts'
import { type Entry, entriesOf, type Overlay, render, skip } from '../manifests/render.ts'
import { type Cainjector, cainjectorOf, certificatesIn } from './harness/cainjector.ts'
import { sumOf } from './harness/control-plane.ts'
import { definitionOf } from './harness/definition.ts'
import { commandsOf, documentedCommands, type Shell, shellOf } from './harness/documented.ts'
import { findHelms, type Helm, helmHome, helmWith, type Major } from './harness/helm.ts'
import { listOf } from './harness/manifests.ts'
import { CONFIGURATIONS, type Configuration, endToEnd, type Stage, type Test } from './harness/suite.ts'
import { until } from './harness/wait.ts'

const NAMESPACE = 'holdfast-system'
const PAGE = 'docs/install.md'
const PROGRAM = fileURLToPath(new URL('../../bin/holdfast.cjs', import.meta.url))
const CERT_MANAGER = [
  { kind: 'Certificate', resource: 'certificates' },
  { kind: 'Issuer', resource: 'issuers' }
].map((names) => ({ group: 'cert-manager.io', version: 'v1', ...names }))

interface Place {
  readonly stage: Stage
  readonly cainjector: Cainjector
  /** What cert-manager issued. */
  readonly ca: string
  readonly helms: ReadonlyMap<Major, Helm>
  /** The files of a release are in its directory. */
  readonly shell: Shell
}

/** What somebody does with a release, and the mode that it is in afterwards. */
interface Step {
  readonly run: string
  readonly mode: Overlay
  /** Default: the first version of the scenario. */
  readonly as?: Major
}

interface Scenario {
  readonly title: string
  /** The versions of Helm that it needs; the last one uninstalls. */
  readonly majors: readonly Major[]
  readonly steps: readonly Step[]
}

const LIFECYCLE: readonly Step[] = [
  { run: 'install', mode: 'audit' },
  { run: 'upgrade', mode: 'audit' },
  { run: 'upgrade --set replicas=3', mode: 'audit' },
  { run: 'upgrade --set mode=cluster-wide', mode: 'cluster-wide' },
  { run: 'rollback', mode: 'audit' },
  { run: 'upgrade --set mode=cluster-wide', mode: 'cluster-wide' },
  { run: 'upgrade --set mode=opt-in', mode: 'opt-in' },
  { run: 'upgrade --set mode=audit', mode: 'audit' },
  { run: 'upgrade --set mode=opt-in,scan.enabled=true', mode: 'opt-in' },
  { run: 'upgrade --set mode=cluster-wide,priority.enabled=true', mode: 'cluster-wide' },
  { run: 'rollback', mode: 'opt-in' }
]

const FROM_3_TO_4: readonly Step[] = [
  { run: 'install', mode: 'audit' },
  { run: 'upgrade --set mode=opt-in', mode: 'opt-in', as: 4 },
  { run: 'upgrade --set mode=cluster-wide --server-side=true', mode: 'cluster-wide', as: 4 },
  { run: 'upgrade --set mode=audit', mode: 'audit', as: 4 },
  { run: 'rollback', mode: 'cluster-wide', as: 4 }
]

const SCENARIOS: readonly Scenario[] = [
  { title: 'Helm 3', majors: [3], steps: LIFECYCLE },
  { title: 'Helm 4', majors: [4], steps: LIFECYCLE },
  { title: 'Helm 3, then Helm 4', majors: [3, 4], steps: FROM_3_TO_4 },
  {
    title: 'Helm 4 on the client side, then Helm 3',
    majors: [4, 3],
    steps: [
      { run: 'install --server-side=false', mode: 'audit' },
      { run: 'upgrade --set mode=opt-in', mode: 'opt-in', as: 3 },
      { run: 'upgrade --set mode=cluster-wide', mode: 'cluster-wide', as: 3 },
      { run: 'rollback', mode: 'opt-in', as: 3 }
    ]
  },
  {
    title: 'Helm 4, then Helm 3',
    majors: [4, 3],
    steps: [
      { run: 'install', mode: 'audit' },
      { run: 'upgrade --set mode=opt-in', mode: 'opt-in', as: 3 },
      { run: 'upgrade --set mode=cluster-wide', mode: 'cluster-wide', as: 3 },
      { run: 'rollback', mode: 'opt-in', as: 3 }
    ]
  }
]

endToEnd('install', { controllers: true, wholeCluster: true }, async (t, stage) => {
  const home = await helmHome(stage.kubectl, stage.isOwn)
  const shell = await shellOf(stage)
  try {
    const found = [...(await findHelms())]
    const helms = new Map(found.map(([major, { program }]) => [major, helmWith(program, home.env)]))
    const { ca } = await issueCertificates(['holdfast.holdfast-system.svc'], 1, new Date())
    const place = { stage, ca, helms, shell, cainjector: await cainjectorOf(stage) }
    await stage.kubectl(['create', '-f', '-'], {
      input: listOf(CERT_MANAGER.map((resource) => definitionOf(resource)))
    })
    for (const { resource, group } of CERT_MANAGER)
      await until(resource, () => stage.kubectl(['get', `${resource}.${group}`, '-A']))

    for (const scenario of SCENARIOS) {
      const missing = scenario.majors.filter((major) => !helms.has(major))
      const reason = skip || (missing.length > 0 && `there is no Helm ${missing.join(' and 4')} on the PATH`)
      await t.test(scenario.title, { skip: reason }, (t) => lifecycle(t, place, scenario))
    }
    for (const style of ['', ' --server-side'])
      await t.test(`kubectl apply${style}`, { skip }, (t) => byFile(t, place, style))
    for (const major of [3, 4] as const) {
      const reason = skip || (!helms.has(major) && `there is no Helm ${major} on the PATH`)
      await t.test(`from the manifests to the chart, Helm ${major}`, { skip: reason }, (t) =>
        takenOver(t, place, major)
      )
      await t.test(`without cert-manager, Helm ${major}`, { skip: reason }, (t) => provided(t, place, major))
      await t.test(`helm test, Helm ${major}`, { skip: reason }, (t) => tested(t, place, major))
    }
    await t.test('nobody was called', async (t) => {
      const metrics = await stage.metrics()
      t.equal(sumOf(metrics, 'apiserver_admission_webhook_fail_open_count'), 0, 'no object of the release waits for it')
    })
  } finally {
    home.remove()
    shell.dispose()
  }
})

async function lifecycle(t: Test, place: Place, { majors, steps }: Scenario): Promise<void> {
  const { stage, cainjector, ca } = place
  const [first, last] = [majors[0] as Major, majors.at(-1) as Major]
  const [install, ...others] = steps as [Step, ...Step[]]
  await helmSucceeds(t, place, first, install.run)
  // A new configuration has no caBundle until cainjector has seen it.
  await cainjector.inject(ca)
  const { uids } = await isInForce(t, stage, install)
  for (const step of others) {
    const said = await helmSucceeds(t, place, step.as ?? first, step.run)
    if (step.run !== 'rollback') t.match(said, `in mode ${step.mode}:`, 'the notes say the mode')
    const now = await isInForce(t, stage, step)
    t.strictSame(now.uids, uids, 'and the configurations were not deleted meanwhile')
    await cainjector.inject(ca)
  }
  await turnedOff(t, place, last, others.at(-1)?.mode as Overlay)
  await uninstalls(t, place, last)
}

/** The one command for an emergency, and what NOTES.txt says that undoes it. */
async function turnedOff(t: Test, place: Place, major: Major, mode: Overlay): Promise<void> {
  await place.stage.uninstall()
  const run = `upgrade --set mode=${mode}`
  await helmSucceeds(t, place, major, run)
  await place.cainjector.inject(place.ca)
  await isInForce(t, place.stage, { run: `${run}, after the configurations were deleted`, mode })
}

/** Nobody may be called any more when the first thing goes that an answer needs. */
async function uninstalls(t: Test, place: Place, major: Major): Promise<void> {
  const { stage } = place
  const before = stage.deletions().length
  await helmSucceeds(t, place, major, 'uninstall')
  const { items } = await stage.get<{ items: Configuration[] }>(CONFIGURATIONS.join(','))
  t.strictSame(items, [], 'no webhook entry is left')
  const order = await until('the Pods to be deleted', async () => {
    const deleted = stage.deletions().slice(before)
    return deleted.some((name) => name.startsWith('pods/')) && deleted
  })
  const first = CONFIGURATIONS.map((kind) => order.indexOf(`${kind}s/holdfast`))
  const others = order.findIndex((name) => !CONFIGURATIONS.some((kind) => name.startsWith(kind)))
  t.ok(
    first.every((index) => index >= 0 && index < others),
    `the webhook configurations are deleted first: ${order.join(', ')}`
  )
}

/** Every change from one mode to another. */
const ROUND: readonly Overlay[] = ['audit', 'cluster-wide', 'opt-in', 'audit', 'opt-in', 'cluster-wide', 'audit']

/** The files of a release, applied and deleted as the documentation says. */
async function byFile(t: Test, place: Place, style: string): Promise<void> {
  const { stage, shell, cainjector, ca } = place
  let uids: unknown[] | undefined
  for (const mode of ROUND) {
    await applied(t, place, mode, style)
    if (uids === undefined) await cainjector.inject(ca)
    const now = await isInForce(t, stage, { run: `kubectl apply${style}`, mode })
    uids ??= now.uids
    t.strictSame(now.uids, uids, 'and the configurations were not deleted meanwhile')
  }
  const { metadata } = await stage.get<{ metadata: { generation: number } }>('deployment/holdfast', '-n', NAMESPACE)
  t.equal(metadata.generation, 1, 'no mode changes the Pods')
  const [, , uninstall = ''] = documentedCommands('README.md', 'Install')
  for (const command of [...commandsOf(uninstall), ...commandsOf(uninstall)]) await shellSucceeds(t, shell, command)
  await nothingIsLeft(t, stage)
}

async function applied(t: Test, { shell }: Place, mode: Overlay, style = ''): Promise<void> {
  writeFileSync(join(shell.directory, `install-${mode}.yaml`), installFile(mode))
  const [command = ''] = documentedCommands(PAGE, 'kubectl')
  const local = command.replace(/https:\S+\/install-audit/, `install-${mode}`).replace('apply', `apply${style}`)
  t.not(local, command, 'from here, not from a release')
  await shellSucceeds(t, shell, local)
}

/** What was applied becomes a release. */
async function takenOver(t: Test, place: Place, major: Major): Promise<void> {
  const { stage, cainjector, ca } = place
  await applied(t, place, 'audit')
  await cainjector.inject(ca)
  const { uids } = await isInForce(t, stage, { run: 'kubectl apply', mode: 'audit' })
  const [command = ''] = documentedCommands(PAGE, 'From the manifests to the chart')
  await documentedHelm(t, place, major, major === 4 ? `${command.trim()} --server-side=false` : command)
  const taken = await isInForce(t, stage, { run: 'helm install --take-ownership', mode: 'audit' })
  t.strictSame(taken.uids, uids, 'nothing was deleted')
  for (const mode of ['opt-in', 'cluster-wide'] as const) {
    await helmSucceeds(t, place, major, `upgrade --set mode=${mode}`)
    await isInForce(t, stage, { run: 'helm upgrade', mode })
  }
  await uninstalls(t, place, major)
  await deleteNamespace(place)
}

/** From a certificate of one's own to one of cert-manager, and back. */
async function provided(t: Test, place: Place, major: Major): Promise<void> {
  const { stage, shell, cainjector } = place
  const [, script = ''] = documentedCommands(PAGE, 'Without cert-manager')
  const [certs = '', helm = '', secret = ''] = commandsOf(script)
  await shellSucceeds(
    t,
    shell,
    certs.replace(/^holdfast/, `'${process.execPath}' '${PROGRAM}'`).replace('certs tls', 'certs tls --force')
  )
  const file = join(shell.directory, 'tls/ca.crt')
  const own = readFileSync(file, 'utf8').trim()
  await documentedHelm(t, place, major, helm)
  await shellSucceeds(t, shell, secret)
  await everyBundleIs(t, stage, [own], "the CA of one's own")
  await documentedHelm(t, place, major, helm)
  await everyBundleIs(t, stage, [own], 'and so after an upgrade')

  await helmSucceeds(t, place, major, 'upgrade')
  await cainjector.inject(place.ca)
  await isInForce(t, stage, { run: 'back to cert-manager', mode: 'audit' })
  writeFileSync(file, `${own}\n${place.ca}`)
  await documentedHelm(t, place, major, major === 4 ? `${helm.trim()} --force-conflicts` : helm)
  await everyBundleIs(t, stage, [own, place.ca.trim()], 'both are trusted')
  const { stdout } = await stage.kubectl(['get', 'certificates,issuers', '-n', NAMESPACE, '-o', 'name'])
  t.equal(stdout, '', 'cert-manager writes the Secret no more')
  await uninstalls(t, place, major)
  await deleteNamespace(place)
}

/** Nobody runs the Pods of the test here, so that it fails: what it may do is not to stay behind then, either. */
async function tested(t: Test, place: Place, major: Major): Promise<void> {
  const { stage, helms } = place
  await helmSucceeds(t, place, major, 'install')
  const helm = helms.get(major) as Helm
  const { stdout: hooks } = await helm(['get', 'hooks', 'holdfast', '--namespace', NAMESPACE])
  for (const kind of ['ClusterRole', 'ClusterRoleBinding', 'Role', 'RoleBinding', 'ServiceAccount'])
    t.match(hooks, new RegExp(`^kind: ${kind}$`, 'm'), 'the release has it')
  const { code } = await helm(['test', 'holdfast', '--timeout', '5s', '--namespace', NAMESPACE])
  t.equal(code, 1)
  const granted = ['clusterroles', 'clusterrolebindings', 'roles', 'rolebindings', 'serviceaccounts'].join(',')
  const { stdout } = await stage.kubectl(['get', granted, '--all-namespaces', '-o', 'name'])
  t.notMatch(stdout, 'holdfast-test', 'its permissions are gone')
  await uninstalls(t, place, major)
  await deleteNamespace(place)
}

async function documentedHelm(t: Test, { helms, shell }: Place, major: Major, command: string): Promise<void> {
  const [helm, ...words] = command
    .trim()
    .replace(/oci:\S+ --version \S+/, CHART)
    .replace('tls/ca.crt', join(shell.directory, 'tls/ca.crt'))
    .split(' ')
  t.ok(helm === 'helm' && words.includes(CHART), command)
  await succeeds(t, helms.get(major) as Helm, words)
}

async function shellSucceeds(t: Test, shell: Shell, command: string): Promise<void> {
  const { code, stderr } = await shell.run(command)
  t.equal(code, 0, `${command}${stderr}`)
}

async function deleteNamespace({ stage }: Place): Promise<void> {
  await stage.kubectl(['delete', 'namespace', NAMESPACE])
}

async function nothingIsLeft(t: Test, stage: Stage): Promise<void> {
  const kinds = [...CONFIGURATIONS, 'clusterrole', 'clusterrolebinding', 'namespace'].join(',')
  const { stdout } = await stage.kubectl(['get', kinds, '-o', 'name'])
  t.strictSame(
    stdout.split('\n').filter((name) => name.includes('/holdfast')),
    [],
    'nothing is left'
  )
}

async function everyBundleIs(t: Test, stage: Stage, cas: string[], what: string): Promise<void> {
  const { items } = await stage.get<{ items: Configuration[] }>(CONFIGURATIONS.join(','))
  const bundles = items.flatMap(({ webhooks = [] }) => webhooks.map(({ clientConfig }) => clientConfig.caBundle))
  t.equal(bundles.length, 12, 'four entries in three modes')
  for (const bundle of new Set(bundles))
    t.strictSame(
      certificatesIn(bundle)
        .map((pem) => pem.trim())
        .sort(),
      cas.toSorted(),
      what
    )
}

async function helmSucceeds(t: Test, { helms }: Place, major: Major, line: string): Promise<string> {
  const [verb = '', ...flags] = line.split(' ')
  const chart = ['install', 'upgrade'].includes(verb) ? [CHART] : []
  const created = verb === 'install' ? ['--create-namespace'] : []
  const args = [verb, 'holdfast', ...chart, ...created, ...flags, '--namespace', NAMESPACE]
  return succeeds(t, helms.get(major) as Helm, args)
}

/** Without a word besides what it prints of a success. */
async function succeeds(t: Test, helm: Helm, args: string[]): Promise<string> {
  const { code, stdout, error, warnings, rest } = await helm(args)
  const [verb] = args
  t.strictSame({ code, error, warnings, rest }, { code: 0, error: '', warnings: [], rest: [] }, `helm ${verb}`)
  return stdout
}

async function isInForce(t: Test, stage: Stage, { run, mode }: Step): Promise<{ uids: unknown[] }> {
  type Stored = Configuration & { metadata: { uid?: string }; webhooks: Entry[] }
  const { items } = await stage.get<{ items: Stored[] }>(CONFIGURATIONS.join(','))
  const stored = items.flatMap(({ webhooks }) => webhooks)
  const expected = entriesOf(render(`overlays/${mode}`)).map(({ phase: _, ...entry }) => entry)
  t.strictSame(byName(stored.map(withoutCa)), byName(expected), `${run}: exactly the entries of ${mode}`)
  t.ok(
    stored.every(({ clientConfig }) => clientConfig.caBundle),
    `${run}: every entry is trusted`
  )
  return { uids: items.map(({ metadata }) => metadata.uid) }
}

function withoutCa({ clientConfig: { caBundle: _, ...clientConfig }, ...entry }: Entry): Omit<Entry, 'phase'> {
  return { ...entry, clientConfig }
}

function byName<E extends { name: string }>(entries: E[]): E[] {
  return entries.toSorted((one, other) => (one.name < other.name ? -1 : 1))
}
