// What a cluster already runs, evaluated by the built command: thousands of objects, missing rights, a restart, reports.

import {
  DEPLOYMENT,
  LIMIT_RANGE,
  PERSISTENT_VOLUME_CLAIM,
  POD,
  type Resource,
  STATEFUL_SET,
  STORAGE_CLASS
} from '../../src/core/objects/kinds.ts'
import { type JsonObject, objectOf } from '../../src/core/values/json.ts'
import { objectsOf } from '../../src/inventory/cluster/objects.ts'
import { type Api, createApi } from '../../src/kubernetes/client.ts'
import { connect } from '../../src/kubernetes/kubeconfig.ts'
import { collectionPath } from '../../src/kubernetes/list.ts'
import { POLICY_REPORT_APIS, type PolicyReportApi } from '../../src/report/policy-report/policy-report.ts'
import { prometheus, TSDB_ARGS } from '../fixtures/prometheus.ts'
import { only, renderWith, skip } from '../manifests/render.ts'
import { definitionOf } from './harness/definition.ts'
import { gateway, nginx, podOf, release } from './harness/manifests.ts'
import { findingsIn, type Scanner, scannerOf } from './harness/scan-command.ts'
import { endToEnd, type Stage, type Test } from './harness/suite.ts'
import { until } from './harness/wait.ts'

endToEnd('scan', {}, async (t, stage) => {
  const asked = await scannerOf(stage)
  const scan: Scanner['scan'] = (args, as, policies = 'of the object alone') => asked.scan(args, as, policies)
  const scanner: Scanner = { ...asked, scan }
  const api = createApi(await connect({ kubeconfig: scanner.kubeconfig }))
  try {
    await t.test('thousands of objects', (t) => manyObjects(t, stage, scanner, api))
    await t.test('what is evaluated, and as what', (t) => evaluated(t, stage, scanner, api))
    await t.test('what storage and resources really are', (t) => provisioned(t, stage, scanner, api))
    await t.test('rights in some namespaces', (t) => someRights(t, stage, scanner, api))
    await t.test('the rights of the component', { skip }, (t) => component(t, stage, scanner, api))
    await t.test('reports in the cluster', (t) => reports(t, stage, scanner, api))
    await t.test('a restart of the API server', { skip: stage.restart ? false : 'it is not ours' }, (t) =>
      restart(t, stage, scanner, api)
    )
  } finally {
    api.close()
    scanner.dispose()
  }
})

/** Kinds by their share, each with the fault that every tenth object has. Nothing here ever runs. */
const KINDS: readonly {
  readonly resource: Resource
  readonly share: number
  readonly harmless: (namespace: string, name: string) => object
  readonly faulty: (namespace: string, name: string) => object
  readonly finding: string
}[] = [
  {
    resource: POD,
    share: 0.5,
    harmless: (namespace, name) => waiting(podOf(namespace, name, [nginx()])),
    faulty: (namespace, name) => waiting(podOf(namespace, name, [gateway()])),
    finding: 'pushgateway-graceful-stop patched'
  },
  {
    resource: STATEFUL_SET,
    share: 0.3,
    harmless: (namespace, name) => named(release('3.8.0', namespace, { spec: { replicas: 0 } }), name),
    faulty: (namespace, name) => named(release('2.16.0', namespace, { spec: { replicas: 0 } }), name),
    finding: 'claim-template-labels warned'
  },
  {
    resource: DEPLOYMENT,
    share: 0.2,
    harmless: (namespace, name) => deployment(namespace, name, [nginx()]),
    faulty: (namespace, name) => sharing(namespace, name),
    finding: 'shared-tsdb-claim denied'
  }
]

/** No scheduler looks at it, where there is one. */
function waiting(pod: ReturnType<typeof podOf>): object {
  return { ...pod, spec: { ...pod.spec, schedulingGates: [{ name: 'holdfast.dev/e2e' }] } }
}

function named<O extends { metadata: object }>(object: O, name: string): object {
  return { ...object, metadata: { ...object.metadata, name } }
}

