// Whom the API server calls for which object: asked of a real one, with the entries of the cluster-wide overlay, and
// compared with the tables of conditions.ts and, for hundreds of generated objects, with what called.ts computes. Two
// things are changed: the entries call a server of this test, and failurePolicy is Fail, so that a condition that cannot
// be evaluated refuses the request rather than passing for one that does not match.
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { json } from 'node:stream/consumers'
import fc from 'fast-check'
import t from 'tap'
import { issueCertificates } from '../../src/certificates/issue.ts'
import { OPERATOR_RESOURCES } from '../../src/core/objects/kinds.ts'
import type { Subject } from '../../src/core/subject.ts'
import type { JsonObject } from '../../src/core/values/json.ts'
import { collectionPath } from '../../src/kubernetes/list.ts'
import { type Cluster, findAssets, startControlPlane, sumOf, until } from '../e2e/harness/control-plane.ts'
import { applyOperatorCrds } from '../e2e/harness/operator-crds.ts'
import { waitUntilInForce } from '../e2e/harness/webhook.ts'
import { anyPod, anyUpdate, generatedWorkload, type MutablePart } from '../fixtures/generated.ts'
import { container } from '../fixtures/objects.ts'
import { subjectOf } from '../fixtures/reviews.ts'
import { entriesCalled } from './called.ts'
import {
  creations,
  type Kind,
  type Manifest,
  NGINX,
  NONE,
  OPERATED,
  oddities,
  operated,
  operatedOddities,
  PROMETHEUS,
  positives,
  updates,
  VALIDATE,
  WORKLOADS,
  workload
} from './conditions.ts'
import { entriesOf, render, skip } from './render.ts'

const { assets, reason } = findAssets(process.env)

