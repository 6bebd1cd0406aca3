// The command against what stands in for an API server: what it reads, what it says, and how it ends.
import { Ajv } from 'ajv'
import t, { type Test } from 'tap'
import type { JsonObject } from '../../../src/core/values/json.ts'
import { doctorSchema } from '../../../src/doctor/doctor-json.ts'
import type { InstalledMode } from '../../../src/doctor/shipped-entries.ts'
import { EVERYTHING } from '../../fixtures/hostile.ts'
import {
  apiServerMetrics,
  BUDGET,
  base64,
  configurationsOf,
  DEPLOYMENT,
  ISSUED,
  namespaceOf,
  OWN,
  POD_ENTRY,
  patchedPod,
  replica,
  replicaMetrics,
  SERVICE,
  SLICE
} from '../../fixtures/installation.ts'
import { holdfast } from '../../helpers/command.ts'
import {
  type Answer,
  type Asked,
  type FakeCluster,
  fakeCluster,
  forbidden,
  status
} from '../../helpers/fake-cluster.ts'
import { faultsIn } from '../../helpers/harmless.ts'

const validate = new Ajv({ strict: true }).compile(doctorSchema())

interface Options {
  readonly mode?: InstalledMode
  /** Whether calls arrive. */
  readonly isAlive?: () => boolean
  /** What is answered instead. */
  readonly instead?: (asked: Asked) => Answer | undefined
  readonly namespaces?: readonly JsonObject[]
  readonly config?: string
}

/** An installation with one replica that counts its reviews. */
async function installation(t: Test, options: Options = {}): Promise<FakeCluster> {
  const { mode = 'cluster-wide', isAlive = () => true, instead, namespaces = [], config = '' } = options
  const [mutating, validating] = configurationsOf(mode)
  const api = '/apis/admissionregistration.k8s.io/v1'
  const stored = {
    [`${api}/mutatingwebhookconfigurations`]: [mutating],
    [`${api}/validatingwebhookconfigurations`]: [validating],
    '/api/v1/namespaces': [namespaceOf('default'), namespaceOf(OWN), ...namespaces],
    '/api/v1/services': [SERVICE],
    '/api/v1/pods': [replica('holdfast-a')],
    '/api/v1/configmaps': [{ metadata: { name: 'holdfast', namespace: OWN }, data: { 'config.yaml': config } }],
    '/api/v1/secrets': [
      { metadata: { name: 'holdfast-tls', namespace: OWN }, data: { 'tls.crt': base64(ISSUED.certificate) } }
    ],
    '/apis/apps/v1/deployments': [{ ...DEPLOYMENT, status: { readyReplicas: 2 } }],
    '/apis/discovery.k8s.io/v1/endpointslices': [SLICE],
    '/apis/policy/v1/poddisruptionbudgets': [BUDGET]
  }
  let reviews = 0
  let failed = 0
  return fakeCluster(t, stored as Record<string, unknown[]>, (asked) => {
    const said = instead?.(asked)
    if (said !== undefined) return said
    const { method, path } = asked
    if (path === '/metrics') return { status: 200, body: apiServerMetrics(POD_ENTRY, reviews, failed) }
    if (path.endsWith('/proxy/metrics')) return { status: 200, body: replicaMetrics({ reviews }) }
    if (path.endsWith('/proxy/livez')) return { status: 200, body: 'ok' }
    if (method !== 'POST') return undefined
    if (isAlive()) reviews++
    else failed++
    const isPatched = isAlive() && mode !== 'audit'
    return { status: 201, body: isPatched ? patchedPod('default') : asked.body }
  })
}

async function doctor(cluster: FakeCluster, ...args: readonly string[]) {
  return holdfast('doctor', `--kubeconfig=${cluster.kubeconfig}`, ...args)
}

async function codesOf(cluster: FakeCluster, ...args: readonly string[]): Promise<readonly [unknown, string[]]> {
  const { stdout, code } = await doctor(cluster, '-o', 'json', ...args)
  const document = JSON.parse(stdout) as { checks: { findings: { code: string; level: string }[] }[] }
  if (!validate(document as unknown)) throw new Error(JSON.stringify(validate.errors))
  const { checks } = document
  return [code, checks.flatMap(({ findings }) => findings.filter(({ level }) => level !== 'note').map((it) => it.code))]
}

