// Certificates without cert-manager: the component on a real API server, with its own rights and no others, and rotations
// under load of which nobody notices anything.

import { X509Certificate } from 'node:crypto'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import root from 'tap'
import { certificatesIn } from '../../src/certificates/trust-bundle.ts'
import { type JsonObject, objectOf } from '../../src/core/values/json.ts'
import { type Connection, connect } from '../../src/kubernetes/kubeconfig.ts'
import { ask, type Method } from '../../src/kubernetes/request.ts'
import { root as manifests, renderWith, skip } from '../manifests/render.ts'
import { type ControllerProcess, identityOf, type PodIdentity, startController } from './harness/cert-controller.ts'
import { findHelms, helmHome, helmWith } from './harness/helm.ts'
import { type Holdfast, startHoldfast } from './harness/holdfast.ts'
import { gateway, listOf, podOf } from './harness/manifests.ts'
import { balance, mountSecret, type SecretValues, type SecretVolume } from './harness/secret-volume.ts'
import { CONFIGURATIONS, type Configuration, endToEnd, type Stage, type Test } from './harness/suite.ts'
import { until } from './harness/wait.ts'

const NAMESPACE = 'holdfast-system'
const ACCOUNT = 'holdfast-cert-controller'
const SECRET = `/api/v1/namespaces/${NAMESPACE}/secrets/holdfast-tls`
/** With this environment variable, as many as a release is tried with. */
const ROTATIONS = Number(process.env.HOLDFAST_E2E_ROTATIONS ?? 10)

/** Upper bounds here, so that a rotation takes seconds: a change of a Secret arrives late, and is then read late. */
const KUBELET_LAG_MS = 800
const RELOAD_MS = 200
const FLAGS = [
  '--hosts=127.0.0.1',
  '--poll-interval=100ms',
  '--lease-duration=3s',
  '--trust-delay=1500ms',
  '--retire-delay=2500ms'
]

interface Place {
  readonly stage: Stage
  readonly admin: Connection
  readonly identity: PodIdentity
  readonly controllers: ControllerProcess[]
  /** Where the API server calls. */
  readonly port: number
}

endToEnd('cert-controller', { wholeCluster: true }, async (t, stage) => {
  if (skip !== false) return void t.pass(skip)
  const undo: (() => Promise<unknown> | unknown)[] = []
  try {
    await stage.kubectl(['apply', '-f', '-'], { input: listOf(withoutConfigurations()) })
    const identity = await identityOf(stage, ACCOUNT, NAMESPACE)
    const admin = await connect({ kubeconfig: await adminKubeconfig(stage, identity.directory) })
    undo.push(identity.dispose, () => admin.close())
    const controllers: ControllerProcess[] = []
    undo.push(() => Promise.all(controllers.map((one) => one.stop())))
    await t.test('it may do what it does, and nothing else', (t) => rights(t, stage, identity))

    const [servers, place] = await start({ stage, admin, identity, controllers }, undo)
    await t.test('the first certificate', (t) => firstIssue(t, place))
    await t.test(`${ROTATIONS} rotations under load`, { timeout: 1_800_000 }, (t) => rotations(t, place, servers))
    await t.test('the leader is killed in the middle of a rotation', (t) => takeover(t, place))
    await t.test('the mode is switched in the middle of a rotation', (t) => modeSwitch(t, place))
    await t.test('CAs of somebody else stay', (t) => foreignCas(t, place))
    await t.test('applied again, nothing is wiped', (t) => appliedAgain(t, place))
    await t.test('a Secret of cert-manager is left alone', (t) => managedElsewhere(t, place))
    await t.test('on SIGTERM, the Lease is left to others', (t) => release(t, place))
    for (const [major, { program }] of await findHelms())
      await t.test(`Helm ${major} keeps the data`, (t) => helmKeeps(t, stage, program))
  } finally {
    for (const step of undo.toReversed()) await Promise.resolve(step()).catch((error) => t.fail(String(error)))
  }
})

// What a file has, and what rotations take of which more are asked for.
root.setTimeout(600_000 + ROTATIONS * 15_000)

function withoutConfigurations(): object[] {
  return renderWith('cluster-wide', ['cert-controller']).filter(({ kind }) => !kind.endsWith('WebhookConfiguration'))
}

async function adminKubeconfig({ kubectl }: Stage, directory: string): Promise<string> {
  const file = join(directory, 'admin')
  const { stdout } = await kubectl(['config', 'view', '--raw', '--minify', '--flatten', '-o', 'json'])
  writeFileSync(file, stdout, { mode: 0o600 })
  return file
}

