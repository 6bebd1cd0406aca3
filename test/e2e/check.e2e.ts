// `holdfast check` beside the real thing: whether it knows the API server's defaults, and whether it says of an upgrade
// what the webhook says.

import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { isSameQuantity } from '../../src/core/objects/quantity.ts'
import { differencesBetween } from '../../src/core/values/differences.ts'
import type { JsonObject } from '../../src/core/values/json.ts'
import { fieldPath } from '../../src/core/values/path.ts'
import { withDefaults } from '../../src/inventory/defaults.ts'
import { NAME, type ReleaseParts, release } from './harness/manifests.ts'
import { endToEnd, type Stage, type Test } from './harness/suite.ts'

endToEnd('holdfast check', {}, async (t, stage) => {
  await t.test('the defaults of the API server', (t) => defaults(t, stage))
  await t.test('what runs now, as kubectl shows it', (t) => upgrades(t, stage))
  await t.test('two spellings, and what the API server says of them', (t) => spellings(t, stage))
})

const CONTAINER = {
  name: 'kube-state-metrics',
  image: 'registry.k8s.io/kube-state-metrics/kube-state-metrics:v2.12.0',
  args: ['--pod=$(POD_NAME)', '--pod-namespace=$(POD_NAMESPACE)'],
  env: [
    { name: 'POD_NAME', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
    { name: 'POD_NAMESPACE', valueFrom: { fieldRef: { fieldPath: 'metadata.namespace' } } },
    { name: 'CPU', valueFrom: { resourceFieldRef: { resource: 'limits.cpu' } } },
    { name: 'KEY', valueFrom: { secretKeyRef: { name: 'a', key: 'b' } } },
    { name: 'PLAIN', value: 'x' }
  ],
  ports: [{ name: 'http', containerPort: 8080 }],
  livenessProbe: { httpGet: { path: '/livez', port: 8080 }, initialDelaySeconds: 5 },
  readinessProbe: { httpGet: { port: 8080 } },
  startupProbe: { exec: { command: ['true'] }, failureThreshold: 30 },
  lifecycle: { preStop: { httpGet: { port: 8080 } }, postStart: { exec: { command: ['true'] } } },
  resources: { requests: { cpu: '0.1', memory: '256Mi' } },
  volumeMounts: [{ name: 'config', mountPath: '/etc/x' }]
}

const SIDE = {
  name: 'side',
  image: 'registry.example.com:5000/side',
  restartPolicy: 'Always',
  livenessProbe: { grpc: { port: 1 } },
  readinessProbe: { tcpSocket: { port: 1 } },
  securityContext: { runAsNonRoot: true, capabilities: { drop: ['ALL'] } }
}

const PROJECTED = [
  { configMap: { name: 'a' } },
  { secret: { name: 'a' } },
  { serviceAccountToken: { path: 'token' } },
  { downwardAPI: { items: [{ path: 'a', fieldRef: { fieldPath: 'metadata.name' } }] } }
]

const POD = {
  serviceAccountName: 'default',
  initContainers: [{ name: 'init', image: 'busybox' }, SIDE],
  affinity: { podAntiAffinity: { preferredDuringSchedulingIgnoredDuringExecution: [] } },
  topologySpreadConstraints: [{ maxSkew: 1, topologyKey: 'zone', whenUnsatisfiable: 'ScheduleAnyway' }],
  tolerations: [{ operator: 'Exists' }],
  securityContext: { fsGroup: 1, runAsUser: 1 },
  hostAliases: [{ ip: '127.0.0.1', hostnames: ['a'] }],
  dnsConfig: { options: [{ name: 'ndots', value: '2' }] },
  containers: [CONTAINER, { name: 'pinned', image: `busybox@sha256:${'0'.repeat(64)}` }],
  volumes: [
    { name: 'config', configMap: { name: 'a' } },
    { name: 'secret', secret: { secretName: 'a' } },
    { name: 'down', downwardAPI: { items: [{ path: 'a', fieldRef: { fieldPath: 'metadata.labels' } }] } },
    { name: 'items', configMap: { name: 'a', items: [{ key: 'a', path: 'b' }], optional: true } },
    { name: 'claim', persistentVolumeClaim: { claimName: 'a' } },
    { name: 'nfs', nfs: { server: 'a', path: '/' } },
    { name: 'csi', csi: { driver: 'a' } },
    { name: 'host', hostPath: { path: '/tmp' } },
    { name: 'projected', projected: { sources: PROJECTED } },
    { name: 'empty', emptyDir: {} }
  ]
}

/** What charts of stateful workloads write, from the fields of a PodSpec; whatever has a default is left out. */
const BARE: JsonObject = {
  apiVersion: 'apps/v1',
  kind: 'StatefulSet',
  metadata: { name: 'bare' },
  spec: {
    serviceName: 'bare',
    selector: { matchLabels: { app: 'bare' } },
    template: { metadata: { labels: { app: 'bare' } }, spec: POD },
    volumeClaimTemplates: [
      {
        metadata: { name: 'data' },
        spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1024Mi' } } }
      }
    ]
  }
}

/** What the API server adds to a claim template, and nobody compares. */
const UNCOMPARED = /^spec\.volumeClaimTemplates\[\d+\]\.(?:apiVersion|kind)|creationTimestamp$/

async function defaults(t: Test, stage: Stage): Promise<void> {
  const namespace = await stage.namespace()
  await stage.run(['create', '-n', namespace, '-f', '-'], BARE)
  const stored = await stage.get<JsonObject>('statefulset', 'bare', '-n', namespace)
  const { changes } = differencesBetween(
    { spec: withDefaults(BARE).spec },
    { spec: stored.spec },
    {
      keep: 100,
      isSame: (path, before, after) => UNCOMPARED.test(fieldPath(path)) || isSameQuantity(before, after)
    }
  )
  t.strictSame(
    changes.map(({ path }) => fieldPath(path)),
    [],
    'are all known, and none is made up'
  )
}

const PROGRAM = fileURLToPath(new URL('../../bin/holdfast.cjs', import.meta.url))

async function upgrades(t: Test, stage: Stage): Promise<void> {
  const namespace = await stage.namespace()
  const file = fileMaker(t)
  for (const [from, to, code] of [
    ['2.16.0', '2.17.0', 1],
    ['2.17.0', '3.0.0', 1],
    ['3.0.0', '3.8.0', 0]
  ] as const) {
    await stage.run(['replace', '--force', '-n', namespace, '-f', '-'], release(from, namespace))
    const { stdout: live } = await stage.run(['get', 'statefulset', '-n', namespace, '-o', 'yaml'])
    const args = ['--previous', file('live.yaml', live), '-n', namespace, file('new.json', release(to, namespace))]
    const run = await check(args)
    t.equal(run.code, code, `${from} → ${to}: ${run.stdout}`)
    t.ok(run.stdout.includes(`StatefulSet ${namespace}/${NAME}`), 'by name')
    t.equal(run.stdout.includes(`"prometheus-pushgateway-${from}" →`), code === 1, 'and by key')
  }
}

/** Answers with the path of a file that is gone with the test. */
function fileMaker(t: Test): (name: string, content: object | string) => string {
  const directory = mkdtempSync(join(tmpdir(), 'holdfast-e2e-check-'))
  t.teardown(() => rmSync(directory, { recursive: true }))
  return (name, content) => {
    const path = join(directory, name)
    writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content))
    return path
  }
}