function deployment(namespace: string, name: string, containers: readonly object[]): object {
  const labels = { app: name }
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace },
    spec: { replicas: 0, selector: { matchLabels: labels }, template: { metadata: { labels }, spec: { containers } } }
  }
}

/** Replicas are what is wrong with it, so that it has to have some: paused, it makes no Pods. */
function sharing(namespace: string, name: string): object {
  const apart = { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [ANYWHERE_ELSE] } }
  const object = prometheus({ replicas: 2, pod: { affinity: apart }, spec: { paused: true } })
  return { ...object, metadata: { name, namespace } }
}

const ANYWHERE_ELSE = { topologyKey: 'kubernetes.io/hostname', labelSelector: { matchLabels: { app: 'prometheus' } } }

/** As large as objects are in real life, where they carry `managedFields`, environments and annotations of others. */
function padded(object: object): object {
  const { metadata } = object as { readonly metadata: object }
  return { ...object, metadata: { ...metadata, annotations: { 'example.com/padding': 'x'.repeat(8000) } } }
}

/** As many objects as that, a tenth of them with a fault. Answers with what a scan has to find. */
async function fill(api: Api, namespace: string, size: number): Promise<string[]> {
  const expected: string[] = []
  const work: (() => Promise<unknown>)[] = []
  for (const { resource, share, harmless, faulty, finding } of KINDS) {
    for (let index = 0; index < size * share; index++) {
      const name = `o-${String(index).padStart(5, '0')}`
      const isFaulty = index % 10 === 0
      if (isFaulty) expected.push(`${namespace}/${resource.kind}/${name} ${finding}`)
      const object = padded((isFaulty ? faulty : harmless)(namespace, name))
      work.push(() => api.create(collectionPath(resource, namespace), object))
    }
  }
  const next = work.values()
  // As many at a time as keep a small API server busy.
  await Promise.all(
    Array.from({ length: 16 }, async () => {
      for (const create of next) await create()
    })
  )
  return expected.sort()
}

async function manyObjects(t: Test, stage: Stage, { scan }: Scanner, api: Api): Promise<void> {
  const [few, many] = [await stage.namespace(), await stage.namespace()]
  const size = stage.isOwn ? 5000 : 1000
  const expectedFew = await fill(api, few, 500)
  const expectedMany = await fill(api, many, size)

  const small = await scan(['-n', few])
  const large = await scan(['-n', many])
  t.strictSame(findingsIn(small.report).sort(), expectedFew)
  t.strictSame(findingsIn(large.report).sort(), expectedMany, `all ${expectedMany.length} of them`)
  t.strictSame([small.report.judged, large.report.judged], [500, size])
  t.strictSame([small.code, large.code, large.stderr], [1, 1, ''])
  t.strictSame(large.report.problems, [])

  const next = large.report.objects.filter(({ findings }) => findings.some(({ failsNextUpgrade }) => failsNextUpgrade))
  t.equal(next.length, expectedMany.filter((line) => line.includes('/StatefulSet/')).length, 'whose next upgrade fails')

  const ratio = large.peakMb / small.peakMb
  const measured = `${small.peakMb.toFixed(0)} MB for 500 objects, ${large.peakMb.toFixed(0)} MB for ${size}`
  t.comment(`${measured}, in ${small.seconds.toFixed(1)} and ${large.seconds.toFixed(1)} s`)
  // What it holds at a time is bounded by its heap; what is left to grow is garbage that waits to be collected.
  t.ok(ratio < 1.75, `ten times the objects take ${ratio.toFixed(2)} times the memory: ${measured}`)
  if (!stage.isOwn) return
  const lists = stage.audited(many).filter(({ verb }) => verb === 'list')
  t.strictSame(
    lists.map(({ requestURI = '' }) => requestURI.replace(/continue=[^&]+/, 'continue=…').replace(/^.*\?/, '')),
    ['limit=500', 'limit=500&continue=…', 'limit=500&continue=…'],
    'the 1500 StatefulSets came in three pages'
  )
}

