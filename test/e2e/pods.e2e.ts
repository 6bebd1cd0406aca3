// Pods: what becomes of their hooks and grace periods, whoever creates them.

import type { V1Container, V1ObjectMeta, V1Pod } from '@kubernetes/client-node'
import { injectorConfiguration, startInjector } from './harness/injector.ts'
import { gateway, listOf, nginx, podOf, release, stopOf } from './harness/manifests.ts'
import { endToEnd, type Holdfast, type Stage, type Test } from './harness/suite.ts'
import { until } from './harness/wait.ts'
import { waitUntilInForce } from './harness/webhook.ts'

const ENTRY = 'pods.mutate.holdfast.dev'
const POLICY = 'pushgateway-graceful-stop'
const NATIVE = (seconds: number) => ({ sleep: { seconds } })
const SHELL = { exec: { command: ['/bin/sh', '-c', 'sleep 30'] } }

interface Case {
  name: string
  containers?: V1Container[]
  metadata?: Partial<V1ObjectMeta>
  spec?: Record<string, unknown>
  /** The hooks that come out, by container, and the grace period. */
  preStop: Record<string, object | null>
  grace: number
  /** What kubectl prints as a warning, after the policy's name. */
  warns?: readonly string[]
  /** The API server does not even call. */
  notCalled?: true
}

const annotated = (name: string, value: string) => ({ metadata: { annotations: { [`holdfast.dev/${name}`]: value } } })
const hooked = (preStop: object) => [gateway({ lifecycle: { preStop } })]
const adds = (seconds: number, container = 'pushgateway') =>
  `adds a preStop of ${seconds} s to container "${container}"`
const raises = (from: number, to: number) =>
  `raises terminationGracePeriodSeconds from ${from} to ${to} (preStop ${to - 15} s and 15 s to exit)`

const CASES: readonly Case[] = [
  { name: 'with nothing set', preStop: { pushgateway: NATIVE(15) }, grace: 30, warns: [adds(15)] },
  {
    name: 'with a sleep of 30 s in a shell, and a grace period of 30',
    containers: hooked(SHELL),
    preStop: { pushgateway: SHELL },
    grace: 45,
    warns: [raises(30, 45)]
  },
  {
    name: 'with a native sleep longer than its grace period, which the API server alone refuses',
    containers: hooked(NATIVE(30)),
    spec: { terminationGracePeriodSeconds: 20 },
    preStop: { pushgateway: NATIVE(30) },
    grace: 45,
    warns: [raises(20, 45)]
  },
  {
    name: 'with a hook of its own and time after it',
    containers: hooked(NATIVE(5)),
    preStop: { pushgateway: NATIVE(5) },
    grace: 30
  },
  {
    name: 'with a grace period that is long enough',
    spec: { terminationGracePeriodSeconds: 300 },
    preStop: { pushgateway: NATIVE(15) },
    grace: 300,
    warns: [adds(15)]
  },
  {
    name: 'with the profile heavy',
    ...annotated('drain-profile', 'heavy'),
    preStop: { pushgateway: NATIVE(60) },
    grace: 75,
    warns: [`${adds(60)} and ${raises(30, 75)}`]
  },
  {
    name: 'with seconds of its own',
    ...annotated('drain-seconds', '45'),
    preStop: { pushgateway: NATIVE(45) },
    grace: 60,
    warns: [`${adds(45)} and ${raises(30, 60)}`]
  },
  {
    name: 'with an annotation that cannot be used',
    ...annotated('drain-seconds', 'soon'),
    preStop: { pushgateway: NATIVE(15) },
    grace: 30,
    warns: [
      'annotation holdfast.dev/drain-seconds says "soon" and is ignored',
      'fix: set it to a whole number from 1 to 3600',
      adds(15)
    ]
  },
  { name: 'exempted', ...annotated('skip', POLICY), preStop: { pushgateway: null }, grace: 30 },
  {
    name: 'that wants no time to stop',
    spec: { terminationGracePeriodSeconds: 0 },
    preStop: { pushgateway: null },
    grace: 0,
    warns: ['a grace period of 0 s runs no preStop', 'fix: set terminationGracePeriodSeconds to a positive number']
  },
  {
    name: 'behind a proxy, from a registry of its own, by digest',
    containers: [
      nginx(),
      gateway({ name: 'gateway', image: `registry.example:5000/pushgateway@sha256:${'0'.repeat(64)}` })
    ],
    preStop: { nginx: null, gateway: NATIVE(15) },
    grace: 30,
    warns: [adds(15, 'gateway')]
  },
  {
    name: 'two in one Pod, one of them with a hook',
    containers: [gateway({ name: 'one' }), gateway({ name: 'two', lifecycle: { preStop: SHELL }, ports: [] })],
    preStop: { one: NATIVE(15), two: SHELL },
    grace: 45,
    warns: [`${adds(15, 'one')} and ${raises(30, 45)}`]
  },
  {
    name: 'that runs once',
    spec: { restartPolicy: 'Never' },
    preStop: { pushgateway: null },
    grace: 30,
    notCalled: true
  },
  {
    name: 'that is nginx, with the labels of a Pushgateway',
    containers: [nginx()],
    metadata: { labels: { 'app.kubernetes.io/name': 'prometheus-pushgateway' } },
    preStop: { nginx: null },
    grace: 30,
    notCalled: true
  }
]

