// A whole installation as the overlays ship it, in a cluster without nodes: the objects are real, and in the place of the
// Pods' container stands one process on this machine, which their addresses lead to.

import type { V1Pod, V1PodTemplateSpec } from '@kubernetes/client-node'
import { type IssuedCertificates, issueCertificates } from '../../../src/certificates/issue.ts'
import { filesIn } from '../../helpers/files.ts'
import { freePort } from '../../helpers/free-port.ts'
import { type Manifest, renderWith } from '../../manifests/render.ts'
import { type Holdfast, startHoldfast } from './holdfast.ts'
import { listOf } from './manifests.ts'
import { CONFIGURATIONS, type Configuration, type Overlay, type Stage } from './suite.ts'
import { until } from './wait.ts'
import { waitUntilInForce } from './webhook.ts'

export const NAMESPACE = 'holdfast-system'
const HOSTS = [`holdfast.${NAMESPACE}.svc`, `holdfast.${NAMESPACE}.svc.cluster.local`]

export interface Standing {
  readonly holdfast: Holdfast
  /** The port of its metrics. */
  readonly healthPort: number
  readonly issued: IssuedCertificates
  readonly address: string
  /** The one that was applied last. */
  overlay(): Overlay | undefined
  /** Deletes the webhook configurations and applies an overlay, with the CA in each entry. Waits until it is in force. */
  install(overlay: Overlay): Promise<void>
  /** Applies the overlay over what is there, as an operator would. */
  apply(overlay: Overlay): Promise<void>
}

/**
 * @param address of this machine, as the API server dials it
 * @param days how long the certificate is valid
 */
export async function standingInstallation(stage: Stage, address: string, days = 90): Promise<Standing> {
  const issued = await issueCertificates(HOSTS, days, new Date())
  const healthPort = await freePort()
  const directory = filesIn({ 'tls.crt': issued.certificate, 'tls.key': issued.privateKey })
  const holdfast = await startHoldfast({
    address,
    flags: [
      `--health-port=${healthPort}`,
      `--tls-cert-file=${directory}/tls.crt`,
      `--tls-private-key-file=${directory}/tls.key`
    ]
  })
  const caBundle = Buffer.from(issued.ca).toString('base64')
  const objectsOf = (overlay: Overlay): Manifest[] =>
    renderWith(overlay, ['static-certificate']).map((manifest) =>
      changed(manifest, { https: holdfast.port, health: healthPort }, caBundle)
    )
  let applied: Overlay | undefined
  const apply = async (overlay: Overlay): Promise<void> => {
    applied = overlay
    const beside = [secretOf(issued), endpointsAt(address, holdfast.port), legacyEndpointsAt(address, holdfast.port)]
    await stage.kubectl(['apply', '-f', '-'], { input: listOf([...objectsOf(overlay), ...beside]) })
    await makeReady(stage, address)
    await waitUntilInForce(stage.kubectl)
  }
  return {
    holdfast,
    healthPort,
    issued,
    address,
    overlay: () => applied,
    apply,
    async install(overlay) {
      await stage.kubectl(['delete', ...CONFIGURATIONS.map((kind) => `${kind}/holdfast`), '--ignore-not-found'])
      await apply(overlay)
    }
  }
}

type Ports = Readonly<Record<string, number>>

interface WithTemplate {
  spec: { replicas: number; template: V1PodTemplateSpec }
}

/** As an operator would with a patch: one replica, the ports that are free here, and the CA. */
function changed(manifest: Manifest, ports: Ports, caBundle: string): Manifest {
  const copy = structuredClone(manifest)
  if (copy.kind === 'Deployment') {
    const { spec } = copy as Manifest & WithTemplate
    spec.replicas = 1
    for (const port of spec.template.spec?.containers[0]?.ports ?? []) port.containerPort = ports[port.name ?? ''] ?? 1
  }
  if (copy.kind.endsWith('WebhookConfiguration')) {
    for (const { clientConfig } of (copy as unknown as Configuration).webhooks ?? []) clientConfig.caBundle = caBundle
  }
  return copy
}

function secretOf({ certificate, privateKey, ca }: IssuedCertificates): object {
  const data = Object.entries({ 'tls.crt': certificate, 'tls.key': privateKey, 'ca.crt': ca })
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    type: 'kubernetes.io/tls',
    metadata: { name: 'holdfast-tls', namespace: NAMESPACE },
    data: Object.fromEntries(data.map(([name, pem]) => [name, Buffer.from(pem).toString('base64')]))
  }
}

export function endpointsAt(address: string, port: number, ready = true): object {
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: {
      name: 'holdfast-here',
      namespace: NAMESPACE,
      labels: { 'kubernetes.io/service-name': 'holdfast' }
    },
    addressType: 'IPv4',
    ports: [{ name: 'https', port, protocol: 'TCP' }],
    endpoints: [{ addresses: [address], conditions: { ready } }]
  }
}

/** What a controller mirrors, and the API server's own proxy to a Service still goes by. */
function legacyEndpointsAt(address: string, port: number): object {
  return {
    apiVersion: 'v1',
    kind: 'Endpoints',
    metadata: { name: 'holdfast', namespace: NAMESPACE },
    subsets: [{ addresses: [{ ip: address }], ports: [{ name: 'https', port, protocol: 'TCP' }] }]
  }
}

/** What kubelet would say of the Pods, and what the Deployment then says. */
async function makeReady(stage: Stage, address: string): Promise<void> {
  await until('the Deployment to be ready', async () => {
    const { items } = await stage.get<{ items: V1Pod[] }>(
      'pods',
      '-n',
      NAMESPACE,
      '-l',
      'app.kubernetes.io/name=holdfast'
    )
    for (const { metadata } of items) await setReady(stage, metadata?.name as string, address)
    const { status } = await stage.get<{ status: { readyReplicas?: number; replicas?: number } }>(
      'deployment',
      'holdfast',
      '-n',
      NAMESPACE
    )
    return items.length === 1 && status.readyReplicas === 1 && status.replicas === 1
  })
}

export async function setReady({ kubectl }: Stage, pod: string, address: string): Promise<void> {
  const status = {
    phase: 'Running',
    podIP: address,
    podIPs: [{ ip: address }],
    conditions: [{ type: 'Ready', status: 'True' }]
  }
  await kubectl([
    'patch',
    'pod',
    pod,
    '-n',
    NAMESPACE,
    '--subresource=status',
    '--type=merge',
    '-p',
    JSON.stringify({ status })
  ])
}