t.setTimeout(600_000)

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
  await applyOperatorCrds(cluster)
  for (const configuration of configurationsFor(recorder)) {
    await kubectl(['create', '-f', '-'], { input: JSON.stringify(configuration) })
  }
  await waitUntilInForce(kubectl)

  /** A custom resource is replaced only where its version is named. */
  const versioned = async (object: Manifest): Promise<Manifest> => {
    if (OPERATED.every((kind) => kind !== object.kind)) return object
    const { stdout } = await kubectl(['get', '--raw', `${collectionOf(object.kind)}/${object.metadata.name}`])
    const { resourceVersion } = (JSON.parse(stdout) as Manifest).metadata
    return { ...object, metadata: { ...object.metadata, resourceVersion } }
  }

  /** The entries that a request calls; a dry run, which the API server treats in the same way. */
  const called = async (verb: 'create' | 'replace', object: unknown): Promise<readonly string[]> => {
    recorder.reviewed.length = 0
    const { kind, metadata } = object as Manifest
    const path = `${collectionOf(kind)}${verb === 'replace' ? `/${metadata.name}` : ''}?dryRun=All`
    const input = JSON.stringify(verb === 'replace' ? await versioned(object as Manifest) : object)
    const { stderr } = await kubectl([verb, '--raw', path, '-f', '-'], { input, allowFailure: true })
    // "The StatefulSet is invalid" is built-in validation and stands between the phases. A condition that fails does not.
    if (stderr.includes('Error from server')) throw new Error(stderr.slice(0, 1000))
    // Controllers make Pods of what is stored meanwhile.
    const own = `${kind} ${metadata.name}: `
    return recorder.reviewed.flatMap((line) => (line.startsWith(own) ? line.slice(own.length) : [])).toSorted()
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

  const listOf = (items: readonly object[]) => JSON.stringify({ apiVersion: 'v1', kind: 'List', items })
  const storeAll = (items: readonly object[]) =>
    kubectl(['create', '--validate=false', '-f', '-'], { input: listOf(items) })
  const removeAll = () =>
    kubectl([
      'delete',
      `daemonsets,deployments,replicasets,statefulsets,${OPERATOR_RESOURCES.map(({ resource, group }) => `${resource}.${group}`).join(',')}`,
      '--all',
      '--wait=false',
      '-n',
      'monitoring'
    ])
  /** Dry runs of many objects in one go, and who is called for each: `Pod x: pods.mutate.holdfast.dev`. */
  const calledForAll = async (verb: 'create' | 'replace', items: readonly object[]): Promise<readonly string[]> => {
    recorder.reviewed.length = 0
    await kubectl([verb, '--dry-run=server', '--validate=false', '-f', '-'], {
      input: listOf(items),
      allowFailure: true
    })
    return recorder.reviewed.toSorted()
  }
  const computedFor = (subjects: readonly Subject[]): readonly string[] =>
    subjects
      .flatMap((subject) => entriesCalled(subject).map((entry) => `${subject.kind} ${subject.name}: ${entry}`))
      .toSorted()

  await t.test('what each policy finds something in is called for', async (t) => {
    const rows = positives().map((row, index) => {
      const named = (object: Manifest) => ({ ...object, metadata: { ...object.metadata, name: `positive-${index}` } })
      return { ...row, object: named(row.object), before: row.before && named(row.before) }
    })
    await storeAll(rows.flatMap(({ before }) => before ?? []))
    const called = [
      ...(await calledForAll(
        'create',
        rows.flatMap(({ before, object }) => (before === undefined ? object : []))
      )),
      ...(await calledForAll(
        'replace',
        rows.flatMap(({ before, object }) => (before === undefined ? [] : object))
      ))
    ]
    for (const { what, entry, object } of rows)
      t.ok(called.includes(`${object.kind} ${object.metadata.name}: ${entry}`), what)
    await removeAll()
  })

  await t.test('hundreds of new objects, as they are computed without an API server', async (t) => {
    const pods = fc.sample(anyPod, { seed: 11, numRuns: 300 }).map((spec, index) => ({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: `generated-${index}`, namespace: 'monitoring' },
      spec: JSON.parse(JSON.stringify(spec)) as JsonObject
    }))
    const workloads = fc
      .sample(anyUpdate, { seed: 12, numRuns: 300 })
      .map((update, index) => generatedWorkload(update, update.after, `generated-${index}`))
    const objects = [...pods, ...workloads]
    const computed = computedFor(objects.map((object) => subjectOf(object, undefined)))
    t.ok(computed.length > 100 && computed.length < 500, `${computed.length} calls`)
    t.strictSame(await calledForAll('create', objects), computed)
  })

  await t.test('hundreds of changes, as they are computed without an API server', async (t) => {
    const updates = fc.sample(anyUpdate, { seed: 13, numRuns: 200 }).map((update, index) => {
      // What is stored has no owner, or the garbage collector would look for it and delete what it does not own.
      const before = { ...update.before, owners: undefined }
      const named = (part: MutablePart) => generatedWorkload(update, part, `generated-${index}`)
      return { before: named(before), after: named(update.isSame ? before : update.after) }
    })
    await storeAll(updates.map(({ before }) => before))
    const computed = computedFor(updates.map(({ before, after }) => subjectOf(after, before)))
    t.ok(computed.length > 40 && computed.length < 200, `${computed.length} calls`)
    const asked = await calledForAll(
      'replace',
      updates.map(({ after }) => after)
    )
    t.strictSame(asked, computed)
    await removeAll()
  })

  await t.test('no odd object makes a condition fail', async (t) => {
    for (const kind of [...WORKLOADS, 'Pod'] as const) {
      const evaluate = async (verb: 'create' | 'replace') => {
        for (const [what, object] of oddities(kind)) {
          const names = await called(verb, object)
          const phases = new Set(names.map((name) => name.split('.')[1]))
          t.equal(names.length, phases.size, `${verb} ${kind}, ${what}: ${names.join(' ') || 'nobody'}`)
        }
      }
      await evaluate('create')
      const ordinary = workload(kind, [NGINX])
      await store(ordinary)
      await evaluate('replace')
      await remove(ordinary)
    }
  })

  await t.test('nor does an odd object of prometheus-operator', async (t) => {
    for (const kind of OPERATED) {
      for (const [what, object] of operatedOddities(kind)) {
        const names = await called('create', object)
        t.ok(names.length <= 1, `create ${kind}, ${what}: ${names.join(' ') || 'nobody'}`)
      }
      const ordinary = operated(kind, { replicas: 1 })
      await store(ordinary)
      for (const [what, object] of operatedOddities(kind)) {
        const names = await called('replace', object)
        t.ok(names.length <= 1, `replace ${kind}, ${what}: ${names.join(' ') || 'nobody'}`)
      }
      await remove(ordinary)
    }
  })

  await t.test('nor does one that is stored', async (t) => {
    for (const kind of WORKLOADS) {
      const spec = kind === 'DaemonSet' ? {} : { replicas: 0 } // no Pods, which would be called for
      await store(workload(kind, [container('x', 'x', { args: ['x'.repeat(1_200_000)] })], { spec }))
      t.strictSame(await called('replace', workload(kind, [NGINX], { spec })), NONE, `${kind}, shorter`)
      await remove(workload(kind, []))
    }
  })

  await t.test('what controllers and people do to workloads', { skip: !cluster.hasControllers }, async (t) => {
    const node = { apiVersion: 'v1', kind: 'Node', metadata: { name: 'node' } }
    await kubectl(['create', '-f', '-'], { input: JSON.stringify(node) })
    await kubectl(['taint', 'node', 'node', 'node.kubernetes.io/not-ready-'])
    for (const kind of WORKLOADS) {
      recorder.calls.length = 0
      await rollOut(cluster, kind, NGINX)
      t.strictSame(recorder.calls, NONE, `${kind}, others`)
      await rollOut(cluster, kind, PROMETHEUS)
      const writes = kind === 'ReplicaSet' ? 2 : 3
      const validations = recorder.calls.filter((entry) => entry === VALIDATE)
      t.strictSame(validations, Array(writes).fill(VALIDATE), `${kind}, Prometheus: only where a spec is written`)
    }
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
  /** The same with the object that the call was about: `Pod x: ENTRY`. */
  readonly reviewed: string[]
  readonly port: number
  readonly caBundle: string
  stop(): void
}

interface Review {
  readonly apiVersion: string
  readonly kind: string
  readonly request: { readonly uid: string; readonly name: string; readonly kind: { readonly kind: string } }
}

/** Allows everything, and remembers which entry was called: its name is the path. */
async function startRecorder(): Promise<Recorder> {
  const { ca, certificate, privateKey } = await issueCertificates(['127.0.0.1'], 1, new Date())
  const calls: string[] = []
  const reviewed: string[] = []
  const server = createServer({ cert: certificate, key: privateKey }, async (request, response) => {
    const { apiVersion, kind, request: review } = (await json(request)) as Review
    const entry = new URL(request.url ?? '', 'https://x').pathname.slice(1)
    calls.push(entry)
    reviewed.push(`${review.kind.kind} ${review.name}: ${entry}`)
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify({ apiVersion, kind, response: { uid: review.uid, allowed: true } }))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const stop = () => {
    server.close()
    server.closeAllConnections()
  }
  return {
    calls,
    reviewed,
    stop,
    port: (server.address() as AddressInfo).port,
    caBundle: Buffer.from(ca).toString('base64')
  }
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

function collectionOf(kind: Manifest['kind']): string {
  const custom = OPERATOR_RESOURCES.find((resource) => resource.kind === kind)
  if (custom !== undefined) return collectionPath(custom, 'monitoring')
  return `${kind === 'Pod' ? '/api/v1' : '/apis/apps/v1'}/namespaces/monitoring/${kind.toLowerCase()}s`
}

/** Creates a workload, scales, labels, updates, restarts and deletes it, while its controller makes Pods of it. */
async function rollOut({ kubectl }: Cluster, kind: Kind, { name: main, image }: JsonObject): Promise<void> {
  const name = kind.toLowerCase()
  const one = `${name}/${name}`
  const monitoring = ['-n', 'monitoring']
  const pods = (tag: unknown, count: number) =>
    until(`${count} Pods of the ${kind} with ${tag}`, async () => {
      const images = '-o=jsonpath={.items[*].spec.containers[*].image}'
      const { stdout } = await kubectl(['get', 'pods', '-l', `app=${name}`, images, ...monitoring])
      return stdout.split(' ').filter((it) => it === tag).length === count
    })
  await pods(image, 0)
  const spec = kind === 'StatefulSet' ? { podManagementPolicy: 'Parallel' } : {}
  const object = workload(kind, [{ name: main, image }], { name, spec })
  await kubectl(['create', '-f', '-'], { input: JSON.stringify(object) })
  await pods(image, 1)
  if (kind !== 'DaemonSet') {
    await kubectl(['scale', one, '--replicas=3', ...monitoring])
    await pods(image, 3)
  }
  await kubectl(['label', one, 'a=b', ...monitoring])
  await kubectl(['annotate', one, 'a=b', ...monitoring])
  await kubectl(['set', 'image', one, `${main}=${image}-next`, ...monitoring])
  if (kind === 'Deployment') await pods(`${image}-next`, 1)
  if (kind !== 'ReplicaSet') await kubectl(['rollout', 'restart', one, ...monitoring])
  await kubectl(['delete', name, name, '--cascade=foreground', ...monitoring])
}
