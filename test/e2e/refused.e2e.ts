// What restore does not restore, and where Holdfast keeps out of it: changes of more than labels, exempted StatefulSets,
// and those of prometheus-operator.

import { NAME, type ReleaseParts, release } from './harness/manifests.ts'
import { endToEnd, type Holdfast, type Stage, type Test } from './harness/suite.ts'
import { CHANGED, deleteCommand, denial, KEPT, RAW, said } from './harness/words.ts'

const POLICY = 'claim-template-labels'
const RESTORE = `policies: {${POLICY}: {onChange: restore}}`

/** A version of the chart, and what differs from it. */
type Manifest = readonly [version: string, parts?: ReleaseParts]

interface Refused {
  name: string
  /** Default: version 2.16.0 as it is. */
  runs?: Manifest
  applied: Manifest
  /** What the denial is about, and all that it says has changed. */
  field: string
  changes: readonly string[]
  /** What it advises, up to "and upgrade again". */
  fix: (namespace: string) => string
}

const SIZE = 'spec.volumeClaimTemplates[0].spec.resources.requests.storage'
const CLASS = 'spec.volumeClaimTemplates[0].spec.storageClassName'
const PHASE = 'spec.volumeClaimTemplates[0].status.phase'
const CLAIMS = 'spec.volumeClaimTemplates[0].spec.selector'
const LARGER = { claim: { resources: { requests: { storage: '10Gi' } } } }

const orphan = (namespace: string) =>
  `run "${deleteCommand(namespace)}" (this keeps its Pods and PVCs) and upgrade again`
const keepWhatTheyHave = (namespace: string) => `${orphan(namespace)}; existing PVCs do not change`
const resizeFirst = (namespace: string) =>
  `${orphan(namespace)}; before that, resize the existing PVCs (kubectl patch pvc)`
const restartAfter = (namespace: string) =>
  `${orphan(namespace)}; restart the Pods then, which keep the DNS name of the old service`
const replaceAll = (namespace: string) =>
  `run "kubectl delete statefulset ${NAME} -n ${namespace}" (this stops its Pods and keeps its PVCs) and upgrade again: ` +
  'a new StatefulSet does not adopt Pods that another selector chose'

const SELECTOR = [
  'spec.selector.matchLabels[app.kubernetes.io/instance] "pgw" → none',
  'spec.selector.matchLabels[app.kubernetes.io/name] "prometheus-pushgateway" → none',
  'spec.selector.matchLabels.app none → "gateway"'
]

const REFUSED: readonly Refused[] = [
  {
    name: 'a larger volume',
    applied: ['2.16.0', LARGER],
    field: SIZE,
    changes: [`${SIZE} "2Gi" → "10Gi"`],
    fix: resizeFirst
  },
  {
    name: 'a larger volume and new labels',
    applied: ['2.17.0', LARGER],
    field: 'spec.volumeClaimTemplates[0]',
    changes: [`${CHANGED}; ${SIZE} "2Gi" → "10Gi"`],
    fix: resizeFirst
  },
  {
    name: 'another class',
    runs: ['2.16.0', { claim: { storageClassName: 'slow' } }],
    applied: ['2.17.0', { claim: { storageClassName: 'fast' } }],
    field: 'spec.volumeClaimTemplates[0]',
    changes: [`${CHANGED}; ${CLASS} "slow" → "fast"`],
    fix: keepWhatTheyHave
  },
  {
    name: 'the status of a PVC',
    applied: ['2.16.0', { claimStatus: { phase: 'Bound' } }],
    field: PHASE,
    changes: [`${PHASE} "Pending" → "Bound"`],
    fix: orphan
  },
  {
    name: 'a selector of PVCs that says nothing',
    applied: ['2.16.0', { claim: { selector: { matchLabels: {} } } }],
    field: CLAIMS,
    changes: [`${CLAIMS} none → "all volumes"`],
    fix: keepWhatTheyHave
  },
  {
    name: 'another selector',
    applied: ['2.16.0', selecting({ app: 'gateway' })],
    field: 'spec.selector.matchLabels',
    changes: SELECTOR,
    fix: replaceAll
  },
  {
    name: 'another selector, service and labels',
    applied: ['2.17.0', selecting({ app: 'gateway' }, { serviceName: 'gateway' })],
    field: 'spec',
    changes: [`${CHANGED}; spec.serviceName "${NAME}" → "gateway"`, ...SELECTOR],
    fix: replaceAll
  },
  {
    name: 'the chart from 1.21.1 to 2.0.0',
    runs: ['1.21.1'],
    applied: ['2.0.0'],
    field: 'spec',
    changes: [
      'labels of claim template "storage-volume" change: app "prometheus-pushgateway" → none',
      'chart "prometheus-pushgateway-1.21.1" → none',
      'heritage "Helm" → none',
      'release "pgw" → none',
      'app.kubernetes.io/instance none → "pgw"',
      'app.kubernetes.io/managed-by none → "Helm"',
      'app.kubernetes.io/name none → "prometheus-pushgateway"',
      'app.kubernetes.io/version none → "v1.5.1"',
      'helm.sh/chart none → "prometheus-pushgateway-2.0.0"; spec.selector.matchLabels.app "prometheus-pushgateway" → none',
      'spec.selector.matchLabels.release "pgw" → none',
      'spec.selector.matchLabels[app.kubernetes.io/instance] none → "pgw"',
      'spec.selector.matchLabels[app.kubernetes.io/name] none → "prometheus-pushgateway"'
    ],
    fix: replaceAll
  },
  {
    name: 'another service',
    applied: ['2.16.0', { spec: { serviceName: 'gateway' } }],
    field: 'spec.serviceName',
    changes: [`spec.serviceName "${NAME}" → "gateway"`],
    fix: restartAfter
  },
  {
    name: 'another policy of managing Pods',
    applied: ['2.16.0', { spec: { podManagementPolicy: 'Parallel' } }],
    field: 'spec.podManagementPolicy',
    changes: ['spec.podManagementPolicy "OrderedReady" → "Parallel"'],
    fix: orphan
  }
]

