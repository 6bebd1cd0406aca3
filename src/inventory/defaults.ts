import { parseImage } from '../core/image.ts'
import { isObject, type JsonObject, listOf, objectOf, textOf } from '../core/json.ts'

/**
 * What kube-apiserver fills in before a webhook sees an object, as far as policies could tell: objects in files have none
 * of it, and those read from a cluster have it all, so that nothing would compare. From the defaulting functions of
 * Kubernetes 1.36, pkg/apis/core/v1 and pkg/apis/apps/v1; test/e2e compares with what a real API server stores.
 */

type Fields = Record<string, unknown>

const WORKLOAD_KINDS = ['Deployment', 'StatefulSet', 'DaemonSet', 'ReplicaSet']

/** The object with its defaults; the object itself where its kind has none that matter. */
export function withDefaults(object: JsonObject): JsonObject {
  const spec = objectOf(object.spec)
  if (object.kind === 'Pod') return { ...object, spec: podSpec(spec) }
  if (!WORKLOAD_KINDS.includes(String(object.kind))) return object
  const defaulted: Fields = { ...(object.kind === 'StatefulSet' && STATEFUL_SET), ...present(spec) }
  if (isObject(spec.template)) defaulted.template = podTemplate(spec.template)
  if (object.kind === 'StatefulSet') {
    defaulted.updateStrategy = updateStrategy(objectOf(spec.updateStrategy))
    const templates = listOf(spec.volumeClaimTemplates)
    if (templates.length > 0) defaulted.volumeClaimTemplates = templates.map(claimTemplate)
  }
  return { ...object, spec: defaulted }
}

const STATEFUL_SET = {
  replicas: 1,
  podManagementPolicy: 'OrderedReady',
  revisionHistoryLimit: 10,
  persistentVolumeClaimRetentionPolicy: { whenDeleted: 'Retain', whenScaled: 'Retain' }
}

function updateStrategy(strategy: JsonObject): JsonObject {
  const { type = 'RollingUpdate', rollingUpdate } = strategy
  if (type !== 'RollingUpdate') return { ...strategy, type }
  return { type, rollingUpdate: { partition: 0, ...present(objectOf(rollingUpdate)) } }
}

function claimTemplate(template: unknown): unknown {
  if (!isObject(template)) return template
  return { ...template, spec: { volumeMode: 'Filesystem', ...present(objectOf(template.spec)) } }
}

function podTemplate(template: JsonObject): JsonObject {
  return { ...template, spec: podSpec(objectOf(template.spec)) }
}

function podSpec(spec: JsonObject): JsonObject {
  const defaulted: Fields = {
    restartPolicy: 'Always',
    dnsPolicy: 'ClusterFirst',
    schedulerName: 'default-scheduler',
    terminationGracePeriodSeconds: 30,
    securityContext: {},
    ...present(spec)
  }
  for (const list of ['initContainers', 'containers']) {
    if (Array.isArray(spec[list])) defaulted[list] = (spec[list] as unknown[]).map(container)
  }
  if (Array.isArray(spec.volumes)) defaulted.volumes = spec.volumes.map(volume)
  if (typeof spec.serviceAccountName === 'string') defaulted.serviceAccount ??= spec.serviceAccountName
  return defaulted
}

function container(item: unknown): unknown {
  if (!isObject(item)) return item
  const defaulted: Fields = {
    resources: {},
    terminationMessagePath: '/dev/termination-log',
    terminationMessagePolicy: 'File',
    imagePullPolicy: pullPolicyOf(textOf(item.image) ?? ''),
    ...present(item)
  }
  if (Array.isArray(item.ports)) defaulted.ports = item.ports.map(port)
  if (Array.isArray(item.env)) defaulted.env = item.env.map(variable)
  for (const name of ['livenessProbe', 'readinessProbe', 'startupProbe']) {
    if (isObject(item[name])) defaulted[name] = probe(item[name])
  }
  return defaulted
}

function pullPolicyOf(image: string): string {
  const { tag = 'latest' } = parseImage(image)
  return tag === 'latest' && !image.includes('@') ? 'Always' : 'IfNotPresent'
}

function port(item: unknown): unknown {
  return isObject(item) ? { protocol: 'TCP', ...present(item) } : item
}

function variable(item: unknown): unknown {
  const from = objectOf(objectOf(item).valueFrom)
  if (!isObject(item) || !isObject(from.fieldRef)) return item
  return { ...item, valueFrom: { ...from, fieldRef: { apiVersion: 'v1', ...present(from.fieldRef) } } }
}

function probe(item: JsonObject): JsonObject {
  const defaulted: Fields = {
    timeoutSeconds: 1,
    periodSeconds: 10,
    successThreshold: 1,
    failureThreshold: 3,
    ...present(item)
  }
  if (isObject(item.httpGet)) defaulted.httpGet = { path: '/', scheme: 'HTTP', ...present(item.httpGet) }
  return defaulted
}

/** 0644, which JSON can only write in decimal. */
const FILE_MODE = 420

function volume(item: unknown): unknown {
  if (!isObject(item)) return item
  const defaulted: Fields = { ...item }
  for (const source of ['configMap', 'secret', 'projected', 'downwardAPI']) {
    if (isObject(item[source])) defaulted[source] = { defaultMode: FILE_MODE, ...present(item[source]) }
  }
  if (isObject(item.hostPath)) defaulted.hostPath = { type: '', ...item.hostPath }
  return defaulted
}

/** A field that says null is a field that says nothing: the API server fills it in. */
function present(map: JsonObject): Fields {
  return Object.fromEntries(Object.entries(map).filter(([, value]) => value !== null))
}
