// Holdfast is away: what users notice of it under either failurePolicy, and when it comes back.

import { once } from 'node:events'
import { connect } from 'node:tls'
import type { V1Deployment, V1Pod } from '@kubernetes/client-node'
import { issueCertificates } from '../../src/certificates/issue.ts'
import { startHoldfast } from './harness/holdfast.ts'
import { gateway, imageOf, NAME, nginx, podOf, release, stopOf } from './harness/manifests.ts'
import { sumOf } from './harness/metrics.ts'
import { type Configuration, endToEnd, type Holdfast, type Stage, type Test } from './harness/suite.ts'
import { until } from './harness/wait.ts'
import { waitUntilInForce } from './harness/webhook.ts'
import { denial, RAW, said, VOLATILE } from './harness/words.ts'

const HOOKED = { grace: 30, preStop: { pushgateway: { sleep: { seconds: 15 } } } }
const BARE = { grace: 30, preStop: { pushgateway: null } }

endToEnd('outages', { controllers: true, outages: true }, async (t, stage) => {
  const server = await stage.holdfast()
  await t.test('failurePolicy Ignore, as shipped', async (t) => {
    const configurations = await stage.install('cluster-wide', server)
    await t.test('up', (t) => protects(t, stage))
    await server.stop()
    await t.test('down', (t) => protectsNothing(t, stage, configurations))
    await server.start()
    await t.test('up again', (t) => protects(t, stage))
    await t.test('hanging', (t) => waitsAndGoesOn(t, stage, server))
    await t.test('answering again', (t) => protects(t, stage))
    await t.test('ending, with a connection that was never used', (t) => endsInTime(t, server))
    await t.test('not trusted', (t) => noticesDistrust(t, stage))
  })
  await t.test('failurePolicy Fail', async (t) => {
    await stage.install('cluster-wide', server, fail)
    await t.test('up', (t) => protects(t, stage))
    await server.stop()
    await t.test('down', (t) => refuses(t, stage, server))
    const namespace = await stage.namespace()
    await t.test('a Deployment meanwhile', (t) => waitsInDeployment(t, stage, namespace))
    await server.start()
    await t.test('up again', async (t) => {
      await protects(t, stage)
      const [pod] = await until('the Pod of the Deployment', () => podsIn(stage, namespace))
      t.strictSame(stopOf(pod as V1Pod), HOOKED, 'the Deployment gets its Pod by itself, and it is protected')
    })
    await server.stop()
    await t.test('down for good: the configurations can be deleted', (t) => canBeUninstalled(t, stage))
  })
})

function fail({ kind, webhooks = [] }: Configuration): void {
  if (kind !== 'MutatingWebhookConfiguration') return
  for (const webhook of webhooks) Object.assign(webhook, { failurePolicy: 'Fail' })
}

async function protects(t: Test, stage: Stage): Promise<void> {
  const namespace = await stage.namespace()
  t.strictSame(said(await stage.run(['apply', '-f', '-'], release('2.16.0', namespace))), VOLATILE)
  const upgrade = await stage.run(['apply', '-f', '-'], release('2.17.0', namespace))
  t.strictSame(said(upgrade), [denial(namespace)], 'the upgrade is explained')
  await stage.run(['create', '-f', '-'], podOf(namespace, 'gateway', [gateway()]))
  t.strictSame(stopOf(await stage.get<V1Pod>('pod', 'gateway', '-n', namespace)), HOOKED, 'the Pod gets its hook')
}

async function protectsNothing(t: Test, stage: Stage, configurations: Configuration[]): Promise<void> {
  const namespace = await stage.namespace()
  const before = await stage.counted('apiserver_admission_webhook_fail_open_count')
  const installed = await stage.run(['apply', '-f', '-'], release('2.16.0', namespace))
  t.strictSame([installed.code, said(installed)], [0, []], 'an install goes through, and nothing is said')
  const upgrade = await stage.run(['apply', '-f', '-'], release('2.17.0', namespace))
  t.strictSame([upgrade.code, said(upgrade)], [1, [RAW]], 'the upgrade is refused in the words of the API server')
  const created = await stage.run(['create', '-f', '-'], podOf(namespace, 'gateway', [gateway()]))
  t.strictSame([created.code, said(created)], [0, []], 'a Pod is created, and nothing is said')
  t.strictSame(stopOf(await stage.get<V1Pod>('pod', 'gateway', '-n', namespace)), BARE, 'without a hook')
  // The Pod of the StatefulSet comes on top, sooner or later.
  const open = (await stage.counted('apiserver_admission_webhook_fail_open_count')) - before
  t.ok(open >= 3, `the API server counts what it let through: ${open}`)
  if (!stage.isOwn) return
  const marks = stage.audited(namespace).flatMap(({ annotations = {} }) => Object.entries(annotations))
  t.strictSame(
    marks.flatMap(([key, webhook]) => /^failed-open\.(\w+)\.webhook\./.exec(key)?.[1]?.concat(' ', webhook) ?? []),
    ['validating', 'mutation'].map((phase) => `${phase} ${entryOf(configurations, phase)}`),
    'and its audit log names the webhooks'
  )
}

/** The entry that StatefulSets go to, for the word that the audit log has for its phase. */
function entryOf(configurations: readonly Configuration[], phase: string): string | undefined {
  const kind = phase === 'mutation' ? 'MutatingWebhookConfiguration' : 'ValidatingWebhookConfiguration'
  return configurations.find((configuration) => configuration.kind === kind)?.webhooks?.[0]?.name
}

