// JSON has room for a map wherever a text belongs, and for a key such as toString in it, of which no text can be made.
import t from 'tap'
import { parse } from 'yaml'
import { isObject, type JsonObject, objectOf } from '../../src/core/values/json.ts'
import { subjectOf } from '../../src/inventory/subjects.ts'
import { upgradePlanFor } from '../../src/upgrade/plan.ts'
import { alertmanagerObject, prometheusObject } from '../fixtures/prometheus.ts'
import { CONFIGURED, config, HEADLESS, object, pair, running, service } from '../fixtures/sets.ts'
import { checked } from '../fuzz/check.ts'
import { SEEDS } from '../fuzz/seeds.ts'

t.setTimeout(240_000)

const ODD = { toString: 1, valueOf: 'a' }

/** The value once for each text in it, with something odd in the place of that one. */
function* withOneOdd(value: unknown): Generator<unknown> {
  if (typeof value === 'string') yield ODD
  else if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) for (const odd of withOneOdd(item)) yield value.with(index, odd)
  } else if (isObject(value)) {
    for (const [key, inner] of Object.entries(value))
      for (const odd of withOneOdd(inner)) yield { ...value, [key]: odd }
  }
}

const CONFIGURED_BY_SECOND = { ...CONFIGURED, volumes: [{ name: 'config', configMap: { name: 'second' } }] }

/** Objects that belong together, with something in them for the policies over several objects. */
const PROMETHEUS_YML = `global: {scrape_interval: 1m, external_labels: {replica: $(POD_NAME), cluster: a}}
remote_write: [{url: "http://mimir/api/v1/push"}]
alerting: {alertmanagers: [{static_configs: [{targets: ["alertmanager:9093"]}]}]}
scrape_configs: [{job_name: a, scrape_interval: 30s, relabel_configs: [
  {source_labels: [__address__], target_label: __tmp_hash, modulus: 2, action: hashmod},
  {source_labels: [__tmp_hash], regex: "0", action: keep}]}]
`

const RULES_YML = 'groups: [{name: a, rules: [{alert: A, expr: up == 0, labels: {severity: page}}]}]'

const TOGETHER: readonly JsonObject[] = [
  pair(CONFIGURED),
  pair({ ...CONFIGURED_BY_SECOND, metadata: { name: 'second', namespace: 'monitoring' } }),
  service(),
  HEADLESS,
  config(PROMETHEUS_YML),
  prometheusObject({
    replicas: 2,
    thanos: { objectStorageConfig: { name: 'a', key: 'b' } },
    externalLabels: { a: 'b' }
  }),
  alertmanagerObject({ replicas: 2 }),
  object('policy/v1', 'PodDisruptionBudget', 'p', {
    spec: { minAvailable: '100%', selector: { matchLabels: { app: 'prometheus' } } }
  }),
  object('networking.k8s.io/v1', 'Ingress', 'p', {
    metadata: { name: 'p', namespace: 'monitoring', annotations: { 'nginx.ingress.kubernetes.io/affinity': 'cookie' } },
    spec: { defaultBackend: { service: { name: 'prometheus', port: { number: 80 } } } }
  }),
  object('autoscaling/v2', 'HorizontalPodAutoscaler', 'p', {
    spec: { scaleTargetRef: { kind: 'Deployment', name: 'query' }, maxReplicas: 3 }
  }),
  object('monitoring.coreos.com/v1', 'PrometheusRule', 'p', {
    spec: { groups: [{ name: 'a', rules: [{ alert: 'A', expr: 'up == 0', labels: { severity: 'page' } }] }] }
  }),
  running('query', 'quay.io/thanos/thanos:v0.42.4', ['query', '--endpoint=dnssrv+_grpc._tcp.sidecar'])
]

/** Another Prometheus of the same kind, which reads a configuration of its own. */
function second(configuration: JsonObject): JsonObject {
  return { ...configuration, metadata: { name: 'second', namespace: 'monitoring' } }
}

/** A policy that crashes, each with the object that it crashed on. */
async function crashesIn(objects: readonly unknown[]): Promise<string[]> {
  const { report } = await checked(objects.map((one) => JSON.stringify(one)).join('\n---\n'), undefined)
  return report.objects.flatMap(({ findings }) =>
    findings.flatMap(({ outcome, policy, message }) => (outcome === 'crashed' ? [`${policy}: ${message}`] : []))
  )
}

t.test('in each object alone', async (t) => {
  const crashes = new Set<string>()
  let looked = 0
  for (const { object } of SEEDS) {
    for (const odd of withOneOdd(objectOf(object).spec)) {
      looked++
      for (const crash of await crashesIn([{ ...object, spec: odd }])) crashes.add(crash)
    }
  }
  t.ok(looked > 1000, `${looked} objects`)
  t.strictSame([...crashes], [])
})

t.test('in objects that belong together', async (t) => {
  const crashes = new Set<string>()
  for (const odd of withOneOdd(JSON.parse(JSON.stringify(TOGETHER)))) {
    for (const crash of await crashesIn(odd as unknown[])) crashes.add(crash)
  }
  t.strictSame([...crashes], [])
})

t.test('in the configuration of Prometheus, and in its rules', async (t) => {
  const crashes = new Set<string>()
  for (const text of [PROMETHEUS_YML, RULES_YML]) {
    for (const odd of withOneOdd(parse(text))) {
      const others = TOGETHER.filter(({ kind }) => kind !== 'ConfigMap')
      const made = config(JSON.stringify(odd))
      const rules = { data: { 'prometheus.yml': PROMETHEUS_YML, 'rules.yml': JSON.stringify(odd) } }
      for (const crash of await crashesIn([...others, made])) crashes.add(crash)
      for (const crash of await crashesIn([...others, { ...made, ...rules }])) crashes.add(crash)
      for (const crash of await crashesIn([...others, made, second(made)])) crashes.add(crash)
    }
  }
  t.strictSame([...crashes], [])
})

t.test('in the labels from which a plan reads the release of Helm', async (t) => {
  for (const { object, before } of SEEDS) {
    if (object.kind !== 'StatefulSet' || before === undefined) continue
    for (const metadata of withOneOdd(before.metadata)) {
      const made = { ...object, metadata: objectOf(metadata) }
      t.doesNotThrow(() => upgradePlanFor(subjectOf(made, { ...before, metadata } as JsonObject, 'monitoring')))
    }
  }
})