/** Two controllers, and two serving Pods, each with a volume of its own, behind one address. */
async function start(
  parts: Omit<Place, 'port'>,
  undo: (() => Promise<unknown> | unknown)[]
): Promise<[readonly Holdfast[], Place]> {
  const { stage, identity, controllers } = parts
  const ports: number[] = []
  const balancer = await balance(ports)
  undo.push(() => balancer.stop())
  const place = { ...parts, port: balancer.port }
  await install(place, 'cluster-wide')
  for (const _ of [1, 2]) controllers.push(await startController(identity, FLAGS))
  const servers: Holdfast[] = []
  const volumes: SecretVolume[] = []
  for (const _ of [1, 2]) {
    const volume = await mountSecret(() => valuesOf(place), KUBELET_LAG_MS)
    volumes.push(volume)
    undo.push(() => volume.stop())
    const files = [`--tls-cert-file=${volume.directory}/tls.crt`, `--tls-private-key-file=${volume.directory}/tls.key`]
    const flags = [...files, `--reload-interval=${RELOAD_MS}ms`]
    const server = await startHoldfast({ address: stage.address, configuration: 'mode: warn', flags })
    servers.push(server)
    undo.push(() => server.dispose())
    ports.push(server.port)
  }
  return [servers, place]
}

/** Without a caBundle, as the manifests are; what cannot be evaluated is refused. */
function install(
  { stage, port }: Pick<Place, 'stage' | 'port'>,
  overlay: 'audit' | 'cluster-wide'
): Promise<Configuration[]> {
  return stage.install(overlay, { address: '127.0.0.1', port, caBundle: '' } as Holdfast, ({ webhooks = [] }) => {
    for (const webhook of webhooks) {
      delete webhook.clientConfig.caBundle
      Object.assign(webhook, { failurePolicy: 'Fail' })
    }
  })
}

async function rights(t: Test, stage: Stage, { token }: PodIdentity): Promise<void> {
  const rulesOf = async (bearer: string): Promise<string[]> => {
    const review = {
      apiVersion: 'authorization.k8s.io/v1',
      kind: 'SelfSubjectRulesReview',
      spec: { namespace: NAMESPACE }
    }
    const path = '/apis/authorization.k8s.io/v1/selfsubjectrulesreviews'
    const { stdout } = await stage.kubectl(['--token', bearer, 'create', '--raw', path, '-f', '-'], {
      input: JSON.stringify(review)
    })
    const { resourceRules } = JSON.parse(stdout).status
    return resourceRules.map((rule: Record<string, string[]>) =>
      [rule.apiGroups, rule.resources, rule.resourceNames ?? ['*'], rule.verbs]
        .map((names = []) => names.join())
        .join(' ')
    )
  }
  await stage.kubectl(['create', 'serviceaccount', 'nobody', '-n', NAMESPACE])
  const nobody = (await stage.kubectl(['create', 'token', 'nobody', '-n', NAMESPACE])).stdout.trim()
  const everybody = await rulesOf(nobody)
  t.strictSame(
    (await rulesOf(token)).filter((rule) => !everybody.includes(rule)).sort(),
    [
      ' secrets holdfast-tls get,update',
      'admissionregistration.k8s.io mutatingwebhookconfigurations,validatingwebhookconfigurations holdfast get,patch',
      'coordination.k8s.io leases holdfast-cert-controller get,update'
    ],
    'beside what any account may'
  )
  const refused: readonly (readonly string[])[] = [
    ['get', 'secrets', '-n', NAMESPACE],
    ['get', 'secret/another', '-n', NAMESPACE],
    ['delete', 'secret/holdfast-tls', '-n', NAMESPACE],
    ['create', 'secret', 'generic', 'another', '-n', NAMESPACE],
    ['get', 'mutatingwebhookconfigurations'],
    ['delete', 'mutatingwebhookconfiguration/holdfast'],
    ['delete', 'lease/holdfast-cert-controller', '-n', NAMESPACE],
    ['get', 'pods', '-n', NAMESPACE],
    ['get', 'namespaces']
  ]
  for (const args of refused) {
    const { stderr } = await stage.run(['--token', token, ...args])
    t.match(stderr, /Forbidden|forbidden/, args.join(' '))
  }
}