async function evaluated(t: Test, stage: Stage, { scan }: Scanner, api: Api): Promise<void> {
  const [namespace, lowered, off] = [
    await stage.namespace(),
    await stage.namespace('warn'),
    await stage.namespace('off')
  ]
  for (const where of [namespace, lowered, off])
    await api.create(collectionPath(DEPLOYMENT, where), sharing(where, 'p'))
  for (const name of ['running', 'done']) {
    await api.create(collectionPath(POD, namespace), waiting(podOf(namespace, name, [gateway()])))
  }
  const status = JSON.stringify({ status: { phase: 'Succeeded' } })
  await stage.kubectl(['patch', 'pod', 'done', '-n', namespace, '--subresource=status', '--type=merge', '-p', status])

  const { report, code } = await scan(['-n', `${namespace},${lowered},${off},nowhere`])
  t.equal(code, 2, 'a namespace that is not there is no reason to be silent')
  t.match(report.problems, [{ where: 'the namespace nowhere', code: 'NAMESPACE_UNKNOWN' }])
  t.strictSame(findingsIn(report), [
    `${namespace}/Pod/running pushgateway-graceful-stop patched`,
    `${namespace}/Deployment/p shared-tsdb-claim denied`,
    `${lowered}/Deployment/p shared-tsdb-claim warned`
  ])
  t.equal(report.judged, 3)
  t.match(report.notes.at(-1), '1 object in 1 namespace with the label holdfast.dev/mode=off was not checked.')
  const { message } = report.objects[0]?.findings[0] ?? {}
  t.equal(message, 'adds a preStop of 15 s to container "pushgateway"')
}

/** A claim of a size that nobody asked for, of a class that cannot grow, and what the API server makes of a LimitRange. */
async function provisioned(t: Test, stage: Stage, { scan }: Scanner, api: Api): Promise<void> {
  const namespace = await stage.namespace()
  const name = `rigid-${namespace}`
  const args = [...TSDB_ARGS, '--storage.tsdb.retention.size=80GB']
  const object = prometheus({ args, resources: {}, spec: { paused: true } })
  await api.create(collectionPath(DEPLOYMENT, namespace), { ...object, metadata: { name: 'p', namespace } })
  const found = async (): Promise<readonly string[]> => {
    const { report } = await scan(['-n', namespace], undefined, 'all')
    const found = report.objects.flatMap(({ findings }) =>
      findings.map(({ policy, level, field, message }) => `${policy} ${level} ${field}: ${message}`)
    )
    return found.filter((line) => /^prometheus-(storage|resources) /.test(line))
  }
  const without = await found()
  t.match(without, [
    /^prometheus-storage warning .*: there is no PVC "prometheus-data" in the namespace/,
    /^prometheus-resources warning .*requests\.cpu/,
    /^prometheus-resources warning .*requests\.memory/,
    /^prometheus-resources warning .*limits\.memory/
  ])
  t.equal(without.length, 4)

  const classes = collectionPath(STORAGE_CLASS)
  await api.create(classes, { metadata: { name }, provisioner: 'example.com/none', allowVolumeExpansion: false })
  try {
    await api.create(collectionPath(PERSISTENT_VOLUME_CLAIM, namespace), {
      metadata: { name: 'prometheus-data' },
      spec: { storageClassName: name, accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } }
    })
    await api.create(collectionPath(LIMIT_RANGE, namespace), {
      metadata: { name: 'defaults' },
      spec: { limits: [{ type: 'Container', default: { cpu: '1', memory: '2Gi' } }] }
    })
    t.match(await found(), [
      /^prometheus-storage warning .*"1Gi" behind/,
      /^prometheus-storage note .*"prometheus-data" has no volume yet/
    ])
    const status = JSON.stringify({ status: { phase: 'Bound', capacity: { storage: '90Gi' } } })
    const claim = ['pvc', 'prometheus-data', '-n', namespace]
    await stage.kubectl(['patch', ...claim, '--subresource=status', '--type=merge', '-p', status])
    t.match(await found(), [
      /^prometheus-storage warning .*is 89 % of the volume of "90Gi" behind the PVC "prometheus-data"/
    ])
    const { report } = await scan(['-n', namespace], undefined, 'all')
    t.match(report.objects[0]?.findings[0]?.remediation, `StorageClass "${name}" has no allowVolumeExpansion: true`)
    t.ok(
      report.notes.includes(`Defaults of LimitRanges count as resources of containers in the namespace ${namespace}.`)
    )
  } finally {
    await api.remove(`${classes}/${name}`, {})
  }
}

