// What stands in the way of a Pod on its way through the API server: objects, each for one namespace.
import { fileURLToPath } from 'node:url'
import { parseAllDocuments } from 'yaml'
import { matchConditionsFor } from '../src/core/programs/match-conditions.ts'
import type { JsonObject } from '../src/core/values/json.ts'
import gracefulStop from '../src/policies/pushgateway-graceful-stop.ts'
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

const SLEEP = (seconds: string): string =>
  'Object.spec.containers.lifecycle.preStop{' +
  `sleep: Object.spec.containers.lifecycle.preStop.sleep{seconds: ${seconds}}}`
const HOOK = (seconds: string): string => `Object.spec.containers.lifecycle{preStop: ${SLEEP(seconds)}}`

/**
 * The same change in CEL, and nothing else: a preStop of 15 s for the first ten containers that are Pushgateway by their
 * image, and a grace period of at least 30 s. As JSON Patch, because a policy with ApplyConfiguration takes the API server
 * longer.
 */
export function smallPolicyFor(namespace: string): JsonObject[] {
  const expression =
    '(has(object.spec.terminationGracePeriodSeconds) && object.spec.terminationGracePeriodSeconds >= 30 ? [] : ' +
    "[JSONPatch{op: 'add', path: '/spec/terminationGracePeriodSeconds', value: 30}]) + " +
    `[0, 1, 2, 3, 4, 5, 6, 7, 8, 9].filter(i, i < size(object.spec.containers) && ${NEEDS_HOOK}).map(i, ` +
    `JSONPatch{op: 'add', path: '/spec/containers/' + string(i) + '/lifecycle', value: ${HOOK('15')}})`
  const isPushgateway = {
    name: 'is-pushgateway',
    expression: "object.spec.containers.exists(c, has(c.image) && c.image.contains('pushgateway'))"
  }
  return policyFor(namespace, { matchConditions: [isPushgateway], variables: [], expression })
}

const CONTAINER = 'object.spec.containers[i]'
const ANNOTATIONS = "(has(object.metadata.annotations) ? object.metadata.annotations : {'': ''})"

/** Nearly as src/core/programs/pushgateway.ts recognises it: by the image, by the command, or by the name with the port. */
const IS_PUSHGATEWAY = [
  `has(${CONTAINER}.image) && ${CONTAINER}.image.matches('(^|/)(push-?gateway|prometheus-pushgateway(-bitnami)?)(:[^/@]*)?(@|$)')`,
  `has(${CONTAINER}.command) && ${CONTAINER}.command[0].matches('(^|/)pushgateway$')`,
  `${CONTAINER}.name in ['pushgateway', 'prometheus-pushgateway'] && has(${CONTAINER}.ports) && ` +
    `${CONTAINER}.ports.exists(p, p.containerPort == 9091)`
]

const HAS_OWN = `has(${CONTAINER}.lifecycle) && has(${CONTAINER}.lifecycle.preStop)`

const VARIABLES: Readonly<Record<string, string>> = {
  annotations: ANNOTATIONS,
  profile:
    "'holdfast.dev/drain-profile' in variables.annotations ? variables.annotations['holdfast.dev/drain-profile'] : ''",
  drain:
    "'holdfast.dev/drain-seconds' in variables.annotations ? variables.annotations['holdfast.dev/drain-seconds'] : ''",
  seconds:
    "variables.drain.matches('^[1-9][0-9]{0,3}$') && int(variables.drain) <= 3600 ? int(variables.drain) : " +
    "variables.profile == 'heavy' ? 60 : variables.profile == 'standard' ? 30 : 15",
  gateways:
    '[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19].filter(i, i < size(object.spec.containers)' +
    ` && (${IS_PUSHGATEWAY.map((one) => `(${one})`).join(' || ')}))`,
  needed:
    `variables.gateways.map(i, ${HAS_OWN} ? (has(${CONTAINER}.lifecycle.preStop.sleep) ? ` +
    `int(${CONTAINER}.lifecycle.preStop.sleep.seconds) : 0) : variables.seconds).max() + 15`
}

/**
 * Close to what the policy pushgateway-graceful-stop decides, in CEL: what is Pushgateway, the annotations, handlers that
 * are there already, and how long a native `sleep` takes. It does not read the `sleep` of a command, does not look behind an
 * init or into a shell's script, and looks at 20 containers at the most. It has no options, exemptions, modes, warnings and
 * reasons; CEL could have some of them.
 *
 * Its conditions are those that this policy of Holdfast would have alone, and one for the Pods that it leaves alone.
 */
export function closePolicyFor(namespace: string): JsonObject[] {
  const matchConditions = [
    ...matchConditionsFor(gracefulStop.matches),
    {
      name: 'is-left-alone',
      expression:
        `!${ANNOTATIONS}.exists(key, key == 'kubernetes.io/config.mirror' || key == 'holdfast.dev/skip' && ` +
        `${ANNOTATIONS}[key].split(',').exists(id, id.trim() == 'pushgateway-graceful-stop')) && ` +
        '(!has(object.metadata.ownerReferences) || !object.metadata.ownerReferences.exists(owner, ' +
        "has(owner.controller) && owner.controller && owner.kind == 'Job'))"
    }
  ]
  const hook =
    `has(${CONTAINER}.lifecycle) ? JSONPatch{op: 'add', path: '/spec/containers/' + string(i) + '/lifecycle/preStop', ` +
    `value: ${SLEEP('variables.seconds')}} : JSONPatch{op: 'add', ` +
    `path: '/spec/containers/' + string(i) + '/lifecycle', value: ${HOOK('variables.seconds')}}`
  const grace = 'object.spec.terminationGracePeriodSeconds'
  const expression =
    `size(variables.gateways) == 0 || ${grace} <= 0 ? [] : variables.gateways.filter(i, !(${HAS_OWN})).map(i, ${hook}) + ` +
    `(${grace} >= variables.needed ? [] : ` +
    "[JSONPatch{op: 'add', path: '/spec/terminationGracePeriodSeconds', value: variables.needed}])"
  const variables = Object.entries(VARIABLES).map(([name, expression]) => ({ name, expression }))
  return policyFor(namespace, { matchConditions, variables, expression })
}

interface PolicyParts {
  readonly matchConditions: NonNullable<Webhook['matchConditions']>
  readonly variables: readonly { readonly name: string; readonly expression: string }[]
  /** Of a JSON Patch. */
  readonly expression: string
}

function policyFor(namespace: string, { matchConditions, variables, expression }: PolicyParts): JsonObject[] {
  const metadata = { name: namespace }
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
        matchConditions,
        variables,
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
