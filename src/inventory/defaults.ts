import { parseImage } from '../core/objects/image.ts'
import { WORKLOADS } from '../core/objects/workload.ts'
import { isObject, type JsonObject, listOf, objectOf, textOf } from '../core/values/json.ts'
import { claimTemplate } from './claim-template.ts'
import { present, resources, type StoredFields, withTexts } from './stored.ts'

/**
 * What kube-apiserver fills in before a webhook sees an object, as far as policies could tell: objects in files have none
 * of it, and those read from a cluster have it all, so that nothing would compare. From the defaulting functions of
 * Kubernetes 1.36, pkg/apis/core/v1 and pkg/apis/apps/v1; test/e2e compares with what a real API server stores.
 */

/** The object with its defaults; the object itself where its kind has none that matter. */
export function withDefaults(object: JsonObject): JsonObject {
  const spec = objectOf(object.spec)
  const named = isObject(object.metadata) ? { ...object, metadata: withTexts(object.metadata) } : object
  if (object.kind === 'Pod') return { ...named, spec: podSpec(spec) }
  if (!WORKLOADS.some(({ kind }) => kind === object.kind)) return object
  const defaulted: StoredFields = { ...(object.kind === 'StatefulSet' && STATEFUL_SET), ...present(spec) }
  if (isObject(spec.selector)) defaulted.selector = withTexts(spec.selector)
  if (isObject(spec.template)) defaulted.template = podTemplate(spec.template)
  if (object.kind === 'StatefulSet') {
    defaulted.updateStrategy = updateStrategy(objectOf(spec.updateStrategy))
    const templates = listOf(spec.volumeClaimTemplates)
    if (templates.length > 0) defaulted.volumeClaimTemplates = templates.map(claimTemplate)
  }
  return { ...named, spec: defaulted }
}

const STATEFUL_SET = {
  replicas: 1,
  podManagementPolicy: 'OrderedReady',
  revisionHistoryLimit: 10,
  persistentVolumeClaimRetentionPolicy: { whenDeleted: 'Retain', whenScaled: 'Retain' }
}

function updateStrategy(strategy: JsonObject): JsonObject {
  const { type = 'RollingUpdate', rollingUpdate } = present(strategy)
  if (type !== 'RollingUpdate') return { ...strategy, type }
  return { type, rollingUpdate: { partition: 0, ...objectOf(present(objectOf(rollingUpdate))) } }
}

function podTemplate(template: JsonObject): JsonObject {
  const { metadata } = template
  return {
    ...template,
    ...(isObject(metadata) && { metadata: withTexts(metadata) }),
    spec: podSpec(objectOf(template.spec))
  }
}

function podSpec(spec: JsonObject): JsonObject {
  const defaulted: StoredFields = {
    restartPolicy: 'Always',
    dnsPolicy: 'ClusterFirst',
    schedulerName: 'default-scheduler',
    terminationGracePeriodSeconds: 30,
    securityContext: {},
    ...withTexts(present(spec))
  }
  for (const list of ['initContainers', 'containers']) {
    if (Array.isArray(spec[list])) defaulted[list] = (spec[list] as unknown[]).map(container)
  }
  if (Array.isArray(spec.volumes)) defaulted.volumes = spec.volumes.map(volume)
  if (Array.isArray(spec.tolerations)) defaulted.tolerations = spec.tolerations.map(presentIn)
  if (typeof spec.serviceAccountName === 'string') defaulted.serviceAccount ??= spec.serviceAccountName
  return defaulted
}