/** What runs, what is applied, and whether the API server refuses it, which nobody here says but itself. */
const SPELLINGS: readonly (readonly [name: string, runs: ReleaseParts, applied: ReleaseParts])[] = [
  ['nothing', {}, {}],
  ['a phase', {}, { claimStatus: { phase: 'Bound' } }],
  ['a phase that goes', { claimStatus: { phase: 'Bound' } }, {}],
  ['the phase that is the default', {}, { claimStatus: { phase: 'Pending' } }],
  ['a status without a phase', {}, { claimStatus: {} }],
  ['a capacity', {}, { claimStatus: { capacity: { storage: '2Gi' } } }],
  [
    'a capacity in another unit',
    { claimStatus: { capacity: { storage: '2Gi' } } },
    { claimStatus: { capacity: { storage: '2048Mi' } } }
  ],
  ['a selector of PVCs', {}, { claim: { selector: {} } }],
  ['a selector of PVCs without labels', {}, { claim: { selector: { matchLabels: {} } } }],
  ['a selector of PVCs that goes', { claim: { selector: { matchLabels: {} } } }, {}],
  ['a selector of PVCs in longer words', { claim: { selector: {} } }, { claim: { selector: { matchLabels: {} } } }],
  [
    'a selector of PVCs in shorter words',
    { claim: { selector: { matchLabels: {}, matchExpressions: [] } } },
    { claim: { selector: {} } }
  ],
  ['a data source', {}, { claim: { dataSource: {} } }],
  ['a data source that is null', {}, { claim: { dataSource: null } }],
  ['a class that is none', {}, { claim: { storageClassName: '' } }],
  ['a volume of no name', {}, { claim: { volumeName: '' } }],
  ['a limit of revisions', {}, { spec: { revisionHistoryLimit: 3 } }],
  ['the limit of revisions that is the default', {}, { spec: { revisionHistoryLimit: 10 } }]
]

async function spellings(t: Test, stage: Stage): Promise<void> {
  const namespace = await stage.namespace()
  const file = fileMaker(t)
  const version = await serverVersion(stage)
  let refusals = 0
  for (const [name, runs, applied] of SPELLINGS) {
    const [old, now] = [release('3.0.0', namespace, runs), release('3.0.0', namespace, applied)]
    const stored = await stage.run(['replace', '--force', '--validate=ignore', '-n', namespace, '-f', '-'], old)
    t.equal(stored.code, 0, `${name}: ${stored.stderr}`)
    const { stdout: live } = await stage.run(['get', 'statefulset', '-n', namespace, '-o', 'yaml'])
    const { code } = await stage.run(['replace', '--validate=ignore', '--dry-run=server', '-f', '-'], now)
    refusals += Number(code)
    for (const before of [file('live.yaml', live), file('old.json', old)]) {
      const args = [`--kubernetes-version=${version}`, '--previous', before, file('new.json', now)]
      const { code: found, stdout } = await check(args)
      t.equal(found, code, `${name}: ${stdout}`)
    }
  }
  t.ok(refusals > 5 && refusals < SPELLINGS.length - 5, `${refusals} of them are refused`)
}

async function serverVersion({ run }: Stage): Promise<string> {
  const { stdout } = await run(['version', '-o', 'json'])
  return JSON.parse(stdout).serverVersion.gitVersion
}

function check(args: readonly string[]): Promise<{ code: unknown; stdout: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, [PROGRAM, 'check', ...args], (error, stdout) =>
      resolve({ code: error?.code ?? 0, stdout })
    )
  })
}
