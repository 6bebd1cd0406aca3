// Objects, and which entries the API server calls for them: tables, without a word about how that is found out.
import { evaluate } from '../../src/core/evaluate.ts'
import { OPERATOR_RESOURCES, POD, type Resource } from '../../src/core/objects/kinds.ts'
import type { Policy } from '../../src/core/policy.ts'
import type { Match, Subject } from '../../src/core/subject.ts'
import { type JsonObject, objectOf } from '../../src/core/values/json.ts'
import { HASH_ANNOTATION } from '../../src/policies/autosharding-labels.ts'
import { POLICIES } from '../../src/policies/index.ts'
import { claimTemplate, container } from '../fixtures/objects.ts'
import { context, enforced } from '../helpers/configured.ts'
import { findingExamplesOf } from '../helpers/policy-pages.ts'
import { subjectFor } from '../helpers/positive-cases.ts'
import { WORDS_READ } from './called.ts'

export const MUTATE_SET = 'statefulsets.mutate.holdfast.dev'
export const MUTATE_POD = 'pods.mutate.holdfast.dev'
export const VALIDATE = 'workloads.validate.holdfast.dev'
export const OPERATE = 'operator.validate.holdfast.dev'
export const NONE: readonly string[] = []

export type Kind = 'DaemonSet' | 'Deployment' | 'Pod' | 'ReplicaSet' | 'StatefulSet'
/** Of prometheus-operator. */
export type OperatedKind = 'Alertmanager' | 'Prometheus' | 'PrometheusAgent' | 'ThanosRuler'
export const OPERATED: readonly OperatedKind[] = ['Alertmanager', 'Prometheus', 'PrometheusAgent', 'ThanosRuler']
export const WORKLOADS: readonly Kind[] = ['DaemonSet', 'Deployment', 'ReplicaSet', 'StatefulSet']

export interface Manifest extends JsonObject {
  readonly kind: Kind | OperatedKind
  readonly metadata: JsonObject
  readonly spec: unknown
}

export const NGINX = container('app', 'nginx:1.31')
export const PROMETHEUS = container('server', 'quay.io/prometheus/prometheus:v3.14.0')
const PUSHGATEWAY = container('main', 'quay.io/prometheus/pushgateway:v1.11.3')
const SHARDS = container('ksm', 'registry.k8s.io/kube-state-metrics/kube-state-metrics:v2.12.0', {
  args: ['--pod=$(POD_NAME)', '--pod-namespace=$(POD_NAMESPACE)']
})
const LABELLED = { volumeClaimTemplates: [claimTemplate({ labels: { 'helm.sh/chart': 'x-1.0.0' } })] }
const UNLABELLED = { volumeClaimTemplates: [claimTemplate({ labels: {} })] }

interface Parts {
  readonly name?: string
  readonly metadata?: JsonObject
  readonly annotations?: JsonObject
  readonly spec?: JsonObject
}

/** A small workload that the API server accepts; `parts` override. */
export function workload(
  kind: Kind,
  containers: unknown,
  { name = 'x', metadata, annotations, spec }: Parts = {}
): Manifest {
  const labels = { app: name }
  const template = { metadata: { labels, ...(annotations && { annotations }) }, spec: { containers } }
  return {
    apiVersion: kind === 'Pod' ? 'v1' : 'apps/v1',
    kind,
    metadata: { name, namespace: 'monitoring', labels, ...metadata },
    spec: kind === 'Pod' ? { containers } : { selector: { matchLabels: labels }, template, ...spec }
  }
}

/** An object of prometheus-operator; `spec` is all of it. */
export function operated(kind: OperatedKind, spec: unknown, { name = 'x', metadata }: Parts = {}): Manifest {
  const { group, version } = OPERATOR_RESOURCES.find((resource) => resource.kind === kind) as Resource
  return { apiVersion: `${group}/${version}`, kind, metadata: { name, namespace: 'monitoring', ...metadata }, spec }
}

const statefulSet = (containers: unknown, parts?: Parts) => workload('StatefulSet', containers, parts)

/** What starts a Pushgateway without its path at the beginning of a word. */
const STARTED: readonly string[][] = [
  ['sh', '-c', 'exec pushgateway --web.listen-address=:9091'],
  ['sh', '-c', 'exec /bin/pushgateway\n'],
  ['sh', '-c', '/bin/pushgateway\t--log.level=debug'],
  ['tini', '--', 'pushgateway']
]