async function firstIssue(t: Test, place: Place): Promise<void> {
  await settled(place)
  const values = await valuesOf(place)
  t.strictSame(Object.keys(values).sort(), ['ca.crt', 'tls.crt', 'tls.key'], 'and no key of a CA')
  t.equal(new X509Certificate(values['tls.crt'] ?? '').checkIP('127.0.0.1'), '127.0.0.1')
  const leaders = await Promise.all(place.controllers.map((one) => one.metric('holdfast_rotation_leader')))
  t.equal((leaders[0] as number) + (leaders[1] as number), 1, 'one leads')
  for (const one of place.controllers) t.ok(await one.isReady())
  await stillAnswered(t, place)
}

/** Every call is made once: whatever does not succeed is lost. */
async function rotations(t: Test, place: Place, servers: readonly Holdfast[]): Promise<void> {
  const load = await startLoad(place)
  const keys = new Set([keyOf(await valuesOf(place))])
  const start = performance.now()
  for (let rotation = 1; rotation <= ROTATIONS; rotation++) {
    await rotate(place)
    keys.add(keyOf(await valuesOf(place)))
  }
  const seconds = (performance.now() - start) / 1000
  await load.stop()
  t.comment(`${ROTATIONS} rotations in ${Math.round(seconds)} s: ${load.made} calls, ${load.lost.length} lost`)
  for (const { pid, metric } of place.controllers) {
    const rss = Math.round((await metric('process_resident_memory_bytes')) / 1e6)
    const cpu = (await metric('process_cpu_seconds_total')).toFixed(1)
    t.comment(`cert-controller ${pid}: ${rss} MB, ${cpu} s of CPU`)
  }
  t.strictSame(load.lost, [], 'no call is lost')
  t.equal(keys.size, ROTATIONS + 1, 'and each rotation has a CA with a key of its own')
  t.ok(load.made > ROTATIONS * 20, `${load.made} calls`)
  t.ok((await place.stage.calls()) >= load.made, 'each of which was sent to Holdfast')
  for (const server of servers) {
    t.notMatch(await server.metrics(), /^holdfast_certificate_rejections_total [1-9]/m, 'no handshake was refused')
  }
}

async function takeover(t: Test, place: Place): Promise<void> {
  const load = await startLoad(place)
  for (const state of ['trust', 'retirement']) {
    const before = keyOf(await valuesOf(place))
    await annotate(place)
    const leader = await until('the leader to be in the middle of it', async () => {
      for (const one of place.controllers) {
        if ((await one.metric('holdfast_rotation_waiting', { waiting_for: state })) === 1) return one
      }
      return undefined
    })
    await leader.kill()
    place.controllers.splice(place.controllers.indexOf(leader), 1)
    place.controllers.push(await startController(place.identity, FLAGS))
    await settled(place)
    t.not(keyOf(await valuesOf(place)), before, `killed while it waits for ${state}: the other one goes on`)
  }
  await load.stop()
  t.strictSame(load.lost, [], `${load.made} calls, and none is lost`)
}

async function modeSwitch(t: Test, place: Place): Promise<void> {
  const load = await startLoad(place)
  await annotate(place)
  await install(place, 'audit')
  await settled(place)
  t.strictSame(load.lost, [], 'kubectl apply leaves caBundle')
  await load.stop()

  const [name] = CONFIGURATIONS
  const entries = [{ op: 'remove', path: '/webhooks/0/clientConfig/caBundle' }]
  await stageless(place, 'PATCH', `/apis/admissionregistration.k8s.io/v1/${name}s/holdfast`, entries)
  await settled(place)
  t.pass('an entry that lost it gets it back')
  await install(place, 'cluster-wide')
  await stillAnswered(t, place)
}

async function foreignCas(t: Test, place: Place): Promise<void> {
  const theirs = (await valuesOf(place))['ca.crt'] ?? ''
  await rotate(place)
  const path = '/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations/holdfast'
  const put = async (value: string): Promise<void> => {
    const patch = [{ op: 'replace', path: '/webhooks/0/clientConfig/caBundle', value }]
    await stageless(place, 'PATCH', path, patch)
  }
  const [bundle = ''] = bundlesIn(await stageless(place, 'GET', path))
  await put(Buffer.from(`# theirs\n${theirs}${Buffer.from(bundle, 'base64')}`).toString('base64'))
  const before = keyOf(await valuesOf(place))
  await annotate(place)
  await until('the rotation', async () => {
    const values = await valuesOf(place)
    return keyOf(values) !== before && !('retired-ca.crt' in values)
  })
  const [after = ''] = bundlesIn(await stageless(place, 'GET', path))
  const own = (await valuesOf(place))['ca.crt'] ?? ''
  t.equal(
    Buffer.from(after, 'base64').toString().replaceAll('\n\n', '\n'),
    `# theirs\n${theirs}${own}`,
    'byte for byte'
  )
  const seen = await Promise.all(place.controllers.map((one) => one.metric('holdfast_rotation_foreign_cas')))
  t.equal(Math.max(...seen), 1, 'and it is counted')
  await put(Buffer.from(own).toString('base64'))
  await settled(place)
}

