import { isObject, type JsonObject, objectOf } from '../core/values/json.ts'
import { present, resources, type StoredFields, withTexts } from './stored.ts'

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

export function claimTemplate(template: unknown): unknown {
  if (!isObject(template)) return template
  const status: StoredFields = { phase: 'Pending', ...stored(template.status, CLAIM_STATUS_FIELDS) }
  if (isObject(status.modifyVolumeStatus)) status.modifyVolumeStatus = present(status.modifyVolumeStatus)
  return { ...template, metadata: claimMetadata(template.metadata), spec: claimSpec(template.spec), status }
}

function claimMetadata(metadata: unknown): StoredFields {
  const defaulted = withTexts(stored(metadata, METADATA_FIELDS))
  for (const name of ['creationTimestamp', 'deletionTimestamp']) {
    if (name in defaulted) defaulted[name] = inUtc(defaulted[name])
  }
  return defaulted
}

function claimSpec(spec: unknown): StoredFields {
  const defaulted: StoredFields = { volumeMode: 'Filesystem', ...stored(spec, CLAIM_FIELDS) }
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
function source(reference: JsonObject): StoredFields {
  return { kind: '', name: '', ...withoutNulls(reference) }
}

/** A time as the API server writes it, to the second. */
function inUtc(time: unknown): unknown {
  const milliseconds = typeof time === 'string' ? Date.parse(time) : Number.NaN
  return Number.isNaN(milliseconds) ? time : `${new Date(milliseconds).toISOString().slice(0, 19)}Z`
}

/** The fields that are stored of a map, of which some are no fields at all. */
function stored(map: unknown, fields: ReadonlySet<string>): StoredFields {
  const given = present(objectOf(map))
  for (const name in given) if (!fields.has(name)) delete given[name]
  return given
}

function withoutNulls(map: JsonObject): StoredFields {
  return Object.fromEntries(Object.entries(map).filter(([, value]) => value !== null))
}