/** An account with a token of its own. */
async function account(stage: Stage, namespace: string, name: string): Promise<string> {
  await stage.kubectl(['create', 'serviceaccount', name, '-n', namespace])
  return (await stage.kubectl(['create', 'token', name, '-n', namespace])).stdout.trim()
}

const LISTABLE = 'pods,statefulsets.apps,deployments.apps,daemonsets.apps,replicasets.apps'
const KIND_NAMES = ['statefulsets', 'pods', 'deployments', 'daemonsets', 'replicasets']

async function someRights(t: Test, stage: Stage, { scan, as }: Scanner, api: Api): Promise<void> {
  const [a, b, c] = [await stage.namespace(), await stage.namespace(), await stage.namespace()]
  for (const where of [a, b, c]) await api.create(collectionPath(DEPLOYMENT, where), sharing(where, 'p'))
  const somebody = as(await account(stage, a, 'reader'))
  for (const where of [a, b]) {
    await stage.kubectl(['create', 'role', 'reader', '--verb=list', `--resource=${LISTABLE}`, '-n', where])
    await stage.kubectl([
      'create',
      'rolebinding',
      'reader',
      '--role=reader',
      `--serviceaccount=${a}:reader`,
      '-n',
      where
    ])
  }
  const found = [a, b].map((where) => `${where}/Deployment/p shared-tsdb-claim denied`)

  const blind = await scan(['-A'], somebody)
  t.equal(blind.code, 2)
  t.strictSame(findingsIn(blind.report), [])
  t.strictSame(
    blind.report.problems.map(({ where, code }) => `${where} ${code}`),
    KIND_NAMES.map((kind) => `${kind} in all namespaces CLUSTER_FORBIDDEN`)
  )
  t.match(blind.report.problems[0]?.message, /nor can the namespaces be listed, so name them with -n/)

  const chosen = await scan(['-n', `${a},${b},${c}`], somebody)
  t.equal(chosen.code, 2)
  t.strictSame(findingsIn(chosen.report), found, 'the rest is reported')
  t.strictSame(
    chosen.report.problems.map(({ where, code }) => `${where} ${code}`),
    KIND_NAMES.map((kind) => `${kind} in the namespace ${c} CLUSTER_FORBIDDEN`)
  )
  t.match(chosen.report.notes.at(-1), /^Namespaces could not be read/)
  const allowed = await scan(['-n', `${a},${b}`], somebody, 'all')
  t.equal(allowed.code, 1, 'and what may be read is all that was asked for')
  const unread = allowed.report.notes.filter((note) => / evaluated without them\.$/.test(note))
  t.match(unread.sort(), [
    /^limitranges may not be listed in the namespaces \S+, \S+, so prometheus-resources /,
    /^persistentvolumeclaims may not be listed in the namespaces \S+, \S+, so prometheus-storage /,
    /^storageclasses may not be listed, so prometheus-storage /
  ])
  t.equal(unread.length, 3, 'what refines findings is one note for each kind')

  await stage.kubectl(['create', 'clusterrole', `reader-${a}`, '--verb=list', '--resource=namespaces'])
  await stage.kubectl([
    'create',
    'clusterrolebinding',
    `reader-${a}`,
    `--clusterrole=reader-${a}`,
    `--serviceaccount=${a}:reader`
  ])
  try {
    const whole = await scan(['-A'], somebody)
    t.equal(whole.code, 2)
    t.strictSame(findingsIn(whole.report).sort(), [...found].sort(), 'each namespace by itself')
    t.match(whole.report.problems[0]?.where, /^statefulsets in \d+ namespaces, .* among them$/)
    t.equal(whole.report.problems.length, KIND_NAMES.length)
  } finally {
    await stage.kubectl(['delete', 'clusterrole,clusterrolebinding', `reader-${a}`])
  }
}

