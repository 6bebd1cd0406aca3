import { isObject, type JsonObject } from '../core/values/json.ts'

/** What the API server stores of the fields that somebody wrote, whatever kind of object they are of. */

export type StoredFields = Record<string, unknown>

/** StoredFields of which the API server stores nothing where they say `""`, 0 or false: no pointers, and `omitempty`. */
const OMITTED_WHEN_EMPTY = new Set(
  `hostNetwork hostPID hostIPC hostname subdomain nodeName priorityClassName serviceAccountName serviceAccount restartPolicy
  dnsPolicy schedulerName tty stdin stdinOnce workingDir readOnly subPath subPathExpr name hostPort hostIP protocol value
  initialDelaySeconds timeoutSeconds periodSeconds successThreshold failureThreshold imagePullPolicy scheme path operator
  terminationMessagePath terminationMessagePolicy podManagementPolicy type namespace uid resourceVersion generation
  generateName selfLink volumeName phase targetVolumeAttributesClassName`.split(/\s+/)
)

/** A field that says null is a field that says nothing, and so are some that say "" or 0: the API server fills them in. */
export function present(map: JsonObject): StoredFields {
  const isEmpty = (key: string, value: unknown): boolean =>
    value === null || (OMITTED_WHEN_EMPTY.has(key) && (value === '' || value === 0 || value === false))
  // Most maps have none of it, and a copy is made in a fraction of the time.
  for (const key in map) {
    if (isEmpty(key, map[key]))
      return Object.fromEntries(Object.entries(map).filter(([key, value]) => !isEmpty(key, value)))
  }
  return { ...map }
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
export function withTexts(fields: JsonObject): StoredFields {
  const defaulted: StoredFields = { ...fields }
  for (const name of MAPS_OF_TEXTS) if (isObject(fields[name])) defaulted[name] = withoutNull(fields[name])
  return defaulted
}

export function resources(item: unknown): unknown {
  if (!isObject(item)) return {}
  const defaulted: StoredFields = present(item)
  for (const name of ['limits', 'requests']) if (name in defaulted) defaulted[name] = withoutNull(defaulted[name], '0')
  return defaulted
}
