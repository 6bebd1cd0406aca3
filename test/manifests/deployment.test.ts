// The Deployment and what stands around it: does each part agree with the others, and with Pod Security "restricted"?
import type { IDeployment } from 'kubernetes-models/apps/v1/Deployment'
import type { INetworkPolicy } from 'kubernetes-models/networking.k8s.io/v1/NetworkPolicy'
import type { IPodDisruptionBudget } from 'kubernetes-models/policy/v1/PodDisruptionBudget'
import type { IConfigMap } from 'kubernetes-models/v1/ConfigMap'
import type { IContainer } from 'kubernetes-models/v1/Container'
import type { IPodSpec } from 'kubernetes-models/v1/PodSpec'
import type { IService } from 'kubernetes-models/v1/Service'
import type { IServiceAccount } from 'kubernetes-models/v1/ServiceAccount'
import t from 'tap'
import { parse as parseYaml } from 'yaml'
import { inCluster } from '../../src/kubernetes/ask-version.ts'
import { restricted } from './pod-security.ts'
import { entriesOf, type Manifest, only, overlays, render, renderWith, skip } from './render.ts'

const base = () => render('base')
const podOf = (deployment: IDeployment) => deployment.spec?.template.spec as IPodSpec
const pod = () => podOf(only<IDeployment>(base(), 'Deployment'))
const container = () => pod().containers[0] as IContainer
const podLabels = () => only<IDeployment>(base(), 'Deployment').spec?.template.metadata?.labels

/** --flag=value, as the container is started with it. */
function flag(name: string): string | undefined {
  return container()
    .args?.find((arg) => arg.startsWith(`--${name}=`))
    ?.slice(name.length + 3)
}

t.test('Pod Security "restricted"', { skip }, async (t) => {
  for (const [rule, kept] of Object.entries(restricted(pod()))) t.ok(kept, rule)

  const labels = only(base(), 'Namespace').metadata.labels
  for (const mode of ['enforce', 'audit', 'warn']) {
    t.equal(labels?.[`pod-security.kubernetes.io/${mode}`], 'restricted', `the namespace asks for it: ${mode}`)
  }
})

t.test('rights', { skip }, async (t) => {
  for (const overlay of overlays) {
    const kinds = render(`overlays/${overlay}`).map((it) => it.kind)
    t.notOk(
      kinds.some((kind) => /Role/.test(kind)),
      `${overlay} grants nothing`
    )
  }
  t.equal(pod().serviceAccountName, only(base(), 'ServiceAccount').metadata.name)
  t.equal(only<IServiceAccount>(base(), 'ServiceAccount').automountServiceAccountToken, false, 'no token')
  t.equal(pod().automountServiceAccountToken, false, 'not in the Pods either')
})

t.test('what GET /version takes', { skip }, async (t) => {
  const credentials = inCluster({ KUBERNETES_SERVICE_HOST: '10.0.0.1' })?.credentials
  const sourcesIn = (manifests: readonly Manifest[]) => {
    const { containers, volumes } = podOf(only<IDeployment>(manifests, 'Deployment'))
    const mount = containers[0]?.volumeMounts?.find(({ mountPath }) => mountPath === credentials)
    return volumes?.find(({ name }) => name === mount?.name)?.projected?.sources
  }
  const ca = { configMap: { name: 'kube-root-ca.crt', items: [{ key: 'ca.crt', path: 'ca.crt' }] } }
  for (const overlay of overlays)
    t.same(sourcesIn(render(`overlays/${overlay}`)), [ca], `${overlay}: the CA of the API server`)
  const token = { serviceAccountToken: { path: 'token', expirationSeconds: 3600 } }
  const manifests = renderWith('cluster-wide', ['api-server-token'])
  t.same(sourcesIn(manifests), [ca, token], 'and a token where a component asks for it')
  const { volumes } = podOf(only<IDeployment>(manifests, 'Deployment'))
  t.same(
    volumes?.map(({ name }) => name),
    pod().volumes?.map(({ name }) => name),
    'which moves no volume: the patch for mutual TLS counts them'
  )
})

