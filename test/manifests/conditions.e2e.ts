// Whom the API server calls for which object: asked of a real one, with the entries of the cluster-wide overlay. Two
// things are changed: the entries call a server of this test, and failurePolicy is Fail, so that a condition that cannot
// be evaluated refuses the request rather than passing for one that does not match.
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { json } from 'node:stream/consumers'
import t from 'tap'
import { issueCertificates } from '../../src/certificates/issue.ts'
import { type Cluster, findAssets, startControlPlane, sumOf, until } from '../e2e/control-plane.ts'
import { waitUntilInForce } from '../e2e/webhook.ts'
import { container } from '../fixtures/objects.ts'
import {
  creations,
  type Kind,
  type Manifest,
  NGINX,
  NONE,
  oddities,
  updates,
  WORKLOADS,
  workload
} from './conditions.ts'
import { entriesOf, render, skip } from './render.ts'

const { assets, reason } = findAssets(process.env)

t.setTimeout(300_000)

t.test('the conditions, on a real API server', { skip: skip || reason || false }, async (t) => {
  if (assets === undefined) return
  const recorder = await startRecorder()
  const cluster = await startControlPlane(assets)
  t.teardown(async () => {
    await cluster.stop()
    recorder.stop()
  })
  const { kubectl } = cluster
  await kubectl(['create', 'namespace', 'monitoring'])
  for (const configuration of configurationsFor(recorder)) {
    await kubectl(['create', '-f', '-'], { input: JSON.stringify(configuration) })
  }
  await waitUntilInForce(kubectl)

  /** The entries that a request calls, a dry run unless the object is to stay. */
  const called = async (
    verb: 'create' | 'replace',
    object: unknown,
    query = '?dryRun=All'
  ): Promise<readonly string[]> => {
    recorder.calls.length = 0
    const { kind, metadata } = object as Manifest
    const path = `${collectionOf(kind)}${verb === 'replace' ? `/${metadata.name}` : ''}${query}`
    const { stderr } = await kubectl([verb, '--raw', path, '-f', '-'], {
      input: JSON.stringify(object),
      allowFailure: true
    })
    if (/match ?condition|webhook|budget/i.test(stderr)) throw new Error(stderr.slice(0, 1000))
    return recorder.calls.toSorted()
  }
  const store = (object: Manifest) =>
    kubectl(['create', '--raw', collectionOf(object.kind), '-f', '-'], { input: JSON.stringify(object) })
  const remove = ({ kind, metadata }: Manifest) =>
    kubectl(['delete', '--raw', `${collectionOf(kind)}/${metadata.name}?propagationPolicy=Background`])

  await t.test('who is called for a new object', async (t) => {
    for (const [what, object, expected] of creations()) {
      t.strictSame(await called('create', object), expected, `${object.kind}, ${what}`)
    }
  })

  await t.test('who is called for a change', async (t) => {
    for (const [what, before, after, expected] of updates()) {
      await store(before)
      t.strictSame(await called('replace', after), expected, `${before.kind}, ${what}`)
      await remove(before)
    }
  })

  await t.test('no odd object makes a condition fail', async (t) => {
    for (const kind of [...WORKLOADS, 'Pod'] as const) {
      const ordinary = workload(kind, [NGINX])
      await store(ordinary)
      for (const [what, object] of oddities(kind)) {
        for (const verb of ['create', 'replace'] as const) {
          const names = await called(verb, object)
          const phases = new Set(names.map((name) => name.split('.')[1]))
          t.equal(names.length, phases.size, `${verb} ${kind}, ${what}: ${names.join(' ')}`)
        }
      }
      await remove(ordinary)
    }
  })

  await t.test('nor does one that is stored', async (t) => {
    for (const kind of WORKLOADS) {
      await store(workload(kind, [container('x', 'x', { args: ['x'.repeat(1_200_000)] })]))
      t.strictSame(await called('replace', workload(kind, [NGINX])), NONE, `${kind}, shorter`)
      await remove(workload(kind, []))
    }
  })

  await t.test('rollouts of other workloads call nobody', { skip: !cluster.hasControllers }, async (t) => {
    recorder.calls.length = 0
    await rollOut(cluster)
    t.strictSame(recorder.calls, NONE)
  })

  await t.test('no condition has failed in all that', async (t) => {
    const metrics = await cluster.metrics()
    for (const { name } of entriesOf(render('overlays/cluster-wide'))) {
      t.equal(sumOf(metrics, 'apiserver_admission_match_condition_evaluation_errors_total', { name }), 0, name)
    }
  })
})