t.test('all is well, in each mode', async (t) => {
  for (const [mode, ...namespaces] of [
    ['audit'],
    ['cluster-wide'],
    ['opt-in', namespaceOf('lab', { 'holdfast.dev/mode': 'enforce' })]
  ] as const) {
    const cluster = await installation(t, { mode, namespaces })
    const { code, stdout, stderr } = await doctor(cluster)
    t.strictSame([code, stderr], [0, ''], stdout)
    t.match(stdout, /^Holdfast in the namespace holdfast-system of the cluster behind the context test, mode /)
    t.match(stdout, /\nAll is well\.\n$/, mode)
    t.equal(stdout.split('\n').filter((line) => line.startsWith('ok ')).length, 9, `${mode}: a line for each check`)
  }
})

t.test('it writes nothing', async (t) => {
  for (const isAlive of [true, false]) {
    const cluster = await installation(t, { isAlive: () => isAlive })
    await doctor(cluster)
    const writes = cluster.asked.filter((line) => !line.startsWith('GET '))
    t.strictSame(new Set(writes), new Set(['POST /api/v1/namespaces/default/pods?dryRun=All']))
    t.equal(cluster.stored.get('/api/v1/pods')?.length, 1)
  }
})

t.test('nobody is called', async (t) => {
  for (const mode of ['cluster-wide', 'audit'] as const) {
    const cluster = await installation(t, { mode, isAlive: () => false })
    t.strictSame(await codesOf(cluster), [1, ['NOT_CALLED', 'FAIL_OPEN_NOW']], mode)
    const { stdout } = await doctor(cluster)
    t.match(stdout, /✗ {3}reachable +1 error\n {6}NOT_CALLED: the API server gets no answer/)
    t.match(stdout, /\n {6}Fix: /)
  }
})

t.test('what the configuration allows is read', async (t) => {
  const unmarked = (asked: Asked): Answer | undefined =>
    asked.method === 'POST'
      ? { status: 201, body: asked.body }
      : asked.path.endsWith('/proxy/metrics') || asked.path === '/metrics'
        ? forbidden('it')
        : undefined
  const table: readonly (readonly [string, string, number])[] = [
    ['', 'NOT_CALLED', 1],
    ['mode: audit', 'NOT_PROVEN', 2],
    ['policies: {pushgateway-graceful-stop: {mode: "off"}}', 'NOT_PROVEN', 2],
    ['mode: nonsense', 'NOT_PROVEN', 2]
  ]
  for (const [text, wanted, exit] of table) {
    const config = `apiVersion: holdfast.dev/v1alpha1\nkind: HoldfastConfiguration\n${text}\n`
    const [code, codes] = await codesOf(await installation(t, { instead: unmarked, config }))
    t.ok(codes.includes(wanted), `${text}: ${codes}`)
    t.equal(code, exit, text)
  }
})

t.test('the flag for the mode, as one argument and as two', async (t) => {
  const [container] = DEPLOYMENT.spec.template.spec.containers
  for (const [args, says] of [
    [['serve', '--mode=audit'], 'audit'],
    [['serve', '--mode', 'audit'], 'audit'],
    [['serve', '--mode', 'audit', '--mode=warn'], 'warn'],
    [['serve', '--mode', '--port', '1'], 'enforce']
  ] as const) {
    const template = { ...DEPLOYMENT.spec.template, spec: { containers: [{ ...container, args }] } }
    const deployment = { ...DEPLOYMENT, spec: { ...DEPLOYMENT.spec, template } }
    const cluster = await installation(t, {
      instead: ({ path }) =>
        path.endsWith('/deployments')
          ? { status: 200, body: { kind: 'DeploymentList', apiVersion: 'apps/v1', metadata: {}, items: [deployment] } }
          : undefined
    })
    const { stdout } = await doctor(cluster)
    t.match(stdout, `default (${says}, answered)`, args.join(' '))
  }
})