t.test('everything finds the Pods by their labels', { skip }, async (t) => {
  const selectors = {
    Deployment: only<IDeployment>(base(), 'Deployment').spec?.selector.matchLabels,
    Service: only<IService>(base(), 'Service').spec?.selector,
    PodDisruptionBudget: only<IPodDisruptionBudget>(base(), 'PodDisruptionBudget').spec?.selector?.matchLabels,
    NetworkPolicy: only<INetworkPolicy>(base(), 'NetworkPolicy').spec?.podSelector?.matchLabels,
    'topology spread': pod().topologySpreadConstraints?.[0]?.labelSelector?.matchLabels,
    'anti-affinity':
      pod().affinity?.podAntiAffinity?.preferredDuringSchedulingIgnoredDuringExecution?.[0]?.podAffinityTerm
        .labelSelector?.matchLabels
  }
  for (const [what, selector] of Object.entries(selectors)) {
    t.not(Object.keys(selector ?? {}).length, 0, `${what} selects something`)
    t.match(podLabels(), selector, what)
  }
})

t.test('ports', { skip }, async (t) => {
  const ports = Object.fromEntries((container().ports ?? []).map((port) => [port.name, port.containerPort]))
  t.same(ports, { https: Number(flag('port')), health: Number(flag('health-port')) }, 'as the arguments say')
  t.equal(ports.https, 10250, 'the port that private clusters let through')

  const service = only<IService>(base(), 'Service').spec
  t.match(service?.ports, [{ port: 443, targetPort: 'https' }])
  t.equal(service?.ports?.length, 1)
  t.not(service?.clusterIP, 'None', 'kube-apiserver refuses a headless Service')

  t.match(container().livenessProbe?.httpGet, { path: '/livez', port: 'health', scheme: 'HTTP' })
  t.match(container().readinessProbe?.httpGet, { path: '/readyz', port: 'health', scheme: 'HTTP' })

  const policy = only<INetworkPolicy>(base(), 'NetworkPolicy').spec
  const open = (policy?.ingress ?? []).flatMap((rule) => (rule.ports ?? []).map((port) => [port.port, rule.from]))
  t.same(
    open,
    [
      ['https', undefined],
      ['health', [{ namespaceSelector: {} }]]
    ],
    'what the network policy lets in'
  )
  t.same(policy?.policyTypes, ['Ingress', 'Egress'])
})

t.test('stopping outlasts the drain and the last call', { skip }, async (t) => {
  const drain = Number(/^(\d+)s$/.exec(flag('drain-delay') ?? '')?.[1])
  const lastCall = Math.max(...entriesOf(base()).map((entry) => entry.timeoutSeconds ?? 10))
  const MARGIN = 10
  t.ok(drain >= 10, 'long enough for every node to forget the endpoint')
  t.notOk(container().lifecycle, 'the drain is inside the process; a preStop hook would only delay it')
  t.ok((pod().terminationGracePeriodSeconds ?? 0) >= drain + lastCall + MARGIN, `${drain} + ${lastCall} + ${MARGIN} s`)
})

t.test('no moment without a ready replica', { skip }, async (t) => {
  const { replicas, strategy } = only<IDeployment>(base(), 'Deployment').spec ?? {}
  t.ok((replicas ?? 1) >= 2)
  t.same(strategy, { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } })
  t.match(only<IPodDisruptionBudget>(base(), 'PodDisruptionBudget').spec, {
    maxUnavailable: 1,
    unhealthyPodEvictionPolicy: 'AlwaysAllow'
  })
})

t.test('resources', { skip }, async (t) => {
  t.same(container().resources, { requests: { cpu: '100m', memory: '128Mi' }, limits: { memory: '256Mi' } })
})

t.test('the Service gives the process no environment', { skip }, async (t) => {
  // A Service called holdfast would set HOLDFAST_PORT=tcp://10.0.0.1:443, which is also how --port is spelt there.
  t.equal(pod().enableServiceLinks, false)
})

t.test('the configuration is where the arguments look for it', { skip }, async (t) => {
  const config = only<IConfigMap>(base(), 'ConfigMap')
  const sources = pod().volumes?.find((volume) => volume.name === 'etc')?.projected?.sources ?? []
  const mount = container().volumeMounts?.find((it) => it.name === 'etc')
  const source = sources.find((it) => it.configMap !== undefined)?.configMap
  t.equal(source?.name, config.metadata.name)
  t.equal(`${mount?.mountPath}/${source?.items?.[0]?.path}`, flag('config'))
  t.notOk(mount?.subPath, 'files mounted by subPath are never updated')
  t.same(parseYaml(config.data?.[source?.items?.[0]?.key ?? ''] ?? ''), {
    apiVersion: 'holdfast.dev/v1alpha1',
    kind: 'HoldfastConfiguration',
    mode: 'enforce',
    policies: {}
  })
})

t.test('a priority class only where it is asked for', { skip }, async (t) => {
  for (const overlay of overlays) {
    t.notOk(podOf(only<IDeployment>(render(`overlays/${overlay}`), 'Deployment')).priorityClassName, overlay)
  }
})