endToEnd('Pods', { controllers: true }, async (t, stage) => {
  await t.test('without Holdfast', (t) => refusedByItself(t, stage))
  const server = await stage.holdfast()
  await stage.install('cluster-wide', server)
  await t.test('created one by one', async (t) => {
    const namespace = await stage.namespace()
    for (const [index, one] of CASES.entries()) {
      await t.test(`a Pod ${one.name}`, (t) => create(t, stage, namespace, `pod-${index}`, one))
    }
  })
  await t.test('created by controllers', (t) => byControllers(t, stage))
  await t.test('in a dry run', (t) => dryRun(t, stage, server))
  await t.test('in the other modes', (t) => lowered(t, stage))
  await t.test('with a second webhook behind ours', (t) => injected(t, stage))
  await t.test('before Kubernetes 1.30', (t) => older(t, stage))
})

/** That the table has a case that is refused without Holdfast is a claim about the API server. Its words differ by version. */
async function refusedByItself(t: Test, stage: Stage): Promise<void> {
  const namespace = await stage.namespace()
  const pod = podOf(namespace, 'alone', hooked(NATIVE(30)), { spec: { terminationGracePeriodSeconds: 20 } })
  const { code, stderr } = await stage.run(['create', '-f', '-'], pod)
  t.equal(code, 1)
  t.match(
    stderr,
    /^The Pod "alone" is invalid: .*lifecycle\.preStop\.sleep.*: Invalid value: 30: must be (?:non-negative|greater than 0) and less than/
  )
}

async function create(t: Test, stage: Stage, namespace: string, name: string, one: Case): Promise<void> {
  const before = await stage.calls(ENTRY)
  const pod = podOf(namespace, name, one.containers ?? [gateway()], one)
  const result = await stage.run(['create', '-f', '-'], pod)
  t.equal(result.code, 0, 'it is created')
  t.strictSame(
    result.stderr.split('\n').filter(Boolean),
    (one.warns ?? []).map((warning) => `Warning: Holdfast ${POLICY}: ${warning}`)
  )
  const stored = await stage.get<V1Pod>('pod', name, '-n', namespace)
  t.strictSame(stopOf(stored), { grace: one.grace, preStop: one.preStop })
  if (stage.isOwn) t.equal((await stage.calls(ENTRY)) - before, one.notCalled ? 0 : 1, 'calls')
}

async function byControllers(t: Test, stage: Stage): Promise<void> {
  const namespace = await stage.namespace()
  const template = { metadata: { labels: { app: 'gateway' } }, spec: { containers: [gateway()] } }
  const selector = { matchLabels: { app: 'gateway' } }
  const once = { ...template, spec: { ...template.spec, restartPolicy: 'Never' } }
  const objects = [
    { apiVersion: 'apps/v1', kind: 'Deployment', spec: { replicas: 2, selector, template } },
    { apiVersion: 'batch/v1', kind: 'Job', spec: { template: once } }
  ].map((object) => ({ ...object, metadata: { name: 'gateway', namespace } }))
  const set = release('2.16.0', namespace, { spec: { replicas: 2, podManagementPolicy: 'Parallel' } })
  await stage.run(['create', '-f', '-'], listOf([...objects, set]))

  const expected = { ReplicaSet: 2, StatefulSet: 2, Job: 1 }
  const pods = await podsOf(stage, namespace, expected)
  for (const [owner, created] of Object.entries(pods)) {
    for (const pod of created) {
      const preStop = { pushgateway: owner === 'Job' ? null : NATIVE(15) }
      t.strictSame(stopOf(pod), { grace: 30, preStop }, `${owner}: ${pod.metadata?.name}`)
    }
  }
  const [claim] = pods.StatefulSet?.[0]?.spec?.volumes?.filter((volume) => volume.persistentVolumeClaim) ?? []
  t.equal(claim?.name, 'storage-volume', 'volumes and all')

  await t.test('until their template exempts them', async (t) => {
    const metadata = { annotations: { 'holdfast.dev/skip': POLICY } }
    const patch = JSON.stringify({ spec: { template: { metadata } } })
    await stage.run(['-n', namespace, 'patch', 'deployment', 'gateway', '-p', patch])
    const exempted = await until('Pods without a hook', async () => {
      const { ReplicaSet = [] } = await podsOf(stage, namespace, { ReplicaSet: 1 })
      return ReplicaSet.find((pod) => stopOf(pod).preStop.pushgateway === null)
    })
    t.match(exempted.metadata, metadata, 'the new Pods come as they are')
  })
}

