// The policies that evaluate what a workload is, and the one that restarts shards: on a real API server, with kubectl.

import type { JsonObject } from '../../src/core/values/json.ts'
import { HASH_ANNOTATION } from '../../src/policies/autosharding-labels.ts'
import { prometheus, prometheusSet, shards } from '../fixtures/prometheus.ts'
import { endToEnd, type Stage, type Test } from './harness/suite.ts'

const CONFIG = `
policies:
  autosharding-labels: { mode: enforce, onChange: restart }
`

endToEnd('policies of what a workload is', { controllers: true }, async (t, stage) => {
  const server = await stage.holdfast({ configuration: CONFIG })
  await stage.install('cluster-wide', server)
  await t.test('a shared PVC', (t) => sharedClaim(t, stage))
  await t.test('what is only warned about', (t) => warnings(t, stage))
  await t.test('the ratchet', (t) => ratchet(t, stage))
  await t.test('shards restart once and only once', (t) => restart(t, stage))
})

/** Without a namespace: kubectl says which. */
function bare(object: JsonObject): object {
  const { namespace: _, ...metadata } = object.metadata as JsonObject
  return { ...object, metadata }
}

async function sharedClaim(t: Test, stage: Stage): Promise<void> {
  const namespace = await stage.namespace()
  const { code, stderr } = await stage.run(['apply', '-n', namespace, '-f', '-'], bare(prometheus({ replicas: 2 })))
  t.equal(code, 1)
  const field = 'spec.template.spec.volumes[0].persistentVolumeClaim.claimName'
  t.match(
    stderr
      .split('\n')
      .filter((line) => !line.startsWith('Warning: '))
      .join('\n'),
    `The Deployment "prometheus" is invalid: ${field}: 2 replicas of Prometheus write one TSDB at "/data" through one PVC, "prometheus-data"; all except one fail with "lock DB directory" or wait for the volume. Fix: run it as a StatefulSet`
  )
  t.equal((await stage.run(['get', 'deployment', 'prometheus', '-n', namespace])).code, 1, 'and nothing is stored')
  const one = await stage.run(['apply', '-n', namespace, '-f', '-'], bare(prometheus({ replicas: 1 })))
  t.strictSame([one.code, one.stderr], [0, ''], 'one replica is welcome, without a word')
}

async function warnings(t: Test, stage: Stage): Promise<void> {
  const namespace = await stage.namespace()
  const object = prometheusSet({ replicas: 2, resources: {}, spec: { serviceName: 'prometheus' } })
  const { code, stdout, stderr } = await stage.run(['apply', '-n', namespace, '-f', '-'], bare(object))
  t.equal(code, 0)
  t.match(stdout, 'statefulset.apps/prometheus created')
  for (const words of [
    'would reject: container "prometheus-server" has no memory limit',
    'the 2 replicas of Prometheus'
  ]) {
    t.ok(stderr.includes(words), words)
  }
}

async function ratchet(t: Test, stage: Stage): Promise<void> {
  const namespace = await stage.namespace('off')
  const shared = bare(prometheus({ replicas: 2 }))
  t.equal((await stage.run(['apply', '-n', namespace, '-f', '-'], shared)).code, 0, 'there before Holdfast looks')
  await stage.run(['label', 'namespace', namespace, 'holdfast.dev/mode-'])
  const more = bare(prometheus({ replicas: 3 }))
  const { code, stderr } = await stage.run(['apply', '-n', namespace, '-f', '-'], more)
  t.equal(code, 0, 'it can still be changed')
  t.match(stderr, /Warning: Holdfast shared-tsdb-claim: pre-existing: 3 replicas/)
}

interface Set {
  readonly metadata: { readonly generation: number }
  readonly spec: { readonly template: { readonly metadata: { readonly annotations?: Record<string, string> } } }
}

async function restart(t: Test, stage: Stage): Promise<void> {
  const namespace = await stage.namespace()
  const labelled = (team: string): object => bare(shards({ labels: { team } }))
  const read = async (): Promise<[number, string | undefined]> => {
    const { metadata, spec } = await stage.get<Set>('statefulset', 'ksm', '-n', namespace)
    return [metadata.generation, spec.template.metadata.annotations?.[HASH_ANNOTATION]]
  }
  await stage.run(['apply', '-n', namespace, '-f', '-'], labelled('a'))
  const [first, none] = await read()
  t.equal(none, undefined)

  const { stderr } = await stage.run(['label', '-n', namespace, 'statefulset/ksm', 'team=b', '--overwrite'])
  t.match(stderr, 'Warning: Holdfast autosharding-labels: restarts the Pods of kube-state-metrics once')
  const [second, hash] = await read()
  t.equal(second, first + 1, 'a label changes, and the Pod template with it')
  t.match(hash, /^[0-9a-f]{16}$/)

  const steps: readonly (readonly [string, readonly string[], object | undefined])[] = [
    ['the same label again', ['label', '-n', namespace, 'statefulset/ksm', 'team=b', '--overwrite'], undefined],
    ['an apply of what is in Git', ['apply', '-n', namespace, '-f', '-'], labelled('b')],
    ['a replace, which knows nothing of the annotation', ['replace', '-n', namespace, '-f', '-'], labelled('b')]
  ]
  for (const [name, args, input] of steps) {
    await stage.run(args, input)
    t.strictSame(await read(), [second, hash], `${name}: no further restart`)
  }
}