/** What is called for a new object. */
export function creations(): [what: string, object: Manifest, expected: readonly string[]][] {
  const images = (...names: string[]) => names.map((name) => [name, container('main', name)] as const)
  const running = (words: readonly string[], field = 'args') =>
    [words.join(' '), container('main', 'registry.example/mirror:1', { [field]: words })] as const
  const evaluated = [
    ...images(
      'prometheus',
      'prom/prometheus:v3.14.0',
      `registry.example:5000/mirror/prometheus@sha256:${'0'.repeat(64)}`
    ),
    running(['--config.file=/etc/p.yml', '--storage.tsdb.path=/data']),
    running(['--storage.tsdb.path', '/data']),
    running(['--agent', '--storage.agent.path=/data']),
    running(['--no-storage.tsdb.wal-compression']),
    running(['/bin/prometheus', '--storage.tsdb.path=/data'], 'command'),
    ...images(
      'prom/pushgateway:v1.11.3',
      'quay.io/prometheus/alertmanager:v0.33.1',
      'registry.example/prometheus-alertmanager@sha256:0',
      'quay.io/thanos/thanos:v0.42.4',
      'registry.k8s.io/kube-state-metrics/kube-state-metrics:v2.18.0',
      'registry.example:5000/push-gateway',
      'bitnami/prometheus-pushgateway-bitnami:1'
    ),
    running(['thanos', 'query'], 'command'),
    running(['/bin/alertmanager'], 'command'),
    running(['/opt/bin/pushgateway', '--web.listen-address=:9091'], 'command'),
    running(['pushgateway', '--persistence.file=/data/x'], 'args'),
    ...STARTED.map((command) => running(command, 'command')),
    ['a name', container('prometheus-pushgateway', 'registry.example/mirror:1', { ports: [{ containerPort: 9091 }] })]
  ] as const
  const unrelated = [
    ['nginx', NGINX],
    ...images(
      'prometheus-operator/prometheus-operator:v0.93',
      'quay.io/prometheus/node-exporter:v1',
      'prometheus:5000/app'
    ),
    ...images(
      'registry.k8s.io/prometheus-adapter/prometheus-adapter:v0.12.0',
      'quay.io/prometheus/blackbox-exporter:v0.30.0'
    ),
    ...images(
      'maxwo/snmp-notifier:v2',
      'x/alertmanager-snmp-notifier:v2',
      'quay.io/observatorium/thanos-receive-controller:1'
    ),
    running(['mimir', '-target=alertmanager']),
    running(['sidecar', '--tsdb.path=/data', '--prometheus.url=http://prometheus:9090']),
    running(['--config.file=/etc/prometheus/prometheus.yml', '--storage.path=/data']),
    running(['--pushgateway-url=http://pushgateway:9091', 'push']),
    running(['sh', '-c', 'exec app '.repeat(1000)], 'command')
  ] as const
  const owner = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'x', uid: '1f2c' }
  const controlled = (parts: object) => ({ metadata: { ownerReferences: [{ ...owner, controller: true, ...parts }] } })
  const rollout = controlled({ apiVersion: 'argoproj.io/v1alpha1', kind: 'Rollout' })
  const namesake = controlled({ apiVersion: 'example.com/v1' })
  const related = { metadata: { ownerReferences: [{ ...owner, controller: false }, owner] } }
  return [
    ...WORKLOADS.flatMap((kind) => [
      ...evaluated.map(([what, it]) => row(what, workload(kind, [NGINX, it]), [VALIDATE])),
      ...unrelated.map(([what, it]) => row(what, workload(kind, [it]), NONE)),
      row('of a Deployment', workload(kind, [PROMETHEUS], controlled({})), kind === 'ReplicaSet' ? NONE : [VALIDATE]),
      row('of an Argo Rollout', workload(kind, [PROMETHEUS], rollout), [VALIDATE]),
      row('of a Deployment of another group', workload(kind, [PROMETHEUS], namesake), [VALIDATE]),
      row('owned by others', workload(kind, [PROMETHEUS], related), [VALIDATE])
    ]),
    ...OPERATED.map((kind) => row('of prometheus-operator', operated(kind, { replicas: 2 }), [OPERATE])),
    row('labelled PVCs', statefulSet([NGINX], { spec: LABELLED }), [VALIDATE]),
    row('PVCs without labels', statefulSet([NGINX], { spec: UNLABELLED }), NONE),
    row('evaluated by several policies', statefulSet([PROMETHEUS, PUSHGATEWAY], { spec: LABELLED }), [VALIDATE]),
    row('kube-state-metrics', statefulSet([SHARDS]), [VALIDATE]),
    row('nginx', workload('Pod', [NGINX]), NONE),
    row('Prometheus', workload('Pod', [PROMETHEUS]), [MUTATE_POD]),
    row('Pushgateway', workload('Pod', [NGINX, PUSHGATEWAY]), [MUTATE_POD]),
    ...STARTED.map((command) => {
      const [what, it] = running(command, 'command')
      return row(what, workload('Pod', [it]), [MUTATE_POD])
    })
  ]
}

