// What a user sets arrives in the objects, and what nobody can mean is refused before anything is rendered.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { text as textOf } from 'node:stream/consumers'
import type { IDeployment } from 'kubernetes-models/apps/v1/Deployment'
import type { ICronJob } from 'kubernetes-models/batch/v1/CronJob'
import type { IConfigMap } from 'kubernetes-models/v1/ConfigMap'
import type { IPod } from 'kubernetes-models/v1/Pod'
import t from 'tap'
import { parse, parseAllDocuments } from 'yaml'
import { issueCertificates } from '../../src/certificates/issue.ts'
import { VERSION } from '../../src/version.ts'
import { helms, noHelm, template, testHooks } from './helm-template.ts'
import { type Manifest, only, root } from './render.ts'

// Each case runs Helm, and most of them kubectl.
t.setTimeout(240_000)

const NAMESPACE = 'holdfast-system'
const CERT_CONTROLLER = 'Deployment/holdfast-cert-controller'
const DOCTOR = 'holdfast-test-doctor'
const EXAMPLE = parseAllDocuments(readFileSync(join(root, 'examples/doctor/cluster-role.yaml'), 'utf8')).map(
  (document) => document.toJS() as Manifest
)
const DIGEST = `sha256:${'0123456789abcdef'.repeat(4)}`

interface Rules extends Manifest {
  readonly rules: readonly object[]
}

interface Binding extends Manifest {
  readonly roleRef: object
  readonly subjects: readonly object[]
}

/** Values that Helm has to refuse, and what it has to say of each. */
const REFUSED: readonly [values: object, says: RegExp][] = [
  [{ mode: 'enforce' }, /mode.*(?:'audit', 'opt-in', 'cluster-wide'|must be one of)/s],
  [{ replica: 3 }, /additional propert.*replica/i],
  [{ replicas: 0 }, /replicas.*(?:minimum|greater than or equal to)/s],
  [{ replicas: '3' }, /replicas.*(?:want integer|Expected: integer)/s],
  [{ certificate: { source: 'letsencrypt' } }, /certificate.source.*cert-manager/s],
  [{ certificate: { source: 'provided' } }, /certificate.provided.caBundle.*BEGIN CERTIFICATE/s],
  [{ image: { digest: 'sha256:abc' } }, /image.digest.*pattern/s],
  [{ image: { name: 'holdfast' } }, /additional propert.*name/i],
  [{ configuration: { mode: 'strict' } }, /configuration.mode.*'enforce'/s],
  [{ configuration: { policies: { 'claim-template-label': {} } } }, /additional propert.*claim-template-label/i],
  [
    { configuration: { policies: { 'claim-template-labels': { onChange: 'keep' } } } },
    /configuration.policies.claim-template-labels.onChange.*'restore'/s
  ],
  [{ podLabels: { 'app.kubernetes.io/name': 'mine' } }, /podLabels.app\.kubernetes\.io~1name/s],
  [{ monitoring: { labels: { 'app.kubernetes.io/name': 'mine' } } }, /monitoring.labels.app\.kubernetes\.io~1name/s],
  [{ certificate: { controller: { days: 30 } } }, /additional propert.*days/i],
  [{ extraArgs: ['kubernetes-version=1.36'] }, /extraArgs.0.*pattern/s],
  [{ scan: { reports: { enabled: true } } }, /scan.enabled.*true/s]
]