async function component(t: Test, stage: Stage, { scan, as }: Scanner, api: Api): Promise<void> {
  const namespace = await stage.namespace()
  await api.create(collectionPath(DEPLOYMENT, namespace), sharing(namespace, 'p'))
  const scanAs = as(await account(stage, namespace, 'holdfast-scan'))
  const user = `system:serviceaccount:${namespace}:holdfast-scan`
  const manifests = renderWith('cluster-wide', ['scan', 'scan-reports'])
  const install = async (name: string): Promise<void> => {
    const role = only(manifests, 'ClusterRole', name)
    const binding = only<JsonObject>(manifests, 'ClusterRoleBinding', name)
    const subjects = [{ kind: 'ServiceAccount', name: 'holdfast-scan', namespace }]
    const input = JSON.stringify({ apiVersion: 'v1', kind: 'List', items: [role, { ...binding, subjects }] })
    await stage.kubectl(['create', '-f', '-'], { input })
  }
  const may = async (right: string): Promise<unknown> => {
    const [verb, name = ''] = right.split(' ')
    const [resource, ...group] = name.split('.')
    const spec = { user, resourceAttributes: { namespace, verb, resource, group: group.join('.') } }
    const review = { apiVersion: 'authorization.k8s.io/v1', kind: 'SubjectAccessReview', spec }
    const { status } = await api.create('/apis/authorization.k8s.io/v1/subjectaccessreviews', review)
    return objectOf(status).allowed
  }
  try {
    t.equal((await scan(['-A'], scanAs)).code, 2, 'without them nothing')
    await install('holdfast-scan')
    const { code, report } = await scan(['-A'], scanAs, 'all')
    t.equal(code, 1)
    t.strictSame(report.problems, [], 'they are enough')
    t.notMatch(report.notes.join(), /evaluated without them/)
    t.ok(findingsIn(report).includes(`${namespace}/Deployment/p shared-tsdb-claim denied`))
    t.notOk(
      report.notes.some((note) => note.startsWith('Namespaces')),
      'labels of namespaces count'
    )
    t.equal((await scan(['-n', namespace], scanAs)).code, 1, 'for one namespace, too')
    const more = ['watch pods', 'get pods', 'create pods', 'list secrets', 'get configmaps']
    for (const right of [...more, 'list reports.openreports.io']) t.equal(await may(right), false, right)
    await install('holdfast-scan-reports')
    t.equal(await may('delete reports.openreports.io'), true)
    t.equal(await may('delete policyreports.wgpolicyk8s.io'), false)
  } finally {
    const names = ['holdfast-scan', 'holdfast-scan-reports']
    await stage.run(['delete', 'clusterrole,clusterrolebinding', ...names, '--ignore-not-found'])
  }
}

interface StoredReport {
  readonly metadata: { readonly name: string; readonly namespace: string; readonly resourceVersion: string }
  readonly summary: JsonObject
  readonly results: readonly { readonly policy: string; readonly result: string }[]
}

async function reports(t: Test, stage: Stage, scanner: Scanner, api: Api): Promise<void> {
  for (const name of Object.keys(POLICY_REPORT_APIS) as PolicyReportApi[]) {
    const { group, resource } = POLICY_REPORT_APIS[name]
    const crd = `${resource}.${group}`
    await t.test(crd, async (t) => {
      const missing = await scanner.scan(['-n', 'default', `--report=${name}`])
      t.equal(missing.code, 2)
      t.match(missing.report.problems, [
        { where: crd, code: 'REPORT_NOT_STORED', message: /the cluster does not know/ }
      ])
      await stage.run(['create', '-f', '-'], definitionOf(POLICY_REPORT_APIS[name]))
      try {
        await until(`the CRD ${crd}`, () => stage.kubectl(['get', crd, '-A']))
        await lifeOfReports(t, stage, scanner, api, name)
      } finally {
        await stage.run(['delete', 'crd', crd])
      }
    })
  }
}