function row<T extends readonly unknown[]>(...cells: T): T {
  return cells
}

/** What is called for a change of an object that is stored. */
export function updates(): [what: string, before: Manifest, after: Manifest, expected: readonly string[]][] {
  const metadata = { labels: { app: 'x', 'helm.sh/chart': 'x-1.0.0' } }
  const upgraded = { labels: { app: 'x', 'helm.sh/chart': 'x-2.0.0' } }
  const scaled = { replicas: 3 }
  const hashed = { [HASH_ANNOTATION]: 'a1' }
  const sharded = (parts: Parts) => statefulSet([SHARDS], { metadata, ...parts })
  const set = (parts: Parts) => statefulSet([NGINX], { metadata, ...parts })
  const relabelled = { volumeClaimTemplates: [claimTemplate({ labels: { 'helm.sh/chart': 'x-2.0.0' } })] }
  return [
    ...WORKLOADS.flatMap((kind) => {
      const [nginx, prometheus] = [workload(kind, [NGINX]), workload(kind, [PROMETHEUS])]
      const more = kind === 'DaemonSet' ? { minReadySeconds: 3 } : scaled
      return [
        row('others: nothing', nginx, nginx, NONE),
        row('others: scaled', nginx, workload(kind, [NGINX], { spec: more }), NONE),
        row('others: image', nginx, workload(kind, [container('app', 'nginx:1.32')]), NONE),
        row(
          'others: labels',
          workload(kind, [NGINX], { metadata }),
          workload(kind, [NGINX], { metadata: upgraded }),
          NONE
        ),
        row('others: Pod annotations', nginx, workload(kind, [NGINX], { annotations: { at: 'noon' } }), NONE),
        row('Prometheus: nothing', prometheus, prometheus, NONE),
        row('Prometheus: labels', prometheus, workload(kind, [PROMETHEUS], { metadata: upgraded }), NONE),
        row(
          'Prometheus: annotations',
          prometheus,
          workload(kind, [PROMETHEUS], { metadata: { annotations: { a: 'b' } } }),
          NONE
        ),
        row('Prometheus: scaled', prometheus, workload(kind, [PROMETHEUS], { spec: more }), [VALIDATE]),
        row('Prometheus: a container more', prometheus, workload(kind, [PROMETHEUS, NGINX]), [VALIDATE]),
        row('Prometheus: comes', nginx, prometheus, [VALIDATE]),
        row('Prometheus: goes', prometheus, nginx, NONE)
      ]
    }),
    ...OPERATED.flatMap((kind) => [
      row('nothing', operated(kind, {}), operated(kind, {}), NONE),
      row('labels', operated(kind, {}, { metadata }), operated(kind, {}, { metadata: upgraded }), NONE),
      row('scaled', operated(kind, {}), operated(kind, scaled), [OPERATE]),
      row('a volume', operated(kind, { storage: {} }), operated(kind, { storage: { emptyDir: {} } }), [OPERATE])
    ]),
    row('PVCs stay labelled', set({ spec: LABELLED }), set({ spec: { ...LABELLED, ...scaled } }), NONE),
    row('labels of PVCs', set({ spec: LABELLED }), set({ spec: relabelled }), [MUTATE_SET]),
    row('serviceName', set({}), set({ spec: { serviceName: 'y' } }), [MUTATE_SET]),
    row('revisionHistoryLimit', set({}), set({ spec: { revisionHistoryLimit: 3 } }), [MUTATE_SET]),
    row('revisionHistoryLimit is written out', set({}), set({ spec: { revisionHistoryLimit: 10 } }), NONE),
    row('others: the annotation is dropped', set({ annotations: hashed }), set({}), NONE),
    row('shards: nothing', sharded({}), sharded({}), NONE),
    row('shards: scaled', sharded({}), sharded({ spec: scaled }), [VALIDATE]),
    row('shards: another container', sharded({}), statefulSet([SHARDS, NGINX], { metadata }), [VALIDATE]),
    row('shards: a label changes', sharded({}), sharded({ metadata: upgraded }), [MUTATE_SET]),
    row('shards: a label is removed', sharded({}), sharded({ metadata: {} }), [MUTATE_SET]),
    row('shards: all labels are removed', sharded({}), sharded({ metadata: { labels: null } }), [MUTATE_SET]),
    row(
      'shards: the annotation stays',
      sharded({ annotations: hashed }),
      sharded({ annotations: hashed, spec: scaled }),
      [VALIDATE]
    ),
    row('shards: the annotation is dropped', sharded({ annotations: hashed }), sharded({}), [MUTATE_SET, VALIDATE]),
    row(
      'shards: another is dropped',
      sharded({ annotations: { ...hashed, a: 'b' } }),
      sharded({ annotations: hashed }),
      [VALIDATE]
    )
  ]
}

