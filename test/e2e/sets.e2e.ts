// What belongs together in the namespaces of a cluster: whole, and with lists that may not be read.

import { type JsonObject, objectOf } from '../../src/core/values/json.ts'
import { only, renderWith } from '../manifests/render.ts'
import { findingsIn, type Scanner, scannerOf } from './harness/scan-command.ts'
import { endToEnd, type Stage, type Test } from './harness/suite.ts'
import { until } from './harness/wait.ts'

endToEnd('sets', {}, async (t, stage) => {
  const scanner = await scannerOf(stage)
  try {
    await t.test('a namespace', (t) => together(t, stage, scanner))
    await t.test('lists that may not be read', (t) => denied(t, stage, scanner))
    await t.test('objects of prometheus-operator', (t) => operated(t, stage, scanner))
  } finally {
    scanner.dispose()
  }
})

const LABELS = { app: 'prometheus' }
const SELECTOR = { matchLabels: LABELS }

/** Two replicas that nobody starts, the Service over them, and a budget where it is wanted. */
function release(namespace: string, { budget = false, affinity = 'None' } = {}): object {
  const metadata = { name: 'prometheus', namespace }
  const container = {
    name: 'prometheus',
    image: 'quay.io/prometheus/prometheus:v3.5.0',
    args: ['--config.file=/etc/config/prometheus.yml', '--storage.tsdb.path=/data'],
    volumeMounts: [{ name: 'config', mountPath: '/etc/config' }]
  }
  const volumes = [{ name: 'config', configMap: { name: 'prometheus' } }]
  const spec = { schedulingGates: [{ name: 'holdfast.dev/e2e' }], containers: [container], volumes }
  const items = [
    {
      apiVersion: 'apps/v1',
      kind: 'StatefulSet',
      metadata,
      spec: {
        replicas: 2,
        serviceName: 'prometheus-headless',
        selector: SELECTOR,
        template: { metadata: { labels: LABELS }, spec }
      }
    },
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata,
      spec: { selector: LABELS, sessionAffinity: affinity, ports: [{ port: 9090 }] }
    },
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { ...metadata, name: 'prometheus-headless' },
      spec: { selector: LABELS, clusterIP: 'None', ports: [{ port: 9090 }] }
    },
    { apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { 'prometheus.yml': 'scrape_configs: []\n' } },
    ...(budget
      ? [
          {
            apiVersion: 'policy/v1',
            kind: 'PodDisruptionBudget',
            metadata,
            spec: { maxUnavailable: 1, selector: SELECTOR }
          }
        ]
      : [])
  ]
  return { apiVersion: 'v1', kind: 'List', items }
}

/** Those about several objects alone. */
const ABOUT = ['query-balance', 'missing-disruption-budget', 'governing-service', 'alert-dedup', 'thanos-sidecar']

function about({ report }: Awaited<ReturnType<Scanner['scan']>>): string[] {
  return findingsIn(report).filter((line) => ABOUT.some((id) => line.includes(id)))
}

async function install(stage: Stage, input: object): Promise<void> {
  await stage.kubectl(['create', '-f', '-'], { input: JSON.stringify(input) })
}

async function together(t: Test, stage: Stage, { scan }: Scanner): Promise<void> {
  const [bare, hardened] = [await stage.namespace(), await stage.namespace()]
  await install(stage, release(bare))
  await install(stage, release(hardened, { budget: true, affinity: 'ClientIP' }))
  const found = await scan(['-n', `${bare},${hardened}`], undefined, 'all')
  t.strictSame(found.report.problems, [], 'what the cluster does not know is no problem')
  t.strictSame(about(found), [
    `${bare}/StatefulSet/prometheus missing-disruption-budget warned`,
    `${bare}/Service/prometheus query-balance warned`
  ])
  t.match(
    found.report.objects.find(({ kind }) => kind === 'Service')?.findings[0]?.involved,
    [{ kind: 'StatefulSet', namespace: bare, name: 'prometheus' }],
    'the others are named'
  )
}

async function denied(t: Test, stage: Stage, { scan, as }: Scanner): Promise<void> {
  const namespace = await stage.namespace()
  await install(stage, release(namespace, { budget: true, affinity: 'ClientIP' }))
  await stage.kubectl(['create', 'serviceaccount', 'reader', '-n', namespace])
  const token = (await stage.kubectl(['create', 'token', 'reader', '-n', namespace])).stdout.trim()
  const { rules } = only<JsonObject & { rules: readonly JsonObject[] }>(
    renderWith('cluster-wide', ['scan']),
    'ClusterRole',
    'holdfast-scan'
  )
  // The rights of the component, but for those that list budgets.
  const allowed = rules.filter(({ resources }) => !JSON.stringify(resources).includes('poddisruptionbudgets'))
  t.equal(allowed.length, rules.length - 1)
  const metadata = { name: 'reader', namespace }
  const [role, binding] = [
    { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'Role', metadata, rules: allowed },
    {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'RoleBinding',
      metadata,
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'reader' },
      subjects: [{ kind: 'ServiceAccount', name: 'reader', namespace }]
    }
  ]
  await install(stage, { apiVersion: 'v1', kind: 'List', items: [role, binding] })
  const reader = as(token)
  const found = await scan(['-n', namespace], reader, 'all')
  t.strictSame(about(found), [], 'no false alarm')
  t.strictSame(found.report.problems, [], 'and no problem')
  t.ok(
    found.report.notes.includes(
      `missing-disruption-budget was not evaluated in the namespace ${namespace}: poddisruptionbudgets may not be listed.`
    ),
    found.report.notes.join('\n')
  )
  await stage.kubectl(['patch', 'service', 'prometheus', '-n', namespace, '-p', '{"spec":{"sessionAffinity":"None"}}'])
  t.strictSame(
    about(await scan(['-n', namespace], reader, 'all')),
    [`${namespace}/Service/prometheus query-balance warned`],
    'the others go on'
  )
}

/** As much of the CRD as an API server needs. */
const DEFINITION = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'prometheuses.monitoring.coreos.com' },
  spec: {
    group: 'monitoring.coreos.com',
    scope: 'Namespaced',
    names: { plural: 'prometheuses', singular: 'prometheus', kind: 'Prometheus', listKind: 'PrometheusList' },
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } }
      }
    ]
  }
}

async function operated(t: Test, stage: Stage, { scan }: Scanner): Promise<void> {
  const namespace = await stage.namespace()
  await install(stage, DEFINITION)
  try {
    await until('the CRD', () => stage.kubectl(['get', 'prometheuses.monitoring.coreos.com', '-A']))
    const metadata = { name: 'k8s', namespace }
    await install(stage, {
      apiVersion: 'monitoring.coreos.com/v1',
      kind: 'Prometheus',
      metadata,
      spec: { replicas: 2 }
    })
    const found = await scan(['-n', namespace], undefined, 'all')
    t.strictSame(about(found), [`${namespace}/Prometheus/k8s missing-disruption-budget warned`])
    t.strictSame(found.report.problems, [])
    t.equal(objectOf(found.report.objects[0]).group, 'monitoring.coreos.com')
  } finally {
    await stage.run(['delete', 'crd', DEFINITION.metadata.name])
  }
}
