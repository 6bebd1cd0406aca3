import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Command } from 'commander'
import t, { type Test } from 'tap'
import { addScanCommand } from '../../../src/commands/scan/command.ts'
import { OPERATOR_RESOURCES, PROMETHEUS_RESOURCE } from '../../../src/core/objects/kinds.ts'
import type { JsonObject } from '../../../src/core/values/json.ts'
import { collectionPath } from '../../../src/kubernetes/list.ts'
import { POLICIES } from '../../../src/policies/index.ts'
import { POLICY_REPORT_APIS } from '../../../src/report/policy-report/policy-report.ts'
import type { Report } from '../../../src/report/report.ts'
import { claimTemplate, pod, statefulSet } from '../../fixtures/objects.ts'
import { prometheus, prometheusObject, prometheusSet, TSDB_ARGS } from '../../fixtures/prometheus.ts'
import { temporaryDirectory } from '../../helpers/certificates.ts'
import { holdfast } from '../../helpers/command.ts'
import {
  type Answer,
  type FakeCluster,
  fakeCluster,
  forbidden,
  type Intercept,
  kubeconfigFor,
  NOTHING_BESIDE,
  status
} from '../../helpers/fake-cluster.ts'
import { filesIn } from '../../helpers/files.ts'

const VOLATILE = claimTemplate({ labels: { 'helm.sh/chart': 'pushgateway-1.0.0' } })
const LIST_ALL = ['statefulsets', 'pods', 'deployments', 'daemonsets', 'replicasets'].map((resource) => [resource, []])

function inside(namespace: string, object: JsonObject): JsonObject {
  const { apiVersion: _, kind: __, ...item } = object
  return { ...item, metadata: { ...(object.metadata as JsonObject), namespace } }
}

function namespace(name: string, mode?: string): JsonObject {
  return { metadata: { name, labels: mode === undefined ? {} : { 'holdfast.dev/mode': mode } } }
}

/** One Deployment that shares a claim, one StatefulSet whose next upgrade fails, one Pod without a preStop. */
const STORED: Readonly<Record<string, readonly unknown[]>> = {
  ...NOTHING_BESIDE,
  '/api/v1/namespaces': [
    namespace('default'),
    namespace('lab', 'warn'),
    namespace('monitoring'),
    namespace('old', 'off')
  ],
  ...Object.fromEntries(LIST_ALL.map(([resource]) => [`/apis/apps/v1/${resource}`, []])),
  ...Object.fromEntries(OPERATOR_RESOURCES.map((resource) => [collectionPath(resource), []])),
  '/apis/apps/v1/deployments': [
    inside('lab', prometheus({ replicas: 2 })),
    inside('monitoring', prometheus({ replicas: 2 })),
    inside('old', prometheus({ replicas: 2 }))
  ],
  '/apis/apps/v1/statefulsets': [inside('monitoring', statefulSet({ templates: [VOLATILE] }))],
  '/api/v1/pods': [inside('monitoring', pod())]
}

/** The number of objects is `judged` there, as it was in the first version of the format. */
type JsonReport = Omit<Report, 'checked'> & { readonly judged: number }

interface Scanned {
  readonly cluster: FakeCluster
  readonly code: unknown
  readonly stderr: string
  readonly report: JsonReport
  /** `namespace/name policy outcome`, of the policies that the objects are there for. */
  readonly found: readonly string[]
}

async function scan(
  t: Test,
  args: readonly string[],
  intercept?: Intercept,
  more: Readonly<Record<string, readonly unknown[]>> = {}
): Promise<Scanned> {
  const cluster = await fakeCluster(t, { ...STORED, ...more }, intercept)
  const run = await holdfast('scan', `--kubeconfig=${cluster.kubeconfig}`, '-o', 'json', ...args)
  const report = JSON.parse(run.stdout || '{"objects":[]}') as JsonReport
  const found = report.objects.flatMap(({ namespace, name, findings }) =>
    findings
      .filter(({ policy }) => SPOKEN_OF.includes(policy))
      .map(({ policy, outcome }) => `${namespace}/${name} ${policy} ${outcome}`)
  )
  return { cluster, code: run.code, stderr: run.stderr, report, found }
}

const SHARED = 'shared-tsdb-claim'
const SPOKEN_OF = [SHARED, 'claim-template-labels', 'pushgateway-graceful-stop']
const NEXT = 'monitoring/pgw claim-template-labels warned'
const HOOK = 'monitoring/pushgateway-0 pushgateway-graceful-stop patched'
const AS_NEW =
  'Every object was checked as if it were created now. An update of an existing object is not refused for a problem that it already has.'