/** What a policy finds something in: an example of its page, for each Match of each policy, and what is called for it. */
export interface Positive {
  readonly what: string
  readonly entry: string
  /** What is stored, without Pods of its own; undefined for an object that is new. */
  readonly before: Manifest | undefined
  readonly object: Manifest
  readonly subject: Subject
}

export function positives(): Positive[] {
  return POLICIES.flatMap((policy) => policy.matches.map((match) => positiveOf(policy, match)))
}

function positiveOf(policy: Policy, match: Match): Positive {
  const { phase, operation, resource } = match
  const what = `${policy.id}: ${resource.kind} ${operation}, ${phase} phase`
  for (const { object, oldObject } of findingExamplesOf(policy.id)) {
    const subject = subjectFor(match, {
      object: inMonitoring(object),
      oldObject: oldObject && inMonitoring(withoutPods(oldObject))
    })
    if (subject === undefined || evaluate(subject, [enforced(policy)], context()).verdicts.length === 0) continue
    const entry =
      phase === 'mutate' ? (resource === POD ? MUTATE_POD : MUTATE_SET) : resource.isCustom ? OPERATE : VALIDATE
    const before = operation === 'CREATE' ? undefined : (withoutPods(subject.oldObject) as Manifest)
    return { what, entry, before, object: subject.object as Manifest, subject }
  }
  throw new Error(`${what}: there is no example on the page of the policy in which it finds something`)
}

function inMonitoring(object: JsonObject): JsonObject {
  return { ...object, metadata: { ...objectOf(object.metadata), namespace: 'monitoring' } }
}

function withoutPods(workload: JsonObject): JsonObject {
  return workload.kind === 'DaemonSet' ? workload : { ...workload, spec: { ...objectOf(workload.spec), replicas: 0 } }
}

/** The same of prometheus-operator: a CRD need not ask for a spec. */
export function operatedOddities(kind: OperatedKind): [what: string, object: unknown][] {
  const megabytes = 1.4 * 2 ** 20
  const { spec: _, ...bare } = operated(kind, {})
  return [
    ['no spec', bare],
    ['spec: null', operated(kind, null)],
    ['spec: {}', operated(kind, {})],
    ['no list of containers', operated(kind, { containers: 'x', replicas: 'many', storage: [] })],
    ['a long text', operated(kind, { image: 'x'.repeat(megabytes) })],
    ['many items', operated(kind, { volumes: Array.from({ length: megabytes / 12 }, () => ({ name: 'x' })) })]
  ]
}