t.test('what may not be read is not known', async (t) => {
  const only = (allowed: RegExp) => (asked: Asked) =>
    allowed.test(`${asked.method} ${asked.path}`) || asked.path === '/version' ? undefined : forbidden('it')
  const nothing = await codesOf(await installation(t, { instead: only(/^$/) }))
  t.equal(nothing[0], 2, 'nothing')
  t.ok(
    nothing[1].every((code) => code === 'NOT_READ'),
    String(nothing[1])
  )

  const [mutating, validating] = configurationsOf('cluster-wide')
  const byName = (asked: Asked): Answer | undefined => {
    if (/mutating\w+\/holdfast$/.test(asked.path)) return { status: 200, body: mutating }
    if (/validating\w+\/holdfast$/.test(asked.path)) return { status: 200, body: validating }
    return only(/POST/)(asked)
  }
  const [code, codes] = await codesOf(await installation(t, { instead: byName }))
  t.equal(code, 0, 'get and create are enough to know that Holdfast is called')
  t.ok(
    codes.every((it) => it === 'NOT_READ'),
    String(codes)
  )
  t.match(
    (await doctor(await installation(t, { instead: byName }))).stdout,
    'Nothing wrong was found, but not everything'
  )

  const noSecret = await installation(t, {
    instead: ({ path }) => (path.includes('/secrets/') ? forbidden('it') : undefined)
  })
  t.strictSame(await codesOf(noSecret), [0, []], 'an answered call needs no Secret')
})

t.test('warnings fail unless only errors are to', async (t) => {
  const cluster = await installation(t, { namespaces: [namespaceOf('lab', { 'holdfast.dev/mode': 'wran' })] })
  t.strictSame(await codesOf(cluster), [1, ['LABEL_VALUE_UNKNOWN']])
  t.strictSame((await codesOf(cluster, '--fail-on=error'))[0], 0)
  const { stdout } = await doctor(cluster)
  t.match(stdout, /kubectl label namespace lab holdfast\.dev\/mode=warn --overwrite/)
})

t.test('--wait', async (t) => {
  let looks = 0
  const cluster = await installation(t, {
    isAlive: () => looks > 1,
    instead: ({ path }) => {
      if (path.endsWith('/services/holdfast')) looks++
      return undefined
    }
  })
  const { code, stdout } = await doctor(cluster, '--wait=20s')
  t.equal(code, 0, stdout)
  t.equal(looks, 2, 'it looks again, and no longer than it has to')
})

t.test('a namespace that takes no Pod is not the last one', async (t) => {
  const cluster = await installation(t, {
    namespaces: [namespaceOf('lab')],
    instead: ({ method, path }) =>
      method === 'POST' && path.includes('/default/') ? status(403, 'exceeded quota: none') : undefined
  })
  const { code, stdout } = await doctor(cluster)
  t.equal(code, 0, stdout)
  t.match(stdout, /new Pods: lab \(enforce, answered\)/)
})

t.test('who may not ask for the version is told all the rest', async (t) => {
  const cluster = await installation(t, { instead: ({ path }) => (path === '/version' ? forbidden('it') : undefined) })
  t.strictSame(await codesOf(cluster), [0, []])
})

t.test('nobody there', async (t) => {
  const cluster = await installation(t, { instead: () => 'reset' })
  const { code, stdout, stderr } = await doctor(cluster)
  t.strictSame([code, stdout], [2, ''])
  t.match(stderr, /CLUSTER_UNREACHABLE/)
})

t.test('whatever a cluster says is harmless', async (t) => {
  const cluster = await installation(t, {
    namespaces: [
      {
        metadata: { name: EVERYTHING, labels: { 'holdfast.dev/mode': EVERYTHING, [`holdfast/mode${EVERYTHING}`]: 'a' } }
      }
    ],
    instead: ({ path }) =>
      path.endsWith('/endpointslices') ? { status: 403, body: { message: EVERYTHING } } : undefined
  })
  for (const output of ['text', 'json']) {
    const { stdout, stderr } = await doctor(cluster, '-o', output)
    t.strictSame([...faultsIn(stdout), ...faultsIn(stderr)], [], output)
  }
})