/** What is the same in other words, and goes through beside labels that are restored. */
const SPELLED: readonly (readonly [name: string, runs: ReleaseParts, applied: ReleaseParts])[] = [
  ['a size', {}, { claim: { resources: { requests: { storage: '2048Mi' } } } }],
  ['a selector of PVCs', { claim: { selector: {} } }, { claim: { selector: { matchLabels: {} } } }],
  ['a status of PVCs', {}, { claimStatus: { phase: 'Pending' } }]
]

function selecting(labels: Record<string, string>, spec: object = {}): ReleaseParts {
  const { containers } = release('2.16.0', '').spec.template.spec
  return {
    spec: { selector: { matchLabels: labels }, template: { metadata: { labels }, spec: { containers } }, ...spec }
  }
}

/** Upgrades from 2.16.0 to 2.17.0 that somebody has asked to be left alone, or whom it has to be left to. */
interface Exempted {
  name: string
  /** What is on the StatefulSet that runs, and on the one that is sent. Default: the same. */
  runs?: ReleaseParts['metadata']
  sent: ReleaseParts['metadata']
  args?: string[]
  /** What the log calls it. Default: nothing is found. */
  verdict?: 'skipped' | 'denied'
  /** What the client is warned of besides. */
  warned?: readonly string[]
}

const SKIP = 'holdfast.dev/skip'

const EXCUSED: readonly Exempted[] = [
  { name: 'by annotation', runs: {}, sent: { annotations: { [SKIP]: POLICY } }, verdict: 'skipped' },
  {
    name: 'by annotation, among others',
    sent: { annotations: { [SKIP]: `pushgateway-graceful-stop, ${POLICY}` } },
    verdict: 'skipped'
  },
  {
    name: 'not by an annotation for another policy',
    sent: { annotations: { [SKIP]: 'pushgateway-graceful-stop' } },
    verdict: 'denied'
  },
  {
    name: 'not by an annotation for a policy that there is not',
    sent: { annotations: { [SKIP]: 'claim-labels' } },
    verdict: 'denied',
    warned: [
      'Warning: Holdfast: annotation holdfast.dev/skip names "claim-labels", which is no policy and exempts from ' +
        'nothing (holdfast policies lists them)'
    ]
  },
  {
    name: 'not by an annotation that a replacement drops',
    runs: { annotations: { [SKIP]: POLICY } },
    sent: {},
    args: ['replace'],
    verdict: 'denied'
  },
  { name: 'by who manages it', sent: { labels: { 'app.kubernetes.io/managed-by': 'prometheus-operator' } } },
  { name: 'by its owner', sent: { ownerReferences: [ownedBy('monitoring.coreos.com/v1', 'Alertmanager')] } },
  {
    name: 'not by any other owner',
    sent: { ownerReferences: [ownedBy('example.com/v1', 'Alertmanager')] },
    verdict: 'denied'
  }
]

function ownedBy(apiVersion: string, kind: string) {
  return { apiVersion, kind, name: 'main', uid: '00000000-0000-4000-8000-000000000000', controller: true }
}

endToEnd('what is not restored', {}, async (t, stage) => {
  await t.test('restore', async (t) => {
    const server = await stage.holdfast({ configuration: RESTORE })
    await stage.install('cluster-wide', server)
    for (const one of REFUSED) await t.test(one.name, (t) => refuses(t, stage, one))
    for (const [name, runs, applied] of SPELLED) {
      await t.test(`${name} that is only spelled differently`, (t) => restoresBeside(t, stage, runs, applied))
    }
    await t.test('a claim template less', (t) => refusesFewer(t, stage))
    await t.test('exempted by kubectl annotate', (t) => excusedByHand(t, stage))
  })
  await t.test('reject', async (t) => {
    const server = await stage.holdfast()
    await stage.install('cluster-wide', server)
    await t.test('PVCs that would be deleted, too', (t) => warnsOfDeletion(t, stage))
    const namespaces: [Exempted, string][] = []
    for (const one of EXCUSED) {
      // A garbage collector would look for the owner, and not find it.
      const skip = one.sent?.ownerReferences !== undefined && !stage.isOwn
      await t.test(`exempted ${one.name}`, { skip }, async (t) => {
        namespaces.push([one, await exempts(t, stage, one)])
      })
    }
    await t.test('what the log says of them', (t) => logged(t, server, namespaces))
  })
})