/** The Pods of a namespace by the kind of their owner, once there are as many as expected. */
function podsOf(stage: Stage, namespace: string, expected: Record<string, number>): Promise<Record<string, V1Pod[]>> {
  return until(`the Pods of ${Object.keys(expected).join(', ')}`, async () => {
    const { items } = await stage.get<{ items: V1Pod[] }>('pods', '-n', namespace)
    const found = Object.groupBy(items, (pod) => pod.metadata?.ownerReferences?.[0]?.kind ?? '') as Record<
      string,
      V1Pod[]
    >
    return Object.entries(expected).every(([owner, count]) => (found[owner]?.length ?? 0) >= count) && found
  })
}

async function dryRun(t: Test, stage: Stage, server: Holdfast): Promise<void> {
  const namespace = await stage.namespace()
  const args = ['create', '--dry-run=server', '-o', 'json', '-f', '-']
  const { stdout } = await stage.run(args, podOf(namespace, 'shown', [gateway()]))
  t.strictSame(stopOf(JSON.parse(stdout)), { grace: 30, preStop: { pushgateway: NATIVE(15) } }, 'shows what would be')
  const { code } = await stage.run(['get', 'pod', 'shown', '-n', namespace])
  t.equal(code, 1, 'and creates nothing')
  const [decided] = await server.decidedOf(1, (decided) => decided.namespace === namespace)
  t.match(decided, { kind: 'Pod', operation: 'CREATE', name: 'shown', outcome: 'patched' })
}

const MODES = [
  {
    mode: 'warn',
    warns: [
      `Warning: Holdfast ${POLICY}: would patch: ${adds(15)}`,
      `Warning: Holdfast ${POLICY}: fix: set lifecycle.preStop.sleep.seconds: 15 (a value of the chart since prometheus-pushgateway 2.16.0)`
    ]
  },
  { mode: 'audit', warns: [] },
  { mode: 'off', warns: [] }
] as const

async function lowered(t: Test, stage: Stage): Promise<void> {
  for (const { mode, warns } of MODES) {
    const namespace = await stage.namespace(mode)
    const { stderr } = await stage.run(['create', '-f', '-'], podOf(namespace, 'as-it-is', [gateway()]))
    t.strictSame(stderr.split('\n').filter(Boolean), warns, `${mode}: what it says`)
    const pod = await stage.get<V1Pod>('pod', 'as-it-is', '-n', namespace)
    t.strictSame(stopOf(pod), { grace: 30, preStop: { pushgateway: null } }, `${mode}: the Pod is as it was sent`)
  }
}

/** What sidecar injectors may do after us, and what is made of it in a second round. */
async function injected(t: Test, stage: Stage): Promise<void> {
  const namespace = await stage.namespace()
  const injector = await startInjector(stage.address, [
    { op: 'add', path: '/spec/containers/-', value: gateway({ name: 'late', ports: [] }) },
    { op: 'add', path: '/spec/terminationGracePeriodSeconds', value: 10 }
  ])
  const configuration = injectorConfiguration(namespace, injector)
  try {
    await stage.run(['create', '-f', '-'], configuration)
    await waitUntilInForce(stage.kubectl)
    const preStopOf = async (container: V1Container, name: string) => {
      const { code, stderr } = await stage.run(['create', '-f', '-'], podOf(namespace, name, [container]))
      t.equal(code, 0, stderr)
      return stopOf(await stage.get<V1Pod>('pod', name, '-n', namespace))
    }
    t.strictSame(
      await preStopOf(gateway(), 'seen-before'),
      // 10 s would not even be admitted beside a sleep of 15 s.
      { grace: 30, preStop: { pushgateway: NATIVE(15), late: NATIVE(15) } },
      'a Pod that was seen before is seen again'
    )
    t.strictSame(
      await preStopOf(nginx(), 'not-seen-before'),
      { grace: 10, preStop: { nginx: null, late: null } },
      'one that was no Pushgateway in the first round is not: the API server does not call who was not called before'
    )
  } finally {
    await stage.run(['delete', 'mutatingwebhookconfiguration', configuration.metadata.name])
    await waitUntilInForce(stage.kubectl)
    await injector.stop()
  }
}

/** The handler that older API servers know, accepted by this one. */
async function older(t: Test, stage: Stage): Promise<void> {
  const namespace = await stage.namespace()
  await stage.install('cluster-wide', await stage.holdfast({ flags: ['--kubernetes-version=1.29'] }))
  await stage.run(['create', '-f', '-'], podOf(namespace, 'with-binary', [gateway()]))
  const exec = { command: ['/bin/sleep', '15'] }
  const pod = await stage.get<V1Pod>('pod', 'with-binary', '-n', namespace)
  t.strictSame(stopOf(pod), { grace: 30, preStop: { pushgateway: { exec } } })
}
