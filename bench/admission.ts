// What stands in the way of a Pod on its way through the API server: objects, each for one namespace.
import { fileURLToPath } from 'node:url'
import { parseAllDocuments } from 'yaml'
import type { JsonObject } from '../src/core/values/json.ts'
import type { Kubectl } from '../test/e2e/harness/control-plane.ts'
import { callLocally, type LocalServer, type WebhookConfiguration } from '../test/e2e/harness/webhook.ts'

const POD_RULE = { apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['pods'] }

interface Webhook {
  readonly name: string
  readonly namespaceSelector: { readonly matchExpressions: readonly object[] }
  readonly matchConditions?: readonly { readonly name: string; readonly expression: string }[]
}

type Configuration = WebhookConfiguration & { readonly metadata: { readonly name: string } }

const onlyIn = (namespace: string) => ({
  key: 'kubernetes.io/metadata.name',
  operator: 'In',
  values: [namespace]
})

/** The webhook configurations that are shipped, for one namespace. */
export async function shippedFor(kubectl: Kubectl, server: LocalServer, namespace: string): Promise<object[]> {
  const configurations = await shipped(kubectl)
  return configurations.map((configuration) => {
    const { webhooks = [], ...rest } = callLocally(configuration, server)
    const limited = (webhooks as unknown as Webhook[]).map(({ namespaceSelector, ...webhook }) => ({
      ...webhook,
      namespaceSelector: { matchExpressions: [...namespaceSelector.matchExpressions, onlyIn(namespace)] }
    }))
    return { ...rest, webhooks: limited }
  })
}

/** The conditions of the shipped entry for Pods. */
export async function podConditions(kubectl: Kubectl): Promise<NonNullable<Webhook['matchConditions']>> {
  const webhooks = (await shipped(kubectl)).flatMap((it) => it.webhooks as unknown as Webhook[])
  const entry = webhooks.find(({ name }) => name === 'pods.mutate.holdfast.dev')
  if (entry?.matchConditions === undefined) throw new Error('the entry for Pods has no conditions')
  return entry.matchConditions
}

async function shipped(kubectl: Kubectl): Promise<Configuration[]> {
  const overlay = fileURLToPath(new URL('../manifests/overlays/cluster-wide', import.meta.url))
  const { stdout } = await kubectl(['kustomize', overlay])
  const objects = parseAllDocuments(stdout).map((document) => document.toJS() as Configuration)
  return objects.filter(({ kind }) => kind.endsWith('WebhookConfiguration'))
}

/** One entry for all Pods of a namespace, for somebody else's webhook or for conditions that let nothing through. */
export function webhookFor(
  namespace: string,
  { port, caBundle }: LocalServer,
  matchConditions: readonly object[] = []
) {
  return {
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'MutatingWebhookConfiguration',
    metadata: { name: namespace },
    webhooks: [
      {
        name: `${namespace}.example.com`,
        admissionReviewVersions: ['v1'],
        clientConfig: { url: `https://127.0.0.1:${port}/`, caBundle },
        failurePolicy: 'Fail',
        namespaceSelector: { matchExpressions: [onlyIn(namespace)] },
        reinvocationPolicy: 'IfNeeded',
        rules: [POD_RULE],
        sideEffects: 'None',
        matchConditions
      }
    ]
  }
}

const NEEDS_HOOK =
  "has(object.spec.containers[i].image) && object.spec.containers[i].image.contains('pushgateway') && " +
  '!has(object.spec.containers[i].lifecycle)'

/**
 * The same change in CEL: a preStop of 15 s for the first ten containers that are Pushgateway by their image, and a grace
 * period of at least 30 s. Without annotations, options, exemptions, modes, warnings and metrics, of which CEL could have
 * some. As JSON Patch, because a policy with ApplyConfiguration takes the API server longer.
 */
export function mutatingPolicyFor(namespace: string): JsonObject[] {
  const metadata = { name: namespace }
  const hook =
    'Object.spec.containers.lifecycle{preStop: Object.spec.containers.lifecycle.preStop{' +
    'sleep: Object.spec.containers.lifecycle.preStop.sleep{seconds: 15}}}'
  const expression =
    '(has(object.spec.terminationGracePeriodSeconds) && object.spec.terminationGracePeriodSeconds >= 30 ? [] : ' +
    "[JSONPatch{op: 'add', path: '/spec/terminationGracePeriodSeconds', value: 30}]) + " +
    `[0, 1, 2, 3, 4, 5, 6, 7, 8, 9].filter(i, i < size(object.spec.containers) && ${NEEDS_HOOK}).map(i, ` +
    `JSONPatch{op: 'add', path: '/spec/containers/' + string(i) + '/lifecycle', value: ${hook}})`
  const api = { apiVersion: 'admissionregistration.k8s.io/v1' }
  return [
    {
      ...api,
      kind: 'MutatingAdmissionPolicy',
      metadata,
      spec: {
        failurePolicy: 'Fail',
        reinvocationPolicy: 'IfNeeded',
        matchConstraints: { resourceRules: [POD_RULE] },
        matchConditions: [
          {
            name: 'is-pushgateway',
            expression: "object.spec.containers.exists(c, has(c.image) && c.image.contains('pushgateway'))"
          }
        ],
        mutations: [{ patchType: 'JSONPatch', jsonPatch: { expression } }]
      }
    },
    {
      ...api,
      kind: 'MutatingAdmissionPolicyBinding',
      metadata,
      spec: {
        policyName: namespace,
        matchResources: { namespaceSelector: { matchExpressions: [onlyIn(namespace)] } }
      }
    }
  ]
}