interface Recorder {
  /** Names of entries, in the order of the calls. */
  readonly calls: string[]
  readonly port: number
  readonly caBundle: string
  stop(): void
}

/** Allows everything, and remembers which entry was called: its name is the path. */
async function startRecorder(): Promise<Recorder> {
  const { ca, certificate, privateKey } = await issueCertificates(['127.0.0.1'], 1, new Date())
  const calls: string[] = []
  const server = createServer({ cert: certificate, key: privateKey }, async (request, response) => {
    const { apiVersion, kind, request: review } = (await json(request)) as { [key: string]: { uid: string } }
    calls.push(new URL(request.url ?? '', 'https://x').pathname.slice(1))
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify({ apiVersion, kind, response: { uid: review?.uid, allowed: true } }))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const stop = () => {
    server.close()
    server.closeAllConnections()
  }
  return { calls, stop, port: (server.address() as AddressInfo).port, caBundle: Buffer.from(ca).toString('base64') }
}

function configurationsFor({ port, caBundle }: Recorder): object[] {
  const entries = entriesOf(render('overlays/cluster-wide'))
  return (['mutate', 'validate'] as const).map((wanted) => ({
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: wanted === 'mutate' ? 'MutatingWebhookConfiguration' : 'ValidatingWebhookConfiguration',
    metadata: { name: 'holdfast' },
    webhooks: entries
      .filter(({ phase }) => phase === wanted)
      .map(({ phase: _, ...entry }) => ({
        ...entry,
        failurePolicy: 'Fail',
        clientConfig: { url: `https://127.0.0.1:${port}/${entry.name}`, caBundle }
      }))
  }))
}

function collectionOf(kind: Kind): string {
  return `${kind === 'Pod' ? '/api/v1' : '/apis/apps/v1'}/namespaces/monitoring/${kind.toLowerCase()}s`
}

/** What people and controllers do to workloads all day. */
async function rollOut({ kubectl }: Cluster): Promise<void> {
  const node = { apiVersion: 'v1', kind: 'Node', metadata: { name: 'node' } }
  await kubectl(['create', '-f', '-'], { input: JSON.stringify(node) })
  const spec = { podManagementPolicy: 'Parallel', replicas: 2 }
  for (const kind of WORKLOADS) {
    const parts = kind === 'StatefulSet' ? { spec } : {}
    await kubectl(['create', '-f', '-'], { input: JSON.stringify(workload(kind, [NGINX], parts)) })
  }
  const inNamespace = ['-n', 'monitoring']
  const pods = async (image: string, count: number) =>
    until(`${count} Pods of ${image}`, async () => {
      const path = '-o=jsonpath={.items[*].spec.containers[*].image}'
      const { stdout } = await kubectl(['get', 'pods', ...inNamespace, path])
      return stdout.split(' ').filter((it) => it === image).length >= count
    })
  await pods('nginx:1.31', 5)
  for (const kind of ['deployment', 'statefulset', 'replicaset']) {
    await kubectl(['scale', `${kind}/x`, '--replicas=3', ...inNamespace])
  }
  await pods('nginx:1.31', 10)
  for (const kind of ['deployment', 'daemonset', 'statefulset']) {
    await kubectl(['set', 'image', `${kind}/x`, 'app=nginx:1.32', ...inNamespace])
    await kubectl(['rollout', 'restart', `${kind}/x`, ...inNamespace])
    await kubectl(['label', `${kind}/x`, 'a=b', ...inNamespace])
    await kubectl(['annotate', `${kind}/x`, 'a=b', ...inNamespace])
  }
  await pods('nginx:1.32', 2)
  await kubectl(['rollout', 'undo', 'deployment/x', ...inNamespace])
  await kubectl(['delete', 'deployment,statefulset,daemonset,replicaset', '--all', '--wait', ...inNamespace])
}