async function lifeOfReports(t: Test, stage: Stage, { scan }: Scanner, api: Api, name: PolicyReportApi): Promise<void> {
  const { group, version, resource, kind } = POLICY_REPORT_APIS[name]
  const [one, other] = [await stage.namespace(), await stage.namespace()]
  const stored = async (): Promise<StoredReport[]> => {
    const lists = await Promise.all(
      [one, other].map((where) => stage.get<{ items: StoredReport[] }>(`${resource}.${group}`, '-n', where))
    )
    return lists.flatMap(({ items }) => items)
  }
  const versions = async (): Promise<string[]> =>
    (await stored()).map(({ metadata }) => `${metadata.namespace}/${metadata.name} ${metadata.resourceVersion}`)
  const run = (): ReturnType<Scanner['scan']> => scan(['-n', `${one},${other}`, `--report=${name}`])

  for (const where of [one, other]) await api.create(collectionPath(DEPLOYMENT, where), sharing(where, 'p'))
  await api.create(collectionPath(POD, one), waiting(podOf(one, 'gateway', [gateway()])))
  const foreign = { apiVersion: `${group}/${version}`, kind, metadata: { name: 'of-kyverno', namespace: one } }
  await stage.kubectl(['create', '-f', '-'], { input: JSON.stringify(foreign) })

  const first = await run()
  t.strictSame([first.code, first.report.problems], [1, []])
  t.match(first.report.notes.at(-1), '2 new, 0 changed, 0 removed')
  const [foreigner, ...written] = (await stored()).sort((a, b) => (a.metadata.name > b.metadata.name ? -1 : 1))
  t.equal(foreigner?.metadata.name, 'of-kyverno')
  t.strictSame(written.map(({ metadata }) => metadata.namespace).sort(), [one, other].sort(), 'one for each namespace')
  const detailed = written.find(({ metadata }) => metadata.namespace === one)
  t.match(detailed?.summary, { fail: 1, warn: 1 })
  t.strictSame(detailed?.results.map(({ policy }) => policy).sort(), ['pushgateway-graceful-stop', 'shared-tsdb-claim'])

  const before = await versions()
  t.match((await run()).report.notes.at(-1), 'nothing to change')
  t.strictSame(await versions(), before, 'and nothing is written')

  await stage.kubectl(['delete', 'pod', 'gateway', '-n', one, '--force', '--grace-period=0'])
  await stage.kubectl(['delete', 'deployment', 'p', '-n', other])
  t.match((await run()).report.notes.at(-1), '0 new, 1 changed, 1 removed')
  t.strictSame((await stored()).map(({ metadata, results }) => `${metadata.name} ${results?.length}`).sort(), [
    'holdfast 1',
    'of-kyverno undefined'
  ])
  await stage.kubectl(['delete', 'deployment', 'p', '-n', one])
  t.match(await run(), { code: 0 })
  const left = await versions()
  t.strictSame(
    left,
    before.filter((line) => line.includes('of-kyverno')),
    'the report of somebody else was not touched'
  )
}

/** Between two pages, as a node that is upgraded does it. What comes after the restart are refusals, for a moment. */
async function restart(t: Test, stage: Stage, { as }: Scanner, api: Api): Promise<void> {
  const namespace = await stage.namespace()
  const expected = await fill(api, namespace, 2400)
  const reader = as(await account(stage, namespace, 'reader'))
  await stage.kubectl(['create', 'role', 'reader', '--verb=list', '--resource=pods', '-n', namespace])
  await stage.kubectl([
    'create',
    'rolebinding',
    'reader',
    '--role=reader',
    `--serviceaccount=${namespace}:reader`,
    '-n',
    namespace
  ])
  const patient = createApi(await connect({ kubeconfig: reader }))
  const names: string[] = []
  let restarted: Promise<void> | undefined
  try {
    for await (const found of objectsOf(patient, POD, { only: [namespace], all: undefined })) {
      if ('problem' in found) t.fail(`${found.problem.where}: ${found.problem.error.message}`)
      if ('subject' in found) names.push(found.subject.name)
      restarted ??= stage.restart?.()
    }
  } finally {
    await restarted
    patient.close()
  }
  t.equal(names.length, 1200)
  t.equal(new Set(names).size, 1200, 'each of them once')
  t.ok(expected.length > 0)
}
