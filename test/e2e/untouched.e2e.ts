// What Holdfast has nothing to do with: other changes of the same StatefulSet, and other workloads. The API server must
// not even call.

import { gatewayWithFile, imageOf, listOf, NAME, nginx, podOf, release } from './harness/manifests.ts'
import { endToEnd, type Stage, type Test } from './harness/suite.ts'
import { until } from './harness/wait.ts'

const UPDATES = 'statefulsets.mutate.holdfast.dev'

interface Verb {
  name: string
  args: string[]
  input?: (namespace: string) => object
  /** What kubectl names as changed. Default: the StatefulSet. */
  changed?: string
}

const SET = `statefulset/${NAME}`
const RESOURCE = `statefulset.apps/${NAME}`
const withImage = (namespace: string) =>
  release('2.16.0', namespace, { containers: [gatewayWithFile(imageOf('2.17.0'))] })

/** In this order, on one StatefulSet. */
const VERBS: readonly Verb[] = [
  { name: 'label', args: ['label', SET, 'team=metrics'] },
  { name: 'annotate', args: ['annotate', SET, 'contact=metrics'] },
  { name: 'rollout restart', args: ['rollout', 'restart', SET] },
  { name: 'set image', args: ['set', 'image', SET, `pushgateway=${imageOf('2.14.0')}`] },
  { name: 'rollout undo', args: ['rollout', 'undo', SET, '--to-revision=1'] },
  { name: 'patch, of what may change', args: ['patch', SET, '-p', '{"spec":{"minReadySeconds":5}}'] },
  { name: 'apply, with another image', args: ['apply', '-f', '-'], input: withImage },
  { name: 'apply, of the same', args: ['apply', '-f', '-'], input: withImage },
  { name: 'replace, of the same', args: ['replace', '-f', '-'], input: withImage },
  { name: 'delete pod', args: ['delete', 'pod', `${NAME}-0`], changed: `pod/${NAME}-0` },
  { name: 'scale', args: ['scale', SET, '--replicas=0'] },
  { name: 'delete', args: ['delete', SET] }
]

endToEnd('what is left alone', { controllers: true }, async (t, stage) => {
  await stage.install('cluster-wide', await stage.holdfast())
  await t.test('everyday changes of a StatefulSet', (t) => everyday(t, stage))
  await t.test('a crowd of other workloads', (t) => crowd(t, stage))
})

async function everyday(t: Test, stage: Stage): Promise<void> {
  const namespace = await stage.namespace()
  await stage.run(['apply', '-f', '-'], release('2.16.0', namespace))
  await until('its Pod', () => stage.get('pod', `${NAME}-0`, '-n', namespace))
  const before = await stage.calls(UPDATES)
  for (const { name, args, input, changed = RESOURCE } of VERBS) {
    // Names alone: the words for people differ by kubectl's version.
    const command = [...args, '-n', namespace, '-o', 'name']
    const { code, stdout, stderr } = await stage.run(command, input?.(namespace))
    t.strictSame([code, stdout], [0, `${changed}\n`], `kubectl ${name}`)
    t.notMatch(stderr, /Holdfast/, 'without a word from us')
  }
  // Of the entry that claim templates are evaluated by; a new Pod template is looked at by others.
  if (stage.isOwn) t.equal((await stage.calls(UPDATES)) - before, 0, 'and no call for any of it')
}

/** Workloads of all kinds. Some come close: a gateway, a port, a label. */
const OTHERS = [
  [nginx()],
  [nginx({ name: 'gateway', image: 'docker.io/envoyproxy/envoy:v1.36' })],
  [nginx({ name: 'push', image: 'ghcr.io/example/push-service:1.0', ports: [{ containerPort: 9091 }] })],
  [nginx({ name: 'alertmanager', image: 'docker.io/example/alertmanager-bot:0.4' }), nginx({ command: ['nginx'] })],
  [nginx({ name: 'postgres', image: 'docker.io/library/postgres:18', args: ['-c', 'shared_buffers=1GB'] })]
]

async function crowd(t: Test, stage: Stage): Promise<void> {
  const namespace = await stage.namespace()
  const others = (index: number) => OTHERS[index % OTHERS.length] as (typeof OTHERS)[number]
  const labels = { 'app.kubernetes.io/name': 'prometheus-pushgateway' }
  // As many Pods, and as many StatefulSets, which have as many Pods again. Fewer where a kubelet has to run them.
  const many = stage.isOwn ? 200 : 10
  const numbers = Array.from({ length: many }, (_, index) => index)
  const pods = numbers.map((index) => podOf(namespace, `pod-${index}`, others(index), { metadata: { labels } }))
  const sets = (image?: string) => numbers.map((index) => otherSet(namespace, index, others(index), image))
  const counted = async () => ({
    calls: await stage.calls(),
    excluded: await stage.counted('apiserver_admission_match_condition_exclusions_total')
  })

  const before = await counted()
  const steps: [string, string[], string?][] = [
    ['created', ['create', '-f', '-'], listOf([...pods, ...sets()])],
    ['updated', ['replace', '-f', '-'], listOf(sets('docker.io/library/other:2'))],
    ['labelled', ['label', 'statefulsets', '--all', 'team=other']],
    // Some will do: kubectl allows itself five requests a second for it.
    ['scaled', ['scale', '--replicas=0', ...numbers.slice(0, 10).map((index) => `statefulset/set-${index}`)]],
    ['deleted', ['delete', 'pods,statefulsets', '--all', '--wait=false']]
  ]
  for (const [name, args, input] of steps) {
    const result = await stage.run([...args, '-n', namespace], input)
    t.strictSame([result.code, result.stderr], [0, ''], name)
    if (name === 'created') await until('their Pods', async () => (await podCount(stage, namespace)) >= 2 * many)
  }
  const after = await counted()
  if (!stage.isOwn) return
  t.equal(after.calls - before.calls, 0, 'no call')
  // Or it would prove nothing: they came as far as the conditions of our webhooks, every creation and every update.
  t.ok(after.excluded - before.excluded >= 5 * many, `${after.excluded - before.excluded} were excluded by conditions`)
}

/** Every other one has a claim, without labels: those that come and go with releases would be warned about. */
function otherSet(namespace: string, index: number, containers: object[], image?: string): object {
  const name = `set-${index}`
  const labels = { set: name }
  const claim = { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } }
  return {
    apiVersion: 'apps/v1',
    kind: 'StatefulSet',
    metadata: { name, namespace },
    spec: {
      selector: { matchLabels: labels },
      serviceName: name,
      template: {
        metadata: { labels },
        spec: { containers: containers.map((container) => (image === undefined ? container : { ...container, image })) }
      },
      ...(index % 2 === 0 && { volumeClaimTemplates: [{ metadata: { name: 'data' }, spec: claim }] })
    }
  }
}

async function podCount(stage: Stage, namespace: string): Promise<number> {
  const { stdout } = await stage.run(['get', 'pods', '-n', namespace, '-o', 'name'])
  return stdout.split('\n').length - 1
}