/** The worst kind of being away: connections are accepted, and nobody answers. */
async function waitsAndGoesOn(t: Test, stage: Stage, server: Holdfast): Promise<void> {
  const namespace = await stage.namespace()
  server.pause()
  try {
    const start = performance.now()
    const created = await stage.run(['create', '-f', '-'], podOf(namespace, 'gateway', [gateway()]))
    const seconds = (performance.now() - start) / 1000
    t.strictSame([created.code, said(created)], [0, []])
    t.ok(seconds >= 5 && seconds < 10, `a Pod takes ${seconds.toFixed(1)} s, which is our timeoutSeconds`)
    t.strictSame(stopOf(await stage.get<V1Pod>('pod', 'gateway', '-n', namespace)), BARE)
  } finally {
    server.resume()
  }
}

/** The API server opens connections ahead of need, and keeps those that it found no need for. */
async function endsInTime(t: Test, server: Holdfast): Promise<void> {
  const { address: host = '127.0.0.1', port } = server
  const connection = connect({ host, port, ca: Buffer.from(server.caBundle, 'base64') })
  await once(connection, 'secureConnect')
  try {
    t.equal(await server.stop(), 'exited with code 0', 'it does not wait for what never comes')
  } finally {
    connection.destroy()
    await server.start()
  }
}

/** With another CA in `caBundle` nothing fails, and the server is the one to notice. One of its own, as it complains. */
async function noticesDistrust(t: Test, stage: Stage): Promise<void> {
  const server = await startHoldfast({ address: stage.address })
  const rejections = async () => sumOf(await server.metrics(), 'holdfast_certificate_rejections_total')
  try {
    const { ca } = await issueCertificates([stage.address], 1, new Date())
    await stage.install('cluster-wide', { ...server, caBundle: Buffer.from(ca).toString('base64') })
    t.equal(await rejections(), 0)
    const namespace = await stage.namespace()
    const created = await stage.run(['create', '-f', '-'], podOf(namespace, 'gateway', [gateway()]))
    t.strictSame([created.code, said(created)], [0, []], 'a Pod is created, and nothing is said')
    t.strictSame(stopOf(await stage.get<V1Pod>('pod', 'gateway', '-n', namespace)), BARE, 'without a hook')
    t.ok((await rejections()) >= 1, 'the metric counts it')
    await server.stop()
    t.match(server.complaints(), [/BAD_CERTIFICATE.*a client does not trust the serving certificate/])
  } finally {
    await server.dispose()
  }
}

async function refuses(t: Test, stage: Stage, { address, port }: Holdfast): Promise<void> {
  const namespace = await stage.namespace('off')
  await stage.run(['apply', '-f', '-'], release('2.16.0', namespace))
  await stage.kubectl(['label', 'namespace', namespace, 'holdfast.dev/mode-'])
  await waitUntilInForce(stage.kubectl, { namespace })

  const failed = (entry: string, path: string) =>
    `Internal error occurred: failed calling webhook "${entry}": failed to call webhook: ` +
    `Post "https://${address}:${port}/${path}?timeout=5s": dial tcp ${address}:${port}: connect: connection refused`
  const upgrade = await stage.run(['apply', '-f', '-'], release('2.17.0', namespace))
  t.equal(upgrade.code, 1)
  const last = said(upgrade).at(-1) ?? 'nothing'
  t.ok(last.endsWith(failed('statefulsets.mutate.holdfast.dev', 'mutate')), last)
  const pod = await stage.run(['create', '-f', '-'], podOf(namespace, 'gateway', [gateway()]))
  t.equal(pod.code, 1)
  t.strictSame(said(pod), [
    `Error from server (InternalError): error when creating "STDIN": ${failed('pods.mutate.holdfast.dev', 'mutate')}`
  ])

  const others: [string, string[], object?][] = [
    ['another Pod', ['create', '-f', '-'], podOf(namespace, 'nginx', [nginx()])],
    ['scaling', ['scale', `statefulset/${NAME}`, '--replicas=3', '-n', namespace]],
    ['another image', ['set', 'image', `statefulset/${NAME}`, `*=${imageOf('2.14.0')}`, '-n', namespace]],
    ['deleting', ['delete', `statefulset/${NAME}`, '-n', namespace]]
  ]
  for (const [name, args, input] of others) {
    const { code, stderr } = await stage.run(args, input)
    t.strictSame([code, stderr], [0, ''], `${name} is not affected, because nobody is called for it`)
  }
}

async function waitsInDeployment(t: Test, stage: Stage, namespace: string): Promise<void> {
  const labels = { app: 'gateway' }
  const template = { metadata: { labels }, spec: { containers: [gateway()] } }
  await stage.run(['create', '-f', '-'], {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'gateway', namespace },
    spec: { selector: { matchLabels: labels }, template }
  })
  const reason = await until('the Deployment to say what is wrong', async () => {
    const { status } = await stage.get<V1Deployment>('deployment', 'gateway', '-n', namespace)
    return status?.conditions?.find(({ type }) => type === 'ReplicaFailure')
  })
  t.match(reason, {
    status: 'True',
    reason: 'FailedCreate',
    message: /failed calling webhook "pods\.mutate\.holdfast\.dev"/
  })
}

async function podsIn(stage: Stage, namespace: string): Promise<V1Pod[] | false> {
  const { items } = await stage.get<{ items: V1Pod[] }>('pods', '-n', namespace)
  return items.length > 0 && items
}

/** No webhook is ever asked about a webhook configuration, so this way is always open. */
async function canBeUninstalled(t: Test, stage: Stage): Promise<void> {
  const namespace = await stage.namespace()
  await stage.uninstall()
  const created = await stage.run(['create', '-f', '-'], podOf(namespace, 'gateway', [gateway()]))
  t.strictSame([created.code, said(created)], [0, []])
}
