// A denial names the command that fixes it. Runs that command as kubectl prints it, and then the upgrade again.

import type { V1PersistentVolumeClaim, V1Pod, V1StatefulSet } from '@kubernetes/client-node'
import { gateway, gatewayWithFile, imageOf, NAME, type ReleaseParts, release } from './harness/manifests.ts'
import { endToEnd, type Stage, type Test } from './harness/suite.ts'
import { until } from './harness/wait.ts'
import { deleteCommand, denial, said } from './harness/words.ts'

const CLAIM = `storage-volume-${NAME}-0`
const GATEWAY = { app: 'gateway' }

interface Case {
  name: string
  /** Which version is sent. Default 2.17.0. */
  version?: string
  /** What else differs in what is sent. */
  sent?: ReleaseParts
  /** How what runs differs from version 2.16.0. */
  runs?: ReleaseParts
  /** Whether the Pod that runs in the end is the one from the beginning. */
  samePod?: true
  /** The claims that are there in the end. */
  claims?: string[]
}

const template = (name: string) => ({
  metadata: { name },
  spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '2Gi' } } }
})
const onDelete = { spec: { updateStrategy: { type: 'OnDelete' } } }

const CASES: readonly Case[] = [
  { name: 'labels' },
  { name: 'labels, and the Pods are replaced by hand', runs: onDelete, sent: onDelete, samePod: true },
  { name: 'a larger volume', sent: { claim: { resources: { requests: { storage: '10Gi' } } } } },
  {
    name: 'another selector',
    sent: {
      spec: {
        selector: { matchLabels: GATEWAY },
        template: { metadata: { labels: GATEWAY }, spec: { containers: [gatewayWithFile(imageOf('2.17.0'))] } }
      }
    }
  },
  { name: 'another service', sent: { spec: { serviceName: 'gateway' } } },
  {
    name: 'another service and nothing else',
    version: '2.16.0',
    sent: { spec: { serviceName: 'gateway' } },
    // The Pod template is the same, so the Pod keeps the name of the old service until it is restarted, as we say.
    samePod: true
  },
  {
    name: 'a claim template less',
    sent: { containers: [gateway({ image: imageOf('2.17.0') })], spec: { volumeClaimTemplates: null } }
  },
  {
    name: 'a claim template more',
    sent: { spec: { volumeClaimTemplates: [template('storage-volume'), template('more')] } },
    claims: [`more-${NAME}-0`, CLAIM]
  },
  {
    name: 'another name of the claim template',
    sent: {
      containers: [gatewayWithFile(imageOf('2.17.0'), 'data')],
      spec: { volumeClaimTemplates: [template('data')] }
    },
    claims: [`data-${NAME}-0`, CLAIM]
  }
]

endToEnd('the fix that a denial names', { controllers: true }, async (t, stage) => {
  await stage.install('cluster-wide', await stage.holdfast())
  for (const one of CASES) await t.test(one.name, (t) => takeIt(t, stage, one))
})

async function takeIt(t: Test, stage: Stage, { version = '2.17.0', runs, sent, ...expected }: Case): Promise<void> {
  const { samePod, claims = [CLAIM] } = expected
  const namespace = await stage.namespace()
  await stage.run(['apply', '-f', '-'], release('2.16.0', namespace, runs))
  const before = await until('a Pod', () => podIn(stage, namespace))
  await becomeReady(stage, namespace)

  const upgrade = release(version, namespace, sent)
  const denied = await stage.run(['apply', '-f', '-'], upgrade)
  const [, command = ''] = /run "kubectl ([^"]+)"/.exec(denied.stderr) ?? []
  if (sent === undefined) {
    t.strictSame(said(denied), [denial(namespace)])
    t.equal(`kubectl ${command}`, deleteCommand(namespace))
  }
  t.equal((await stage.run(command.split(' '))).code, 0, `kubectl ${command}`)
  t.equal((await stage.run(['apply', '-f', '-'], upgrade)).code, 0, 'and the upgrade goes through')

  const set = await stage.get<V1StatefulSet>('statefulset', NAME, '-n', namespace)
  const isUpToDate = async (): Promise<V1Pod | false> => {
    const pod = await podIn(stage, namespace)
    return isOwnedBy(pod, set) && (samePod || matches(pod, set)) && pod
  }
  const after = await until('the Pod to be what its StatefulSet says', isUpToDate, { timeoutMs: 20_000 })
  t.ok(after, 'the Pod becomes what its StatefulSet says')
  if (samePod) t.equal(after?.metadata?.uid, before.metadata?.uid, 'it is the same Pod')
  t.strictSame(await claimsIn(stage, namespace), claims, 'the PVC is still there')
}

function podIn(stage: Stage, namespace: string): Promise<V1Pod> {
  return stage.get<V1Pod>('pod', `${NAME}-0`, '-n', namespace)
}

async function claimsIn(stage: Stage, namespace: string): Promise<(string | undefined)[]> {
  const { items } = await stage.get<{ items: V1PersistentVolumeClaim[] }>('pvc', '-n', namespace)
  return items.map(({ metadata }) => metadata?.name)
}

/** The controller replaces no Pod while it is not ready. Where there is no kubelet to say that it is, we do. */
async function becomeReady(stage: Stage, namespace: string): Promise<void> {
  const status = { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] }
  const patch = ['--subresource=status', '--type=merge', '-p', JSON.stringify({ status })]
  const wait = ['wait', '--for=condition=Ready', '--timeout=50s']
  await stage.kubectl([...(stage.isOwn ? ['patch', ...patch] : wait), 'pod', `${NAME}-0`, '-n', namespace])
}

function isOwnedBy({ metadata }: V1Pod, set: V1StatefulSet): boolean {
  return metadata?.ownerReferences?.[0]?.uid === set.metadata?.uid
}

function matches({ spec }: V1Pod, set: V1StatefulSet): boolean {
  const wanted = set.spec?.template.spec?.containers[0]?.image
  const volumes = spec?.volumes?.flatMap((volume) => (volume.persistentVolumeClaim ? volume.name : [])) ?? []
  const templates = set.spec?.volumeClaimTemplates?.map(({ metadata }) => metadata?.name) ?? []
  return (
    spec?.containers[0]?.image === wanted &&
    spec?.subdomain === set.spec?.serviceName &&
    // The controller keeps claims in a map, and gives a Pod its volumes in whatever order that has.
    volumes.sort().join() === templates.sort().join()
  )
}
