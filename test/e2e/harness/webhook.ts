// Webhook configurations: pointed at a server on this machine, and waited for until kube-apiserver acts on them.

import { randomBytes } from 'node:crypto'
import type { Kubectl } from './kubectl.ts'
import { until } from './wait.ts'

/** What we need to know of a parsed `MutatingWebhookConfiguration` or `ValidatingWebhookConfiguration`. */
export interface WebhookConfiguration {
  kind: string
  webhooks?: { name: string; clientConfig: ClientConfig }[]
}

interface ClientConfig {
  url?: string
  service?: { name: string; namespace: string; path?: string; port?: number }
  caBundle?: string
}

export interface LocalServer {
  /** The IP address that the API server dials, which its certificate has to name. Default 127.0.0.1. */
  address?: string
  port: number
  /** The PEM of the CA that signed its certificate, in base64. */
  caBundle: string
}

/**
 * A copy of the configuration in which each webhook calls `https://ADDRESS:PORT` where it called a Service, with the
 * same path. Everything else is as it was, so that what is tested is what is shipped.
 *
 * @throws {Error} when this is no webhook configuration, or a webhook does not call a Service: rewriting nothing would
 *   make every test after it pass or fail for the wrong reason
 */
export function callLocally<T extends WebhookConfiguration>(configuration: T, server: LocalServer): T {
  if (!/^(Mutating|Validating)WebhookConfiguration$/.test(configuration.kind)) {
    throw new Error(`a ${configuration.kind} is not a webhook configuration`)
  }
  const { address = '127.0.0.1', port, caBundle } = server
  const copy = structuredClone(configuration)
  for (const webhook of copy.webhooks ?? []) {
    const { service } = webhook.clientConfig
    if (service === undefined) throw new Error(`the webhook ${webhook.name} does not call a Service`)
    webhook.clientConfig = { url: `https://${address}:${port}${service.path ?? ''}`, caBundle }
  }
  return copy
}

export interface InForceOptions {
  /** An existing namespace, which gets one more label for a moment. Default `default`. */
  namespace?: string
  /** Milliseconds to wait. Default 15 000. */
  timeoutMs?: number
}

/**
 * Waits until kube-apiserver acts on all webhook configurations and all labels of namespaces that were created, changed
 * or deleted before the call. Both reach admission through informers, which lag by up to a second or so.
 *
 * It does not watch for the webhooks being called, as that needs a request that each of them matches, tells nothing about
 * a changed or deleted one, and cannot tell "not yet" from "not matched". Instead it raises a barrier: a label on the
 * namespace, then a configuration of each kind that refuses one ConfigMap in a namespace with this label. An informer
 * delivers the events of one kind of object in their order, so once the ConfigMap is refused, all earlier ones have
 * arrived as well. The refusal is a matchCondition that fails, and so it calls nobody and counts in no metric of
 * webhook calls; the ConfigMap is a dry run; the barrier is taken down again.
 *
 * Needs Kubernetes 1.28 or later (matchConditions). With several kube-apiservers it proves this only for the one that
 * kubectl reached.
 *
 * @throws {Error} when the time is over, with kube-apiserver's last answer; or when kubectl fails
 */
export async function waitUntilInForce(
  kubectl: Kubectl,
  { namespace = 'default', timeoutMs = 15_000 }: InForceOptions = {}
): Promise<void> {
  const label = `barrier.e2e.holdfast.dev/${randomBytes(6).toString('hex')}`
  const barriers = kinds.map((kind) => barrierOf(kind, label))
  try {
    await kubectl(['label', 'namespace', namespace, `${label}=`])
    await Promise.all(barriers.map(({ api, configuration }) => create(kubectl, api, configuration)))
    await Promise.all(
      barriers.map((barrier) =>
        until(
          `kube-apiserver to act on a ${barrier.kind}WebhookConfiguration`,
          () => isRefused(kubectl, namespace, barrier),
          { timeoutMs }
        )
      )
    )
  } finally {
    await kubectl(['label', 'namespace', namespace, `${label}-`], { allowFailure: true })
    await Promise.all(
      barriers.map(({ api, name }) => kubectl(['delete', '--raw', `${api}/${name}`], { allowFailure: true }))
    )
  }
}

const kinds = ['Mutating', 'Validating'] as const

type Barrier = ReturnType<typeof barrierOf>

function barrierOf(kind: (typeof kinds)[number], namespaceLabel: string) {
  const own = { 'barrier.e2e.holdfast.dev/kind': kind }
  const [, nonce] = namespaceLabel.split('/')
  // Configurations are called in the order of their names: first come, so that no webhook under test is asked.
  const name = `000-holdfast-e2e-${kind.toLowerCase()}-${nonce}`
  const marker = `${name}.barrier.e2e.holdfast.dev`
  const webhook = {
    name: marker,
    // Nobody listens there, and nobody is ever called.
    clientConfig: { url: 'https://127.0.0.1:1/' },
    rules: [{ operations: ['CREATE'], apiGroups: [''], apiVersions: ['v1'], resources: ['configmaps'] }],
    namespaceSelector: { matchExpressions: [{ key: namespaceLabel, operator: 'Exists' }] },
    objectSelector: { matchLabels: own },
    // With failurePolicy Fail, a condition that cannot be evaluated refuses the request, and is quoted in the answer.
    matchConditions: [{ name: 'fails', expression: `object.absent == "${marker}"` }],
    failurePolicy: 'Fail',
    sideEffects: 'None',
    admissionReviewVersions: ['v1']
  }
  return {
    kind,
    name,
    api: `/apis/admissionregistration.k8s.io/v1/${kind.toLowerCase()}webhookconfigurations`,
    configuration: {
      apiVersion: 'admissionregistration.k8s.io/v1',
      kind: `${kind}WebhookConfiguration`,
      metadata: { name },
      webhooks: [webhook]
    },
    marker,
    probe: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, labels: own } }
  }
}

async function isRefused(kubectl: Kubectl, namespace: string, { probe, marker }: Barrier): Promise<true> {
  const path = `/api/v1/namespaces/${namespace}/configmaps?dryRun=All`
  const { stderr } = await create(kubectl, path, probe, { allowFailure: true })
  if (!stderr.includes(marker)) throw new Error(`the last probe was answered ${stderr.trim() || 'with success'}`)
  return true
}

// --raw spares kubectl the discovery of the API, which is most of the time it takes.
function create(kubectl: Kubectl, path: string, object: object, options: { allowFailure?: boolean } = {}) {
  return kubectl(['create', '--raw', path, '-f', '-'], { ...options, input: JSON.stringify(object) })
}