async function appliedAgain(t: Test, place: Place): Promise<void> {
  const before = await valuesOf(place)
  const everything = listOf(withoutConfigurations())
  for (const style of [[], ['--server-side', '--force-conflicts'], ['--server-side'], []]) {
    const { code, stderr } = await place.stage.run(['apply', ...style, '-f', '-'], everything)
    t.equal(code, 0, `kubectl apply ${style.join(' ')}: ${stderr.slice(-300)}`)
    t.strictSame(await valuesOf(place), before, 'the Secret keeps its data')
  }
  const lease = await stageless(place, 'GET', `/apis/coordination.k8s.io/v1/namespaces/${NAMESPACE}/leases/${ACCOUNT}`)
  t.ok(objectOf(lease.spec).holderIdentity, 'and the Lease its holder')

  for (const [overlay, style] of [
    ['cluster-wide', '--server-side'],
    ['audit', '--server-side'],
    ['cluster-wide', '--server-side=false']
  ] as const) {
    const configurations = await install(place, overlay)
    const { code, stderr } = await place.stage.run(['apply', style, '-f', '-'], listOf(configurations))
    t.strictSame([code, stderr], [0, ''], `${overlay} ${style}: nobody else owns a field of the manifests`)
    await settled(place)
  }
}

async function managedElsewhere(t: Test, place: Place): Promise<void> {
  const annotation = (value: string | null) =>
    stageless(place, 'PATCH', SECRET, { metadata: { annotations: { 'cert-manager.io/certificate-name': value } } })
  await annotation('holdfast-tls')
  const before = await valuesOf(place)
  await annotate(place)
  await until('a leader that says so', async () =>
    place.controllers.some((one) => one.complaints().some((line) => line.includes('SECRET_MANAGED_ELSEWHERE')))
  )
  t.strictSame(await valuesOf(place), before)
  await annotation(null)
  await settled(place)
  t.not(keyOf(await valuesOf(place)), keyOf(before), 'it goes on when cert-manager has let go')
}

async function release(t: Test, place: Place): Promise<void> {
  const path = `/apis/coordination.k8s.io/v1/namespaces/${NAMESPACE}/leases/${ACCOUNT}`
  for (const one of place.controllers.splice(0)) t.equal(await one.stop(), 'exited with code 0')
  t.equal(objectOf((await stageless(place, 'GET', path)).spec).holderIdentity ?? '', '')
}

async function helmKeeps(t: Test, stage: Stage, program: string): Promise<void> {
  const home = await helmHome(stage.kubectl, true)
  const namespace = await stage.namespace()
  try {
    const helm = helmWith(program, home.env)
    const chart = mkdtempSync(join(tmpdir(), 'holdfast-e2e-chart-'))
    mkdirSync(join(chart, 'templates'))
    for (const file of ['secret', 'lease']) {
      const from = `${manifests}components/cert-controller/${file}.yaml`
      cpSync(from, join(chart, 'templates', `${file}.yaml`))
      const text = readFileSync(from, 'utf8').replaceAll(NAMESPACE, namespace)
      writeFileSync(join(chart, 'templates', `${file}.yaml`), text)
    }
    const release = async (version: string, ...args: string[]) => {
      writeFileSync(join(chart, 'Chart.yaml'), `apiVersion: v2\nname: kept\nversion: ${version}\n`)
      const { code, error } = await helm([...args, '-n', namespace])
      t.equal(code, 0, `${args[0]} ${error}`)
    }
    await release('0.1.0', 'install', 'kept', chart)
    const within = ['-n', namespace, '--type=merge', '-p']
    await stage.kubectl(['patch', 'secret', 'holdfast-tls', ...within, '{"data":{"tls.crt":"QQ=="}}'])
    await stage.kubectl(['patch', 'lease', ACCOUNT, ...within, '{"spec":{"holderIdentity":"me"}}'])
    const kept = async (what: string): Promise<void> => {
      const secret = await stage.get<JsonObject>('secret', 'holdfast-tls', '-n', namespace)
      const lease = await stage.get<JsonObject>('lease', ACCOUNT, '-n', namespace)
      t.match([secret.data, lease.spec], [{ 'tls.crt': 'QQ==' }, { holderIdentity: 'me' }], what)
    }
    for (const version of ['0.2.0', '0.3.0']) {
      await release(version, 'upgrade', 'kept', chart)
      await kept(`upgraded to ${version}`)
    }
    await release('0.3.0', 'rollback', 'kept', '1')
    await kept('rolled back')
    rmSync(chart, { recursive: true })
  } finally {
    home.remove()
  }
}

