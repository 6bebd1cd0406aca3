// The component `monitoring`: what it selects is there, and prometheus-operator would take its objects.
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Ajv } from 'ajv'
import type { IDeployment } from 'kubernetes-models/apps/v1/Deployment'
import type { ICronJob } from 'kubernetes-models/batch/v1/CronJob'
import type { INetworkPolicy } from 'kubernetes-models/networking.k8s.io/v1/NetworkPolicy'
import type { IConfigMap } from 'kubernetes-models/v1/ConfigMap'
import type { IPodSpec } from 'kubernetes-models/v1/PodSpec'
import t from 'tap'
import { parse } from 'yaml'
import { type JsonObject, objectOf } from '../../src/core/values/json.ts'
import { filesIn } from '../helpers/files.ts'
import { COMPONENT } from '../helpers/prometheus.ts'
import { restricted } from './pod-security.ts'
import { type Manifest, only, overlays, render, renderWith, root, skip } from './render.ts'

interface Expression {
  readonly key: string
  readonly operator: string
  readonly values: readonly string[]
}

interface PodMonitor {
  readonly spec: {
    readonly selector: { readonly matchExpressions: readonly Expression[] }
    readonly podMetricsEndpoints: readonly { readonly port: string; readonly path: string }[]
  }
}

t.test('the PodMonitor selects each replica, and a port that serves metrics', { skip }, async (t) => {
  for (const overlay of overlays) {
    const manifests = renderWith(overlay, ['monitoring', 'scan', 'cert-controller'])
    const { spec } = only<PodMonitor>(manifests, 'PodMonitor')
    const [{ key, operator, values } = { key: '', operator: '', values: [] }, ...others] =
      spec.selector.matchExpressions
    t.strictSame([operator, others], ['In', []])
    t.strictSame(
      spec.podMetricsEndpoints.map(({ port, path }) => `${port}${path}`),
      ['health/metrics']
    )
    for (const program of ['holdfast', 'holdfast-cert-controller']) {
      const { template } = only<IDeployment>(manifests, 'Deployment', program).spec ?? {}
      t.ok(values.includes(template?.metadata?.labels?.[key] ?? ''), `${overlay}: ${program}`)
      t.ok(template?.spec?.containers[0]?.ports?.some(({ name }) => name === 'health'))
    }
    const scans = only<ICronJob>(manifests, 'CronJob').spec?.jobTemplate.spec?.template.metadata?.labels
    t.notOk(values.includes(scans?.[key] ?? ''), 'and not the Pods of the scan')
  }
})

t.test('the NetworkPolicy lets Prometheus scrape, from any namespace', { skip }, async (t) => {
  const { spec } = only<INetworkPolicy>(renderWith('audit', ['monitoring']), 'NetworkPolicy')
  const rule = spec?.ingress?.find(({ ports }) => ports?.some(({ port }) => port === 'health'))
  t.strictSame(rule?.from, [{ namespaceSelector: {} }])
})

t.test('the dashboard is a ConfigMap that the sidecar of Grafana finds', { skip }, async (t) => {
  const { metadata, data = {} } = only<IConfigMap>(
    renderWith('audit', ['monitoring']),
    'ConfigMap',
    'holdfast-dashboard'
  )
  t.match(metadata.labels, { grafana_dashboard: '1' })
  t.strictSame(Object.keys(data), ['holdfast.json'])
  t.match(JSON.parse(data['holdfast.json'] ?? ''), { uid: 'holdfast', title: 'Holdfast' })
  t.ok(JSON.stringify(data).length < 256 * 1024, 'client-side apply keeps a copy in an annotation of up to 256 KiB')
})

/** The fields that we use of monitoring.coreos.com/v1, each with its type; others are typing errors. */
const TEXT = { type: 'string', minLength: 1 }
const TEXTS = { type: 'object', additionalProperties: TEXT }
const DURATION = { type: 'string', pattern: '^(0|(([0-9]+)d)?(([0-9]+)h)?(([0-9]+)m)?(([0-9]+)s)?)$' }
const object = (properties: object, required: readonly string[] = Object.keys(properties)): object => ({
  type: 'object',
  additionalProperties: false,
  required,
  properties
})
const SPECS: Readonly<Record<string, object>> = {
  PodMonitor: object({
    selector: object({
      matchExpressions: {
        type: 'array',
        items: object({ key: TEXT, operator: { enum: ['In'] }, values: { type: 'array', items: TEXT } })
      }
    }),
    podMetricsEndpoints: {
      type: 'array',
      items: object({
        port: TEXT,
        path: TEXT,
        scheme: { enum: ['http', 'https'] },
        interval: DURATION,
        scrapeTimeout: DURATION
      })
    }
  }),
  PrometheusRule: object({
    groups: {
      type: 'array',
      items: object({
        name: TEXT,
        rules: {
          type: 'array',
          items: object({ alert: TEXT, expr: TEXT, for: DURATION, labels: TEXTS, annotations: TEXTS }, [
            'alert',
            'expr',
            'labels',
            'annotations'
          ])
        }
      })
    }
  })
}

const ajv = new Ajv({ strict: false, allErrors: true, validateFormats: false })