/** Objects that nobody writes: no condition may fail for them, whatever is called. Most are refused later. */
export function oddities(kind: Kind): [what: string, object: unknown][] {
  const megabytes = 1.4 * 2 ** 20
  const one = (parts: JsonObject) => workload(kind, [container('x', 'x', parts)])
  const many = <T>(length: number, item: (index: number) => T) => Array.from({ length }, (_, index) => item(index))
  const letters = many(megabytes / 4, () => 'a')
  const base = workload(kind, [NGINX])
  const spec = base.spec as JsonObject
  const odd: [what: string, object: unknown][] = [
    ['containers: null', workload(kind, null)],
    ['no containers', workload(kind, [])],
    ['no list of containers', workload(kind, undefined)],
    ['a container is null', workload(kind, [null])],
    ['an empty container', workload(kind, [{}])],
    ['fields of a container are null', workload(kind, [{ name: null, image: null, args: null, command: null }])],
    ['empty words', one({ args: [], command: [] })],
    ['words are null', one({ args: [null], command: [null] })],
    ['no labels, no annotations', { ...base, metadata: { ...base.metadata, labels: null, annotations: null } }],
    ['owners: null', workload(kind, [PROMETHEUS], { metadata: { ownerReferences: null } })],
    ['an owner is null', workload(kind, [PROMETHEUS], { metadata: { ownerReferences: [null] } })],
    ['spec: null', { ...base, spec: null }],
    ['spec: {}', { ...base, spec: {} }],
    ['template: null', { ...base, spec: { ...spec, template: null } }],
    ['template: {}', { ...base, spec: { ...spec, template: {} } }],
    ['fields of the template are null', { ...base, spec: { ...spec, template: { metadata: null, spec: null } } }],
    ['a long argument', one({ args: ['x'.repeat(megabytes)] })],
    ['a long argument, not ASCII', one({ args: ['é'.repeat(megabytes / 2)] })],
    ['a long command and argument', one({ command: ['x'.repeat(megabytes / 2)], args: ['x'.repeat(megabytes / 2)] })],
    ['many arguments', one({ args: letters })],
    ['many words', one({ command: letters.slice(megabytes / 8), args: letters.slice(megabytes / 8) })],
    ['a long image', workload(kind, [container('x', 'x/'.repeat(megabytes / 2))])],
    ['a long name', workload(kind, [container('x'.repeat(megabytes), 'x')])],
    [
      'many containers',
      workload(
        kind,
        many(20_000, (index) => ({ name: `c${index}`, image: 'x' }))
      )
    ],
    [
      'as many containers as are looked at, all full',
      workload(
        kind,
        many(20, (index) => full(index, WORDS_READ))
      )
    ],
    [
      'as many, and too long',
      workload(
        kind,
        many(20, (index) => full(index, megabytes / 20))
      )
    ],
    [
      'many containers, at the end of what is looked at',
      workload(
        kind,
        many(100, (index) => full(index, WORDS_READ / 2))
      )
    ],
    [
      'many labels',
      workload(kind, [SHARDS], { metadata: { labels: Object.fromEntries(many(50_000, (i) => [`l${i}`, 'x'])) } })
    ],
    ['many owners', workload(kind, [PROMETHEUS], { metadata: { ownerReferences: many(15_000, ownerOf) } })]
  ]
  if (kind !== 'StatefulSet') return odd
  const claims = (volumeClaimTemplates: unknown) => statefulSet([SHARDS], { spec: { volumeClaimTemplates } })
  return [
    ...odd,
    ['PVCs: null', claims(null)],
    ['a PVC is null', claims([null])],
    ['an empty PVC', claims([{}])],
    ['metadata of a PVC is null', claims([{ metadata: null, spec: null }])],
    ['labels of a PVC are null', claims([{ metadata: { name: 'data', labels: null } }])],
    ['many PVCs', claims(many(5_000, (index) => claimTemplate({ name: `c${index}`, labels: {} })))],
    ['as many PVCs as are looked at', claims(many(100, (index) => claimTemplate({ name: `c${index}`, labels: {} })))],
    ['fields are null', { ...base, spec: { ...spec, selector: null, serviceName: null, podManagementPolicy: null } }],
    ['a limit of null', { ...base, spec: { ...spec, revisionHistoryLimit: null } }]
  ]
}

function full(index: number, length: number): JsonObject {
  return container(`c${index}`, 'x'.repeat(1000), { args: ['x'.repeat(length / 2), 'x'.repeat(length / 2 - 1)] })
}

function ownerOf(index: number): JsonObject {
  return { apiVersion: 'v1', kind: 'X', name: `x${index}`, uid: `u${index}` }
}
