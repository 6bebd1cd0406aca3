import { parseImage } from '../core/objects/image.ts'
import { WORKLOADS } from '../core/objects/workload.ts'
import { isObject, type JsonObject, listOf, objectOf, textOf } from '../core/values/json.ts'

/**
 * What kube-apiserver fills in before a webhook sees an object, as far as policies could tell: objects in files have none
 * of it, and those read from a cluster have it all, so that nothing would compare. From the defaulting functions of
 * Kubernetes 1.36, pkg/apis/core/v1 and pkg/apis/apps/v1; test/e2e compares with what a real API server stores.
 */

type Fields = Record<string, unknown>

/** The object with its defaults; the object itself where its kind has none that matter. */
export function withDefaults(object: JsonObject): JsonObject {
  const spec = objectOf(object.spec)
  const named = isObject(object.metadata) ? { ...object, metadata: withTexts(object.metadata) } : object
  if (object.kind === 'Pod') return { ...named, spec: podSpec(spec) }
  if (!WORKLOADS.some(({ kind }) => kind === object.kind)) return object
  const defaulted: Fields = { ...(object.kind === 'StatefulSet' && STATEFUL_SET), ...present(spec) }
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

/**
 * What a claim template has room for in its metadata, its spec and its status, in Kubernetes 1.31 to 1.36. Any other field
 * is dropped before the API server compares templates.
 */
const METADATA_FIELDS = fieldsIn(`annotations creationTimestamp deletionGracePeriodSeconds deletionTimestamp finalizers
  generateName generation labels managedFields name namespace ownerReferences resourceVersion selfLink uid`)
const CLAIM_FIELDS = fieldsIn(`accessModes dataSource dataSourceRef resources selector storageClassName
  volumeAttributesClassName volumeMode volumeName`)
const CLAIM_STATUS_FIELDS = fieldsIn(`accessModes allocatedResourceStatuses allocatedResources capacity conditions
  currentVolumeAttributesClassName modifyVolumeStatus phase`)

function fieldsIn(text: string): ReadonlySet<string> {
  return new Set(text.split(/\s+/))
}

function claimTemplate(template: unknown): unknown {
  if (!isObject(template)) return template
  const status: Fields = { phase: 'Pending', ...stored(template.status, CLAIM_STATUS_FIELDS) }
  if (isObject(status.modifyVolumeStatus)) status.modifyVolumeStatus = present(status.modifyVolumeStatus)
  return { ...template, metadata: claimMetadata(template.metadata), spec: claimSpec(template.spec), status }
}

function claimMetadata(metadata: unknown): Fields {
  const defaulted = withTexts(stored(metadata, METADATA_FIELDS))
  for (const name of ['creationTimestamp', 'deletionTimestamp']) {
    if (name in defaulted) defaulted[name] = inUtc(defaulted[name])
  }
  return defaulted
}

function claimSpec(spec: unknown): Fields {
  const defaulted: Fields = { volumeMode: 'Filesystem', ...stored(spec, CLAIM_FIELDS) }
  if ('resources' in defaulted) defaulted.resources = resources(defaulted.resources)
  if (isObject(defaulted.selector)) defaulted.selector = withTexts(defaulted.selector)
  if (isObject(defaulted.dataSourceRef)) defaulted.dataSourceRef = source(defaulted.dataSourceRef)
  if (isObject(defaulted.dataSource)) {
    const { namespace: _, ...reference } = source(defaulted.dataSource)
    defaulted.dataSource = reference
  }
  return defaulted
}

/** Two fields are stored even where they say nothing, so that an empty reference is not the same as none. */
function source(reference: JsonObject): Fields {
  return { kind: '', name: '', ...withoutNulls(reference) }
}

/** A time as the API server writes it, to the second. */
function inUtc(time: unknown): unknown {
  const milliseconds = typeof time === 'string' ? Date.parse(time) : Number.NaN
  return Number.isNaN(milliseconds) ? time : `${new Date(milliseconds).toISOString().slice(0, 19)}Z`
}

/** The fields that are stored of a map, of which some are no fields at all. */
function stored(map: unknown, fields: ReadonlySet<string>): Fields {
  const given = present(objectOf(map))
  for (const name in given) if (!fields.has(name)) delete given[name]
  return given
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
  const defaulted: Fields = {
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
  const defaulted: Fields = {
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
  const defaulted: Fields = { ...item }
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
  const defaulted: Fields = { ...item }
  if (isObject(item.httpGet)) defaulted.httpGet = { path: '/', scheme: 'HTTP', ...present(item.httpGet) }
  return defaulted
}

function probe(item: JsonObject): JsonObject {
  const defaulted: Fields = {
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
function filesOf(source: JsonObject): Fields {
  const files = present(source)
  if (Array.isArray(source.items)) files.items = source.items.map((file) => (isObject(file) ? reference(file) : file))
  if (Array.isArray(source.sources)) files.sources = source.sources.map(part)
  return files
}

function part(item: unknown): unknown {
  if (!isObject(item)) return item
  const defaulted: Fields = { ...item }
  if (isObject(item.downwardAPI)) defaulted.downwardAPI = filesOf(item.downwardAPI)
  if (isObject(item.serviceAccountToken)) {
    defaulted.serviceAccountToken = { expirationSeconds: 3600, ...present(item.serviceAccountToken) }
  }
  return defaulted
}

/** Fields of which the API server stores nothing where they say `""`, 0 or false: no pointers, and `omitempty`. */
const OMITTED_WHEN_EMPTY = new Set(
  `hostNetwork hostPID hostIPC hostname subdomain nodeName priorityClassName serviceAccountName serviceAccount restartPolicy
  dnsPolicy schedulerName tty stdin stdinOnce workingDir readOnly subPath subPathExpr name hostPort hostIP protocol value
  initialDelaySeconds timeoutSeconds periodSeconds successThreshold failureThreshold imagePullPolicy scheme path operator
  terminationMessagePath terminationMessagePolicy podManagementPolicy type namespace uid resourceVersion generation
  generateName selfLink volumeName phase targetVolumeAttributesClassName`.split(/\s+/)
)

/** A field that says null is a field that says nothing, and so are some that say "" or 0: the API server fills them in. */
function present(map: JsonObject): Fields {
  const isEmpty = (key: string, value: unknown): boolean =>
    value === null || (OMITTED_WHEN_EMPTY.has(key) && (value === '' || value === 0 || value === false))
  // Most maps have none of it, and a copy is made in a fraction of the time.
  for (const key in map) {
    if (isEmpty(key, map[key]))
      return Object.fromEntries(Object.entries(map).filter(([key, value]) => !isEmpty(key, value)))
  }
  return { ...map }
}

function withoutNulls(map: JsonObject): Fields {
  return Object.fromEntries(Object.entries(map).filter(([, value]) => value !== null))
}

/** A map of texts, such as labels: null is an empty one. Of quantities it is none at all. */
function withoutNull(map: unknown, empty = ''): unknown {
  if (!isObject(map)) return map
  const values = Object.values(map)
  if (!values.includes(null) && !values.includes(undefined)) return map
  return Object.fromEntries(Object.entries(map).map(([key, value]) => [key, value ?? empty]))
}

const MAPS_OF_TEXTS = ['labels', 'annotations', 'matchLabels', 'nodeSelector']

/** The maps of texts in an object's metadata, selector or Pod. */
function withTexts(fields: JsonObject): Fields {
  const defaulted: Fields = { ...fields }
  for (const name of MAPS_OF_TEXTS) if (isObject(fields[name])) defaulted[name] = withoutNull(fields[name])
  return defaulted
}

function resources(item: unknown): unknown {
  if (!isObject(item)) return {}
  const defaulted: Fields = present(item)
  for (const name of ['limits', 'requests']) if (name in defaulted) defaulted[name] = withoutNull(defaulted[name], '0')
  return defaulted
}