const REPAIRED =
  '1 object lacks a repair that it gets when it is created anew: a Pod by "kubectl rollout restart" of what it belongs to.'

t.test('what is set and cannot act is said once', async (t) => {
  const config = join(filesIn({ 'c.yaml': 'policies: { autosharding-labels: { onChange: reject } }' }), 'c.yaml')
  const annotations = { 'holdfast.dev/skip': 'all' }
  const sets = ['a', 'b'].map((name) => inside('monitoring', statefulSet({ name, annotations })))
  const more = { '/apis/apps/v1/statefulsets': sets }
  const { report } = await scan(t, ['-n', 'monitoring', '--config', config], undefined, more)
  t.strictSame(report.notes.slice(0, 2), [
    `${config}: policies.autosharding-labels.onChange: reject takes mode enforce, and the mode of the policy is warn`,
    'StatefulSet monitoring/a, StatefulSet monitoring/b: annotation holdfast.dev/skip names "all", which is no policy and exempts from nothing (holdfast policies lists them)'
  ])
})

/** The servers of this test say nothing of their configuration, which some policies want to see. */
function withoutConfigurations(notes: readonly string[]): readonly string[] {
  return notes.filter((note) => !/not evaluated in .* holds the configuration of/.test(note))
}

t.test('the whole cluster', async (t) => {
  const { code, stderr, report, found, cluster } = await scan(t, ['-A'])
  t.equal(code, 1)
  t.equal(stderr, '', 'no progress where there is no terminal')
  t.strictSame(found, [NEXT, HOOK, `lab/prometheus ${SHARED} warned`, `monitoring/prometheus ${SHARED} denied`])
  t.match(report, {
    command: 'scan',
    source: 'the cluster behind the context test',
    judged: 4,
    problems: { length: 0 },
    createdAt: /^\d{4}-\d\d-\d\dT/
  })
  t.strictSame(withoutConfigurations(report.notes), [
    AS_NEW,
    REPAIRED,
    '1 object in 1 namespace with the label holdfast.dev/mode=off was not checked.'
  ])
  t.equal(report.objects[0]?.findings[0]?.failsNextUpgrade, true)
  t.ok(report.policies.length > 5)
  const asked = cluster.asked.map((line) => line.replace(/\?.*/, ''))
  t.strictSame(
    asked.filter((line) => !line.includes('/namespaces/') && !line.includes('storageclasses')),
    [
      'GET /version',
      'GET /api/v1/namespaces',
      'GET /apis/apps/v1/statefulsets',
      'GET /api/v1/pods',
      'GET /apis/apps/v1/deployments',
      'GET /apis/apps/v1/daemonsets',
      'GET /apis/apps/v1/replicasets',
      'GET /apis/monitoring.coreos.com/v1/prometheuses',
      'GET /apis/monitoring.coreos.com/v1/thanosrulers',
      'GET /apis/monitoring.coreos.com/v1alpha1/prometheusagents',
      'GET /apis/monitoring.coreos.com/v1/alertmanagers'
    ]
  )
  const within = asked.flatMap((line) => /\/namespaces\/([^/]+)\//.exec(line)?.[1] ?? [])
  t.strictSame(
    [...new Set(within)].sort(),
    ['lab', 'monitoring'],
    'what belongs together, where something of the stack runs'
  )
  t.notOk(
    asked.some((line) => line.includes('secrets')),
    'a Secret is never read'
  )
})

t.test('what belongs together may be hidden', async (t) => {
  const hide =
    (...hidden: readonly string[]): Intercept =>
    ({ path }) =>
      hidden.includes(path.split('/').at(-1) ?? '') ? forbidden('it') : undefined
  const operated = await scan(t, ['-A'], hide('prometheuses', 'alertmanagers'))
  t.match(operated, { code: 1, report: { problems: { length: 0 } } }, 'as in a cluster without the CRDs')
  const unlisted = /^Not checked, because they may not be listed: prometheuses \S.*, alertmanagers \S/
  t.ok(
    operated.report.notes.some((note) => unlisted.test(note)),
    operated.report.notes.join('\n')
  )

  const budgets = await scan(t, ['-A'], hide('poddisruptionbudgets'))
  t.match(budgets, { code: 1, report: { problems: { length: 0 } } })
  const silent =
    'missing-disruption-budget was not evaluated in the namespaces lab, monitoring: poddisruptionbudgets may not be listed.'
  t.ok(budgets.report.notes.includes(silent), budgets.report.notes.join('\n'))
  const about = ({ report }: Scanned): string[] =>
    report.objects.flatMap(({ namespace, findings }) =>
      findings.flatMap(({ policy, level }) => (policy === 'missing-disruption-budget' ? `${namespace} ${level}` : []))
    )
  t.strictSame(about(budgets), [])
  t.strictSame(about(await scan(t, ['-A'])), ['lab warning', 'monitoring warning'])
  const lower = await scan(t, ['-A'], ({ path }) =>
    path.endsWith('/monitoring/statefulsets') ? forbidden('it') : undefined
  )
  t.strictSame(about(lower), ['lab warning', 'monitoring note'], 'a level less where more may be there')
})

t.test('backups are looked for where somebody asks', async (t) => {
  const config = join(filesIn({ 'c.yaml': 'policies: { missing-backup: { mode: audit } }' }), 'c.yaml')
  const storage = { volumeClaimTemplate: { spec: { resources: { requests: { storage: '100Gi' } } } } }
  const server = { [collectionPath(PROMETHEUS_RESOURCE)]: [inside('lab', prometheusObject({ storage }))] }
  const stored = { '/apis/apps/v1/deployments': [], ...server }
  const ask = async (more: Readonly<Record<string, readonly unknown[]>>, intercept?: Intercept, ...args: string[]) => {
    const { report, cluster } = await scan(t, ['-n', 'lab', ...args], intercept, { ...stored, ...more })
    const isAbout = ({ policy }: { readonly policy: string }): boolean => policy === 'missing-backup'
    return {
      found: report.objects.flatMap(({ name, findings }) =>
        findings.filter(isAbout).map(({ level }) => `${name} ${level}`)
      ),
      problems: report.problems,
      notes: report.notes.filter((note) => note.includes('missing-backup')),
      asked: cluster.asked.filter((line) => /volumesnapshots|replicationsources|schedules|backups/.test(line)).length
    }
  }
  const on = `--config=${config}`
  const silent = { found: [], problems: [], notes: [], asked: 6 }
  t.strictSame(await ask({}), { ...silent, asked: 0 }, 'off: not a list')
  const bare = { ...silent, found: ['k8s note'] }
  t.strictSame(await ask({}, undefined, on), bare, 'without the CRDs')
  const snapshots = '/apis/snapshot.storage.k8s.io/v1/volumesnapshots'
  const snapshot = { metadata: { name: 'nightly' } }
  t.strictSame(await ask({ [snapshots]: [inside('lab', snapshot)] }, undefined, on), silent, 'a VolumeSnapshot')
  t.strictSame(await ask({ [snapshots]: [inside('old', snapshot)] }, undefined, on), bare, 'in another namespace')
  const annotations = { 'backup.velero.io/backup-volumes': 'db' }
  t.strictSame(await ask({ '/api/v1/pods': [inside('lab', pod({ annotations }))] }, undefined, on), silent)
  t.strictSame(await ask({ '/api/v1/pods': [inside('lab', pod())] }, undefined, on), bare, 'a Pod that says nothing')
  const hidden: Intercept = ({ path }) => (path.endsWith('volumesnapshots') ? forbidden('it') : undefined)
  t.strictSame(await ask({}, hidden, on), {
    ...silent,
    notes: ['missing-backup was not evaluated in the namespace lab: volumesnapshots may not be listed.']
  })
})

/** What is said about storage and resources, as `namespace policy level: message`. */
function aboutServers({ report }: Scanned): string[] {
  return report.objects.flatMap(({ namespace, findings }) =>
    findings.flatMap(({ policy, level, message }) =>
      /^prometheus-(storage|resources)$/.test(policy) ? `${namespace} ${policy} ${level}: ${message}` : []
    )
  )
}

t.test('what storage and resources really are', async (t) => {
  const args = [...TSDB_ARGS, '--storage.tsdb.retention.size=80GB']
  const bare = inside('lab', prometheus({ args, resources: {} }))
  const set = inside('monitoring', prometheusSet({ args: [...TSDB_ARGS, '--storage.tsdb.retention.size=95GB'] }))
  const claim = (namespace: string, name: string, storage: string, phase = 'Bound'): JsonObject => ({
    metadata: { name, namespace },
    spec: { storageClassName: 'rigid', resources: { requests: { storage: '1Gi' } } },
    status: { phase, capacity: { storage } }
  })
  const limits = [
    { type: 'Pod', max: { memory: '8Gi' } },
    { type: 'Container', default: { memory: '4Gi' }, defaultRequest: { cpu: '100m', memory: '1Gi' } }
  ]
  const more = {
    '/apis/apps/v1/deployments': [bare],
    '/apis/apps/v1/statefulsets': [set],
    '/api/v1/persistentvolumeclaims': [
      claim('lab', 'prometheus-data', '50Gi'),
      claim('lab', 'storage-prometheus-0', '1Gi'),
      claim('monitoring', 'storage-prometheus-0', '200Gi')
    ],
    '/api/v1/limitranges': [{ metadata: { name: 'defaults', namespace: 'lab' }, spec: { limits } }],
    '/apis/storage.k8s.io/v1/storageclasses': [{ metadata: { name: 'rigid' } }]
  }
  const tooMuch = '--storage.tsdb.retention.size'
  const beside = ', and the write-ahead log and compaction need additional space'
  const real = await scan(t, ['-A'], undefined, more)
  t.strictSame(aboutServers(real), [
    `lab prometheus-storage warning: ${tooMuch}=80GB is 160 % of the volume of "50Gi" behind the PVC "prometheus-data"${beside}`
  ])
  t.ok(real.report.notes.includes('Defaults of LimitRanges count as resources of containers in the namespace lab.'))
  t.match(
    real.report.objects.find(({ namespace }) => namespace === 'lab')?.findings.map(({ remediation }) => remediation),
    [/StorageClass "rigid" has no allowVolumeExpansion/]
  )
  const lists = real.cluster.asked.filter((line) => line.includes('storageclasses'))
  t.equal(lists.length, 1, 'what belongs to no namespace is read once')

  const off = join(filesIn({ 'c.yaml': 'policies: { prometheus-storage: { mode: off } }' }), 'c.yaml')
  const without = await scan(t, ['-A', '--config', off], undefined, more)
  t.notOk(
    without.cluster.asked.some((line) => /persistentvolumeclaims|storageclasses/.test(line)),
    'nothing is read for a policy that is off'
  )

  const asBefore = [
    `monitoring prometheus-storage warning: ${tooMuch}=95GB is 95 % of the volume of "100Gi"${beside}`,
    'lab prometheus-resources warning: container "prometheus-server" has no CPU request: on a busy node its rules and scrapes come late',
    'lab prometheus-resources warning: container "prometheus-server" has no memory request: it is among the first to be evicted from a node under memory pressure',
    'lab prometheus-resources warning: container "prometheus-server" has no memory limit: one expensive query can exhaust the memory of the node'
  ].sort()
  const hidden = /\/(persistentvolumeclaims|storageclasses|limitranges)$/
  const table: readonly (readonly [string, Answer, readonly string[]])[] = [
    [
      'forbidden',
      forbidden('it'),
      [
        'storageclasses may not be listed, so prometheus-storage was evaluated without them.',
        'persistentvolumeclaims may not be listed in the namespaces lab, monitoring, so prometheus-storage was evaluated without them.',
        'limitranges may not be listed in the namespaces lab, monitoring, so prometheus-resources was evaluated without them.'
      ]
    ],
    [
      'absent',
      status(404, 'the server could not find the requested resource'),
      [
        'storageclasses are not served by the API server, so prometheus-storage was evaluated without them.',
        'persistentvolumeclaims are not served by the API server in the namespaces lab, monitoring, so prometheus-storage was evaluated without them.',
        'limitranges are not served by the API server in the namespaces lab, monitoring, so prometheus-resources was evaluated without them.'
      ]
    ]
  ]
  for (const [name, answer, notes] of table) {
    const unread = await scan(t, ['-A'], ({ path }) => (hidden.test(path) ? answer : undefined), more)
    t.strictSame(aboutServers(unread).sort(), asBefore, `${name}: as without a cluster`)
    t.strictSame(unread.report.problems, [], `${name}: no problem`)
    t.strictSame(
      unread.report.notes.filter((note) => / evaluated without them/.test(note)).sort(),
      [...notes].sort(),
      name
    )
    const asked = unread.cluster.asked.filter((line) => hidden.test(line.replace(/\?.*/, '')))
    t.equal(new Set(asked).size, asked.length, `${name}: nothing is asked for twice`)
  }

  const broken = await scan(
    t,
    ['-A'],
    ({ path }) => (path.includes('limitranges') ? status(400, 'no') : undefined),
    more
  )
  t.equal(broken.code, 2)
  t.match(broken.report.problems, [
    { where: 'limitranges in the namespace monitoring', code: 'CLUSTER_INCOMPLETE' },
    { where: 'limitranges in the namespace lab', code: 'CLUSTER_INCOMPLETE' }
  ])
})

t.test('the namespaces: those of -n, of the context, or the one that kubectl takes', async (t) => {
  const contexts = [{ name: 'test', context: { cluster: 'test', user: 'test', namespace: 'lab' } }]
  const some = await scan(t, ['-n', 'monitoring,old', '-n', 'lab'])
  t.equal(some.report.source, 'the namespaces monitoring, old, lab of the cluster behind the context test')
  t.equal(some.report.judged, 4)
  const none = await scan(t, [])
  t.match(none, {
    code: 0,
    report: { source: 'the namespace default of the cluster behind the context test', judged: 0, notes: { length: 0 } }
  })
  const { cluster } = none
  const kubeconfig = kubeconfigFor(cluster.connection.server.origin, { contexts })
  const own = await holdfast('scan', `--kubeconfig=${kubeconfig}`, '-o', 'json')
  t.match(JSON.parse(own.stdout), { source: /^the namespace lab of/, judged: 1 })
  t.match((await scan(t, ['-n', 'lab', '-A'])).report.source, /^the cluster/, '-A wins, as with kubectl')
})

t.test('modes: the lowest of the flag, the file and the label', async (t) => {
  const file = join(temporaryDirectory(), 'config.yaml')
  const config = (text: string): string => {
    writeFileSync(file, text)
    return `--config=${file}`
  }
  const table: readonly (readonly [string, readonly string[], readonly string[], number])[] = [
    ['--mode', ['--mode=audit'], ['lab', 'monitoring'].map((name) => `${name}/prometheus ${SHARED} audited`), 0],
    [
      'a file',
      [config(`policies: { ${SHARED}: { mode: warn } }`)],
      ['lab', 'monitoring'].map((name) => `${name}/prometheus ${SHARED} warned`),
      0
    ],
    [
      '--fail-on',
      ['--mode=warn', '--fail-on=warn'],
      ['lab', 'monitoring'].map((name) => `${name}/prometheus ${SHARED} warned`),
      1
    ]
  ]
  for (const [name, args, expected, exitCode] of table) {
    const { found, code } = await scan(t, ['-A', ...args])
    t.strictSame(
      found.filter((line) => line.includes(SHARED)),
      expected,
      name
    )
    t.equal(code, exitCode, name)
  }
  const off = await scan(t, ['-A', '--mode=off'])
  t.strictSame(off.found, [])
  t.equal(off.cluster.asked.length, 2, 'nothing is listed that nobody looks at')

  const others = POLICIES.filter(({ id }) => id !== 'pushgateway-graceful-stop')
  config(`mode: enforce
policies: { ${others.map(({ id }) => `${id}: { mode: off }`).join(', ')} }
namespaces: [{ match: [lab], policies: { ${SHARED}: { mode: enforce } } }]`)
  const pods = await scan(t, ['-n', 'monitoring', `--config=${file}`])
  t.strictSame(pods.found, [HOOK])
  t.strictSame(
    pods.cluster.asked.filter((line) => line.includes('limit=')).map((line) => line.replace(/\?.*/, '')),
    ['GET /api/v1/namespaces/monitoring/pods'],
    'only kinds that some policy wants'
  )
  const lab = await scan(t, ['-A', `--config=${file}`])
  t.strictSame(lab.found, [HOOK, `lab/prometheus ${SHARED} warned`], 'or wants in one namespace only')
  t.equal(lab.report.judged, 2, 'what no policy wants to see was not checked')
})

t.test('objects of prometheus-operator', async (t) => {
  const object = inside('monitoring', prometheusObject({ replicas: 2, affinity: undefined }))
  const found = await scan(t, ['-A'], undefined, { [collectionPath(PROMETHEUS_RESOURCE)]: [object] })
  t.match(
    found.report.objects.find(({ kind }) => kind === 'Prometheus'),
    { group: 'monitoring.coreos.com', findings: [{ policy: 'prometheus-availability', field: 'spec.affinity' }] }
  )
  const without =
    (answer: Answer): Intercept =>
    ({ path }) =>
      path.includes('monitoring.coreos.com') ? answer : undefined
  const table: readonly (readonly [Answer, RegExp])[] = [
    [
      status(404, 'the server could not find the requested resource'),
      /^Not checked, because the cluster does not have them: prometheuses, thanosrulers, prometheusagents, alertmanagers\.$/
    ],
    [
      forbidden('it'),
      /^Not checked, because they may not be listed: prometheuses in the namespace default, .*alertmanagers in the namespace old\.$/
    ]
  ]
  for (const [answer, note] of table) {
    const { report, code } = await scan(t, ['-A'], without(answer))
    t.strictSame(report.problems, [], 'no problem')
    t.equal(code, 1, 'for what else is there')
    t.match(report.notes[0], note)
  }
})

t.test('the version of the API server', async (t) => {
  const hook = ({ report }: Scanned): unknown => report.objects.find(({ kind }) => kind === 'Pod')?.findings[0]
  const handler = 'adds a preStop of 15 s to container "pushgateway"'
  t.match(hook(await scan(t, ['-A'])), { message: handler })
  const old = await scan(t, ['-A', '--kubernetes-version=1.29'])
  t.notOk(
    old.cluster.asked.some((line) => line.includes('/version')),
    'is not asked for where it is given'
  )
  for (const [name, intercept] of [
    ['no number', ({ path }) => (path === '/version' ? { status: 200, body: {} } : undefined)],
    ['forbidden', ({ path }) => (path === '/version' ? forbidden('it') : undefined)]
  ] as readonly (readonly [string, Intercept])[]) {
    const { report } = await scan(t, ['-A'], intercept)
    t.equal(report.notes[0], 'The version of the API server is unknown: set --kubernetes-version.', name)
  }
})

t.test('what cannot be read', async (t) => {
  const only =
    (part: string): Intercept =>
    ({ path }) =>
      path.includes(part) ? forbidden(part) : undefined
  const pods = await scan(t, ['-A'], only('pods'))
  t.equal(pods.code, 2)
  t.equal(pods.found.length, 3, 'the rest is checked')
  t.match(pods.report.problems, [
    {
      where: 'pods in the namespace default',
      code: 'CLUSTER_FORBIDDEN',
      message: /^pods is forbidden.*manifests\/components\/scan/
    },
    { where: 'pods in the namespace lab' },
    { where: 'pods in the namespace monitoring' },
    { where: 'pods in the namespace old' }
  ])
  const labels = await scan(t, ['-A'], ({ path }) => (path === '/api/v1/namespaces' ? forbidden('it') : undefined))
  t.equal(labels.code, 1, 'labels alone are no reason to fail')
  t.equal(labels.report.judged, 5)
  t.match(
    withoutConfigurations(labels.report.notes).at(-1),
    'Namespaces could not be read, so their label holdfast.dev/mode had no effect.'
  )
  const unknown = await scan(t, ['-n', 'nowhere,monitoring'])
  t.equal(unknown.code, 2)
  t.equal(unknown.report.judged, 3)
  t.match(unknown.report.problems, [{ where: 'the namespace nowhere', code: 'NAMESPACE_UNKNOWN' }])
})

t.test('reports in the cluster', async (t) => {
  const program = new Command()
  addScanCommand(program)
  const { argChoices } = program.commands[0]?.options.find(({ long }) => long === '--report') ?? {}
  t.strictSame(argChoices, Object.keys(POLICY_REPORT_APIS))

  const path = '/apis/openreports.io/v1alpha1/reports'
  const labels = { 'app.kubernetes.io/managed-by': 'holdfast' }
  const old = ['default', 'gone', 'monitoring'].map((where) => ({
    metadata: { name: 'holdfast', namespace: where, labels }
  }))
  const written = async (
    args: readonly string[],
    intercept?: Intercept
  ): Promise<Scanned & { readonly writes: string[] }> => {
    const scanned = await scan(t, [...args, '--report=openreports'], intercept, { [path]: old })
    const writes = scanned.cluster.asked.filter((line) => !line.startsWith('GET'))
    return { ...scanned, writes: writes.map((line) => line.replace(/(\S+) .*namespaces.(.*?).reports.*/, '$1 $2')) }
  }
  const whole = await written(['-A'])
  t.strictSame(whole.writes, ['PUT monitoring', 'DELETE default', 'DELETE gone', 'POST lab'])
  t.equal(whole.code, 1)
  t.equal(whole.report.notes.at(-1), 'Reports in the cluster (reports.openreports.io): 1 new, 1 changed, 2 removed.')
  const some = await written(['-n', 'lab,default'])
  t.strictSame(some.writes, ['DELETE default', 'POST lab'], 'only where it has looked')

  const part = await written(['-A'], ({ path }) =>
    path === '/api/v1/pods' || path === '/api/v1/namespaces/default/pods' ? forbidden('it') : undefined
  )
  t.strictSame(
    part.writes,
    ['PUT monitoring', 'DELETE gone', 'POST lab'],
    'none is removed where something was not read'
  )
  const blind = await written(['-A'], ({ path }) => (path === '/api/v1/pods' ? status(422, 'no') : undefined))
  t.strictSame(blind.writes, ['PUT monitoring', 'POST lab'])
  t.equal(blind.code, 2)

  t.match(blind.report.notes.at(-1), /^reports\.openreports\.io in the namespaces default, gone: an earlier report may/)

  const marks = async (intercept: Intercept): Promise<unknown> => {
    const { cluster } = await scan(t, ['-A', '--report=openreports'], intercept, { [path]: [] })
    const metadata = (cluster.stored.get(path) ?? []).map((item) => (item as { metadata: JsonObject }).metadata)
    return metadata.map(({ namespace, annotations }) => `${namespace} ${Object(annotations)['holdfast.dev/not-read']}`)
  }
  const table: readonly (readonly [string, Intercept, readonly unknown[]])[] = [
    ['all was read', () => undefined, ['monitoring undefined', 'lab undefined']],
    [
      'a kind may not be read',
      ({ path }) => (path.endsWith('/daemonsets') ? forbidden('it') : undefined),
      ['monitoring daemonsets', 'lab daemonsets']
    ],
    [
      'nor in one namespace, and a list ends too soon',
      ({ path }) => {
        if (path.endsWith('/replicasets')) return status(422, 'no')
        return /apps.v1.daemonsets|lab.daemonsets/.test(path) ? forbidden('it') : undefined
      },
      ['monitoring some replicasets', 'lab daemonsets, some replicasets']
    ],
    [
      'a list of namespaces ends too soon',
      ({ path }) => (path === '/api/v1/namespaces' ? status(422, 'no') : undefined),
      ['monitoring some objects', 'lab some objects', 'old some objects']
    ]
  ]
  for (const [name, intercept, expected] of table) t.strictSame(await marks(intercept), expected, name)

  const missing = await scan(t, ['-A', '--report=wgpolicy'])
  t.equal(missing.code, 2)
  t.match(missing.report.problems, [{ where: 'policyreports.wgpolicyk8s.io', code: 'REPORT_NOT_STORED' }])
  t.equal(missing.found.length, 4, 'what was found is told nevertheless')
})

t.test('what is no scan at all: one sentence, and exit code 2', async (t) => {
  const closed = kubeconfigFor('http://127.0.0.1:1')
  const table: readonly (readonly [readonly string[], RegExp])[] = [
    [
      [`--kubeconfig=${closed}`],
      /^holdfast: the cluster behind the context test .*ECONNREFUSED.*\[CLUSTER_UNREACHABLE\]\n$/
    ],
    [[`--kubeconfig=${closed}`, '--context=x'], /no context "x": it has test.*\[CLUSTER_UNREACHABLE\]\n$/],
    [['--kubeconfig=/nowhere'], /^holdfast: Cannot use \/nowhere: ENOENT.*\[CLUSTER_UNREACHABLE\]\n$/],
    [[`--kubeconfig=${closed}`, '--config=/nowhere'], /\[CONFIG_UNREADABLE\]/],
    [['-n', '../kube-system'], /a list of names of namespaces/],
    [['-n', 'a,B'], /a list of names of namespaces/],
    [['-n', ''], /a list such as a,b/],
    [['--report=other'], /openreports, wgpolicy/],
    [['surplus'], /too many arguments/]
  ]
  for (const [args, expected] of table) {
    const { code, stdout, stderr } = await holdfast('scan', ...args)
    t.strictSame([code, stdout], [2, ''], args.join(' '))
    t.match(stderr, expected)
  }
})