function faultsOf(schema: object, value: unknown): readonly unknown[] {
  const validate = ajv.compile(schema)
  return validate(value) ? [] : (validate.errors ?? [])
}

t.test('PodMonitor and PrometheusRule have no unknown field', { skip }, async (t) => {
  const manifests = renderWith('audit', ['monitoring'])
  for (const [kind, schema] of Object.entries(SPECS)) {
    const { apiVersion, spec } = only<{ spec: JsonObject }>(manifests, kind)
    t.equal(apiVersion, 'monitoring.coreos.com/v1')
    t.strictSame(faultsOf(schema, spec), [], kind)
    t.not(faultsOf(schema, { ...spec, selectors: {} }).length, 0, `${kind}: a typing error`)
  }
})

const CRDS = process.env.PROMETHEUS_OPERATOR_CRDS ?? ''
const noCrds = existsSync(CRDS)
  ? false
  : 'PROMETHEUS_OPERATOR_CRDS names no directory with the CRDs (example/prometheus-operator-crd)'

t.test("they are what prometheus-operator's own CRDs ask for", { skip: skip || noCrds }, async (t) => {
  const manifests = renderWith('audit', ['monitoring'])
  for (const [kind, plural] of [
    ['PodMonitor', 'podmonitors'],
    ['PrometheusRule', 'prometheusrules']
  ] as const) {
    const crd = objectOf(parse(readFileSync(join(CRDS, `monitoring.coreos.com_${plural}.yaml`), 'utf8')).spec)
    const [version] = crd.versions as [{ name: string; schema: { openAPIV3Schema: JsonObject } }]
    const { spec } = objectOf(version.schema.openAPIV3Schema.properties)
    const { spec: ours } = only<{ spec: JsonObject }>(manifests, kind)
    t.equal(version.name, 'v1')
    t.strictSame(faultsOf(closed(spec) as object, ours), [], kind)
    t.not(faultsOf(closed(spec) as object, { ...ours, selectors: {} }).length, 0, `${kind}: a typing error`)
  }
})

/** A schema of a CRD that takes no unknown fields, as the API server drops them, and none of Go's own patterns. */
function closed(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(closed)
  if (typeof schema !== 'object' || schema === null) return schema
  const entries = Object.entries(schema).filter(
    ([key, value]) =>
      !(key === 'pattern' && String(value).includes('(?i)')) && !(key === 'type' && isIntOrString(schema))
  )
  const same = Object.fromEntries(entries.map(([key, value]) => [key, closed(value)]))
  return 'properties' in schema && !('additionalProperties' in schema) ? { ...same, additionalProperties: false } : same
}

function isIntOrString(schema: object): boolean {
  return 'x-kubernetes-int-or-string' in schema
}

t.test('the kustomizations of docs/monitoring.md', { skip }, async (t) => {
  const page = readFileSync(join(root, '../docs/monitoring.md'), 'utf8')
  const examples = [...page.matchAll(/```yaml\n# (\S+kustomization\.yaml)\n(.*?)```/gs)]
  const remote = /https:\/\/github\.com\/holdfast-dev\/holdfast\/\/manifests\/(\S+)\?ref=v[\d.]+/g
  t.strictSame(
    examples.map(([, name]) => name),
    ['monitored/kustomization.yaml', 'pushed/kustomization.yaml']
  )
  // Beside manifests/, because kustomize takes relative paths only.
  const rendered = examples.map(([, name = '', content = '']) => {
    const directory = filesIn({ [name]: '' })
    const relative = `../${'../'.repeat(directory.split('/').length - 1)}${root.slice(1)}`
    return render(
      join(filesIn({ [name]: content.replace(remote, (_, part: string) => join(relative, part)) }), name, '..')
    )
  })
  const [monitored = [], pushed = []] = rendered
  for (const kind of ['PodMonitor', 'PrometheusRule']) {
    t.match(only(monitored, kind).metadata.labels, { release: 'kube-prometheus-stack' }, kind)
  }
  const pod = only<ICronJob>(pushed, 'CronJob').spec?.jobTemplate.spec?.template
  const [scan, push] = pod?.spec?.containers ?? []
  t.ok(scan?.args?.includes('--output=prometheus=/metrics/holdfast.prom'))
  t.match(push?.args?.[0], '/metrics/holdfast.prom')
  for (const [rule, isKept] of Object.entries(restricted(pod?.spec as IPodSpec))) t.ok(isKept, rule)
  const volumes = (pod?.spec?.volumes ?? []).map(({ name }) => name)
  for (const container of [scan, push]) {
    for (const { name } of container?.volumeMounts ?? []) t.ok(volumes.includes(name), `${container?.name}: ${name}`)
  }
})

t.test('the component brings nothing else', { skip }, async (t) => {
  const nameOf = ({ kind, metadata }: Manifest): string => `${kind} ${metadata.namespace}/${metadata.name}`
  t.strictSame(render(COMPONENT).map(nameOf).sort(), [
    'ConfigMap holdfast-system/holdfast-dashboard',
    'PodMonitor holdfast-system/holdfast',
    'PrometheusRule holdfast-system/holdfast'
  ])
})