interface Load {
  made: number
  readonly lost: string[]
  stop(): Promise<void>
}

/** Four clients that create Pods and Deployments which Holdfast evaluates, as dry runs. */
async function startLoad({ stage, admin }: Place): Promise<Load> {
  const namespace = await stage.namespace()
  let running = true
  const load: Load = { made: 0, lost: [], stop: async () => {} }
  const deployment = {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'pgw', namespace },
    spec: {
      selector: { matchLabels: { app: 'pgw' } },
      template: { metadata: { labels: { app: 'pgw' } }, spec: { containers: [gateway()] } }
    }
  }
  const calls = [
    [`/api/v1/namespaces/${namespace}/pods?dryRun=All`, podOf(namespace, 'pgw', [gateway()])],
    [`/apis/apps/v1/namespaces/${namespace}/deployments?dryRun=All`, deployment]
  ] as const
  const work = async (index: number): Promise<void> => {
    const [path, object] = calls[index % 2] as (typeof calls)[number]
    const body = JSON.stringify(object)
    while (running) {
      await ask(admin, 'POST', path, body).catch((error) => load.lost.push(`${new Date().toISOString()} ${error}`))
      load.made++
      await sleep(40)
    }
  }
  const workers = [0, 1, 2, 3].map(work)
  load.stop = async () => {
    running = false
    await Promise.all(workers)
  }
  return load
}

async function stillAnswered(t: Test, place: Place): Promise<void> {
  const load = await startLoad(place)
  await until('some calls', async () => load.made > 20)
  await load.stop()
  t.strictSame(load.lost, [], 'calls are answered')
}

function annotate(place: Place): Promise<JsonObject> {
  return stageless(place, 'PATCH', SECRET, { metadata: { annotations: { 'holdfast.dev/rotate': 'now' } } })
}

async function rotate(place: Place): Promise<void> {
  const before = keyOf(await valuesOf(place))
  await annotate(place)
  await until('another key', async () => keyOf(await valuesOf(place)) !== before, {
    timeoutMs: 60_000,
    intervalMs: 200
  })
  await settled(place)
}

/** Until nothing of a rotation is left, and every entry trusts what the Secret has, and nothing else. */
async function settled(place: Place): Promise<void> {
  await until(
    'the end of the rotation',
    async () => {
      const { metadata, data } = await stageless(place, 'GET', SECRET)
      const isAsked = 'holdfast.dev/rotate' in objectOf(objectOf(metadata).annotations)
      const keys = Object.keys(objectOf(data)).sort().join()
      if (isAsked || keys !== 'ca.crt,tls.crt,tls.key') return false
      const [ca] = certificatesIn(objectOf(data)['ca.crt'] as string)
      const path = '/apis/admissionregistration.k8s.io/v1'
      const found = await Promise.all(
        CONFIGURATIONS.map((kind) => stageless(place, 'GET', `${path}/${kind}s/holdfast`))
      )
      const bundles = found.flatMap(bundlesIn).map(certificatesIn)
      return bundles.length === 12 && bundles.every((bundle) => bundle.length === 1 && bundle[0] === ca)
    },
    { timeoutMs: 60_000, intervalMs: 200 }
  )
}

function bundlesIn(configuration: JsonObject): string[] {
  const { webhooks } = configuration as unknown as Configuration
  return (webhooks ?? []).map(({ clientConfig }) => clientConfig.caBundle ?? '')
}

async function valuesOf(place: Pick<Place, 'admin'>): Promise<SecretValues> {
  const { data } = await stageless(place, 'GET', SECRET)
  const entries = Object.entries(objectOf(data)) as [string, string][]
  return Object.fromEntries(entries.map(([key, value]) => [key, Buffer.from(value, 'base64').toString()]))
}

/** The public key of the CA. */
function keyOf(values: SecretValues): string {
  const { publicKey } = new X509Certificate(values['ca.crt'] ?? '')
  return publicKey.export({ type: 'spki', format: 'der' }).toString('base64')
}

/** As the administrator, without kubectl, which takes longer than a rotation. */
function stageless({ admin }: Pick<Place, 'admin'>, method: Method, path: string, body?: object): Promise<JsonObject> {
  const type = Array.isArray(body) ? 'application/json-patch+json' : 'application/merge-patch+json'
  return ask(admin, method, path, body && JSON.stringify(body), body && type)
}