function container(item: unknown): unknown {
  if (!isObject(item)) return item
  const defaulted: StoredFields = {
    terminationMessagePath: '/dev/termination-log',
    terminationMessagePolicy: 'File',
    imagePullPolicy: pullPolicyOf(textOf(item.image) ?? ''),
    ...present(item),
    resources: resources(item.resources)
  }
  if (Array.isArray(item.volumeMounts)) defaulted.volumeMounts = item.volumeMounts.map(presentIn)
  if (Array.isArray(item.ports)) defaulted.ports = item.ports.map(port)
  if (Array.isArray(item.env)) defaulted.env = item.env.map(variable)
  for (const name of ['livenessProbe', 'readinessProbe', 'startupProbe']) {
    if (isObject(item[name])) defaulted[name] = probe(item[name])
  }
  if (isObject(item.lifecycle)) defaulted.lifecycle = lifecycle(item.lifecycle)
  return defaulted
}

function presentIn(item: unknown): unknown {
  return isObject(item) ? present(item) : item
}

function pullPolicyOf(image: string): string {
  const { tag = 'latest' } = parseImage(image)
  return tag === 'latest' && !image.includes('@') ? 'Always' : 'IfNotPresent'
}

function port(item: unknown): unknown {
  return isObject(item) ? { protocol: 'TCP', ...present(item) } : item
}

function variable(item: unknown): unknown {
  if (!isObject(item)) return item
  const defaulted = present(item)
  if (isObject(item.valueFrom)) defaulted.valueFrom = reference(item.valueFrom)
  return defaulted
}

/** Of a variable, or of a file in a volume of the downward API. */
function reference(item: JsonObject): JsonObject {
  const defaulted: StoredFields = { ...item }
  if (isObject(item.fieldRef)) defaulted.fieldRef = { apiVersion: 'v1', ...present(item.fieldRef) }
  if (isObject(item.resourceFieldRef)) defaulted.resourceFieldRef = { divisor: '0', ...present(item.resourceFieldRef) }
  return defaulted
}

function lifecycle(item: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(item).map(([name, handler]) => [name, isObject(handler) ? handlerOf(handler) : handler])
  )
}

function handlerOf(item: JsonObject): JsonObject {
  const defaulted: StoredFields = { ...item }
  if (isObject(item.httpGet)) defaulted.httpGet = { path: '/', scheme: 'HTTP', ...present(item.httpGet) }
  return defaulted
}

function probe(item: JsonObject): JsonObject {
  const defaulted: StoredFields = {
    timeoutSeconds: 1,
    periodSeconds: 10,
    successThreshold: 1,
    failureThreshold: 3,
    ...present(item)
  }
  if (isObject(item.grpc)) defaulted.grpc = { service: '', ...present(item.grpc) }
  return handlerOf(defaulted)
}

/** 0644, which JSON can only write in decimal. */
const FILE_MODE = 420

function volume(item: unknown): unknown {
  if (!isObject(item)) return item
  const defaulted = present(item)
  // One that says nothing of where it is.
  if (Object.keys(defaulted).every((key) => key === 'name')) defaulted.emptyDir = {}
  for (const source of ['configMap', 'secret', 'projected', 'downwardAPI']) {
    if (isObject(item[source])) defaulted[source] = { defaultMode: FILE_MODE, ...filesOf(item[source]) }
  }
  if (isObject(item.hostPath)) defaulted.hostPath = { type: '', ...present(item.hostPath) }
  if (isObject(item.nfs)) defaulted.nfs = present(item.nfs)
  return defaulted
}

/** What a volume is made of, and what is made of parts. */
function filesOf(source: JsonObject): StoredFields {
  const files = present(source)
  if (Array.isArray(source.items)) files.items = source.items.map((file) => (isObject(file) ? reference(file) : file))
  if (Array.isArray(source.sources)) files.sources = source.sources.map(part)
  return files
}

function part(item: unknown): unknown {
  if (!isObject(item)) return item
  const defaulted: StoredFields = { ...item }
  if (isObject(item.downwardAPI)) defaulted.downwardAPI = filesOf(item.downwardAPI)
  if (isObject(item.serviceAccountToken)) {
    defaulted.serviceAccountToken = { expirationSeconds: 3600, ...present(item.serviceAccountToken) }
  }
  return defaulted
}