async function run(stage: Stage, namespace: string, [version, parts]: Manifest): Promise<void> {
  const { code, stderr } = await stage.run(['apply', '-f', '-'], release(version, namespace, parts))
  if (code !== 0) throw new Error(stderr)
}

async function refuses(t: Test, stage: Stage, { runs = ['2.16.0'], applied, ...expected }: Refused): Promise<void> {
  const namespace = await stage.namespace()
  await run(stage, namespace, runs)
  const [version, parts] = applied
  const result = await stage.run(['apply', '-f', '-'], release(version, namespace, parts))
  const { field, changes, fix } = expected
  t.strictSame(said(result), [
    `The StatefulSet "${NAME}" is invalid: ${field}: ${changes.join(', ')}. ` +
      `Fix: ${fix(namespace)} (Holdfast, policy ${POLICY})`
  ])
  t.equal(result.code, 1)
}

async function restoresBeside(t: Test, stage: Stage, runs: ReleaseParts, applied: ReleaseParts): Promise<void> {
  const namespace = await stage.namespace()
  await run(stage, namespace, ['2.16.0', runs])
  const result = await stage.run(['apply', '-f', '-'], release('2.17.0', namespace, applied))
  t.strictSame(said(result), [KEPT])
  t.equal(result.code, 0)
}

async function refusesFewer(t: Test, stage: Stage): Promise<void> {
  const namespace = await stage.namespace()
  await run(stage, namespace, ['2.16.0'])
  const without = release('2.17.0', namespace, { spec: { volumeClaimTemplates: null } })
  const result = await stage.run(['apply', '-f', '-'], without)
  const [line = ''] = said(result)
  t.ok(line.includes('the number of claim templates changes from 1 to 0; '), 'says so first')
  t.ok(line.includes(orphan(namespace)), 'and the remediation')
  t.equal(result.code, 1)
}

/** The annotation stays on what is stored, and reaches the review although no manifest has it. */
async function excusedByHand(t: Test, stage: Stage): Promise<void> {
  const namespace = await stage.namespace()
  await run(stage, namespace, ['2.16.0'])
  await stage.run(['annotate', 'statefulset', NAME, '-n', namespace, `${SKIP}=${POLICY}`])
  const result = await stage.run(['apply', '-f', '-'], release('2.17.0', namespace))
  t.strictSame(said(result), [RAW], 'nothing is restored')
  t.equal(result.code, 1)
}

async function warnsOfDeletion(t: Test, stage: Stage): Promise<void> {
  const namespace = await stage.namespace()
  const parts = { spec: { persistentVolumeClaimRetentionPolicy: { whenDeleted: 'Delete' } } }
  await run(stage, namespace, ['2.16.0', parts])
  const result = await stage.run(['apply', '-f', '-'], release('2.17.0', namespace, parts))
  const careful =
    'Caution: persistentVolumeClaimRetentionPolicy.whenDeleted is Delete: set it to Retain first and verify that no ' +
    'PVC still has an owner; otherwise PVCs and their data may be deleted with the StatefulSet. '
  t.strictSame(said(result), [denial(namespace).replace('Fix: ', `${careful}Fix: `)])
}

async function exempts(
  t: Test,
  stage: Stage,
  { runs, sent, args = ['apply'], verdict, warned = [] }: Exempted
): Promise<string> {
  const namespace = await stage.namespace()
  await run(stage, namespace, ['2.16.0', { metadata: runs ?? sent }])
  const result = await stage.run([...args, '-f', '-'], release('2.17.0', namespace, { metadata: sent }))
  t.strictSame(said(result), [...warned, verdict === 'denied' ? denial(namespace) : RAW])
  t.equal(result.code, 1)
  return namespace
}

async function logged(t: Test, server: Holdfast, namespaces: readonly [Exempted, string][]): Promise<void> {
  await server.stop()
  for (const [{ name, verdict }, namespace] of namespaces) {
    const update = server.decided().filter((it) => it.namespace === namespace && it.operation === 'UPDATE')
    t.match(
      update,
      [
        {
          outcome: verdict === 'denied' ? 'denied' : 'allowed',
          policies: verdict === undefined ? [] : [{ policy: POLICY, mode: 'enforce', outcome: verdict }]
        }
      ],
      name
    )
  }
}