for (const { program, version } of helms.values()) {
  t.test(`Helm ${version} refuses`, async (t) => {
    for (const [values, says] of REFUSED) {
      t.throws(() => template(program, NAMESPACE, values), { message: says }, JSON.stringify(values))
    }
    t.doesNotThrow(() => template(program, NAMESPACE, { global: { region: 'eu' } }), 'what a parent chart adds is fine')
  })

  t.test(`Helm ${version}: the Pods`, async (t) => {
    const values = {
      replicas: 3,
      image: { repository: 'registry.example.com/holdfast', tag: 'next', pullPolicy: 'Always' },
      imagePullSecrets: [{ name: 'registry' }],
      resources: { limits: { memory: '512Mi' } },
      nodeSelector: { 'example.com/pool': 'system' },
      tolerations: [{ key: 'system', operator: 'Exists' }],
      affinity: { podAntiAffinity: null, nodeAffinity: { required: 1 } },
      topologySpreadConstraints: [],
      extraArgs: ['--kubernetes-version=1.36', '-v=2'],
      podLabels: { team: 'platform' },
      podAnnotations: { 'example.com/inject': 'false' },
      scan: {
        enabled: true,
        schedule: '5 */6 * * *',
        extraArgs: ['--only=query-balance'],
        resources: { limits: { memory: '1Gi' } }
      }
    }
    const { manifests, hooks } = template(program, NAMESPACE, values)
    const { replicas, template: webhook } = only<IDeployment>(manifests, 'Deployment').spec ?? {}
    const { schedule, jobTemplate } = only<ICronJob>(manifests, 'CronJob').spec ?? {}
    const scan = jobTemplate?.spec?.template
    t.equal(replicas, 3)
    t.equal(schedule, '5 */6 * * *')
    t.match(webhook?.spec, {
      affinity: { podAntiAffinity: undefined, nodeAffinity: { required: 1 } },
      topologySpreadConstraints: { length: 0 }
    })
    t.strictSame(webhook?.spec?.containers[0]?.args?.slice(-2), ['--kubernetes-version=1.36', '-v=2'])
    t.strictSame(scan?.spec?.containers[0]?.args?.at(-1), '--only=query-balance')
    for (const [pod, memory] of [
      [webhook, '512Mi'],
      [scan, '1Gi']
    ] as const) {
      t.match(pod?.metadata?.labels, { team: 'platform' })
      t.match(pod?.metadata?.annotations, { 'example.com/inject': 'false' })
      t.match(pod?.spec?.containers[0]?.resources, { limits: { memory } })
    }
    for (const pod of [webhook, scan, only<IPod>(hooks, 'Pod')]) {
      t.match(pod?.spec, {
        imagePullSecrets: [{ name: 'registry' }],
        nodeSelector: { 'kubernetes.io/os': 'linux', 'example.com/pool': 'system' },
        tolerations: [{ key: 'system', operator: 'Exists' }],
        containers: [{ image: 'registry.example.com/holdfast:next', imagePullPolicy: 'Always' }]
      })
    }
  })

  t.test(`Helm ${version}: cert-controller and monitoring`, async (t) => {
    const { manifests } = template(program, NAMESPACE, {
      certificate: { source: 'cert-controller', controller: { resources: { limits: { memory: '300Mi' } } } },
      monitoring: { enabled: true, labels: { release: 'kube-prometheus-stack' } },
      podLabels: { team: 'platform' },
      image: { digest: DIGEST },
      nodeSelector: { 'example.com/pool': 'system' }
    })
    const deployment = manifests.find(({ metadata, kind }) => `${kind}/${metadata.name}` === CERT_CONTROLLER)
    const { metadata, spec } = (deployment as unknown as IDeployment).spec?.template ?? {}
    t.match(metadata?.labels, { team: 'platform' })
    t.match(spec, { nodeSelector: { 'example.com/pool': 'system' } })
    t.match(spec?.containers[0], { resources: { limits: { memory: '300Mi' } } })
    t.ok(spec?.containers[0]?.image?.endsWith(DIGEST), 'the same image')
    for (const kind of ['PodMonitor', 'PrometheusRule'])
      t.match(only<Manifest>(manifests, kind).metadata.labels, {
        release: 'kube-prometheus-stack',
        'app.kubernetes.io/name': 'holdfast'
      })
  })

  t.test(`Helm ${version}: the image`, async (t) => {
    const repository = 'ghcr.io/holdfast-dev/holdfast'
    const cases: [image: object, reference: string][] = [
      [{}, `${repository}:${VERSION}`],
      [{ digest: DIGEST }, `${repository}:${VERSION}@${DIGEST}`],
      [{ tag: '1.2.3', digest: DIGEST }, `${repository}:1.2.3@${DIGEST}`]
    ]
    for (const [image, reference] of cases) {
      const { manifests, hooks } = template(program, NAMESPACE, { image, scan: { enabled: true } })
      const pods = [
        only<IDeployment>(manifests, 'Deployment').spec?.template.spec,
        only<ICronJob>(manifests, 'CronJob').spec?.jobTemplate.spec?.template.spec,
        only<IPod>(hooks, 'Pod').spec
      ]
      for (const pod of pods) t.equal(pod?.containers[0]?.image, reference)
    }
  })

  t.test(`Helm ${version}: the configuration`, async (t) => {
    const head = { apiVersion: 'holdfast.dev/v1alpha1', kind: 'HoldfastConfiguration' }
    const policies = { 'claim-template-labels': { onChange: 'restore', volatileLabels: ['helm.sh/chart'] } }
    const cases: [configuration: object | null, file: object][] = [
      [
        { mode: 'warn', policies },
        { ...head, mode: 'warn', policies }
      ],
      [{ mode: null, policies: null }, head],
      [null, head]
    ]
    for (const [configuration, file] of cases) {
      const { manifests } = template(program, NAMESPACE, { configuration })
      t.strictSame(parse(only<IConfigMap>(manifests, 'ConfigMap').data?.['config.yaml'] ?? ''), file)
    }
  })

  t.test(`Helm ${version}: helm test`, async (t) => {
    const names = ['localhost']
    const [one, other] = [await issueCertificates(names, 1, new Date()), await issueCertificates(names, 1, new Date())]
    let status = 200
    const server = createServer({ cert: one.certificate, key: one.privateKey }, (_, response) =>
      response.writeHead(status).end()
    ).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const url = `https://localhost:${(server.address() as AddressInfo).port}/livez`

    t.match(await helmTest(program, one.ca, url), { code: 0, out: `${url}: the certificate is trusted` })
    t.match(await helmTest(program, other.ca, url), { code: 1, out: /certificate/ }, 'another CA')
    t.match(await helmTest(program, one.ca, url.replace('localhost', '127.0.0.1')), { code: 1, out: /altnames/ })
    status = 503
    t.match(await helmTest(program, one.ca, url), { code: 1, out: /status 503/ })
    server.closeAllConnections()
    server.close()
    await once(server, 'close')
    t.match(await helmTest(program, one.ca, url), { code: 1, out: /ECONNREFUSED/ })
  })

  t.test(`Helm ${version}: the Pod of helm test`, async (t) => {
    const { hooks } = template(program, NAMESPACE, {})
    const { metadata, spec } = only<IPod>(hooks, 'Pod')
    t.not(metadata.labels?.['app.kubernetes.io/name'], 'holdfast', 'the Service must not send calls to it')
    t.equal(spec?.containers[0]?.command?.at(-1), `https://holdfast.${NAMESPACE}.svc/livez`)
    t.match(spec?.containers[0]?.env, [
      { name: 'CA', valueFrom: { secretKeyRef: { name: 'holdfast-tls', key: 'ca.crt' } } }
    ])
  })

  t.test(`Helm ${version}: doctor in helm test`, async (t) => {
    const values = { imagePullSecrets: [{ name: 'registry' }], tolerations: [{ operator: 'Exists' }] }
    const hooks = testHooks(program, '2024', values).filter(({ metadata }) => metadata.name === DOCTOR)
    t.strictSame(
      hooks.map(({ kind }) => kind).sort(),
      ['ClusterRole', 'ClusterRoleBinding', 'Pod', 'Role', 'RoleBinding', 'ServiceAccount'],
      'all of what it needs'
    )
    for (const kind of ['ClusterRole', 'Role'])
      t.strictSame(only<Rules>(hooks, kind).rules, only<Rules>(EXAMPLE, kind).rules, `${kind}: what the example has`)
    for (const kind of ['ClusterRoleBinding', 'RoleBinding'])
      t.match(only<Binding>(hooks, kind), {
        roleRef: { kind: kind.replace('Binding', ''), name: DOCTOR },
        subjects: [{ kind: 'ServiceAccount', name: DOCTOR, namespace: '2024' }]
      })
    for (const { kind, metadata } of hooks) {
      t.match(metadata.annotations, {
        'helm.sh/hook': 'test',
        'helm.sh/hook-weight': kind === 'Pod' ? undefined : '-1',
        'helm.sh/hook-delete-policy': 'before-hook-creation,hook-succeeded'
      })
      t.equal(metadata.namespace, kind.startsWith('Cluster') ? undefined : '2024', `${kind}: its namespace`)
    }
    const { spec } = only<IPod>(hooks, 'Pod')
    t.match(spec, { serviceAccountName: DOCTOR, restartPolicy: 'Never', ...values })
    t.strictSame(spec?.containers[0]?.args, ['doctor', '--namespace=2024', '--fail-on=error', '--wait=2m'])
  })
}

t.test('Helm', { skip: noHelm }, async (t) => t.ok(helms.size))

/** Runs what the Pod runs, here, with another URL. */
async function helmTest(program: string, caBundle: string, url: string): Promise<{ code: number; out: string }> {
  const { hooks } = template(program, NAMESPACE, { certificate: { source: 'provided', provided: { caBundle } } })
  const [container] = only<IPod>(hooks, 'Pod').spec?.containers ?? []
  const [node, ...args] = container?.command?.slice(0, -1) ?? []
  if (node !== 'node') throw new Error(`it runs ${node}`)
  const CA = container?.env?.find(({ name }) => name === 'CA')?.value
  const child = spawn(process.execPath, [...args, url], { env: { CA } })
  const [out, err, [code]] = await Promise.all([textOf(child.stdout), textOf(child.stderr), once(child, 'exit')])
  return { code, out: out + err }
}
