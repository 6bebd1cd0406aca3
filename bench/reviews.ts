import type { JsonObject } from '../src/core/values/json.ts'
import { claimTemplate, container, pod, pushgateway, statefulSet } from '../test/fixtures/objects.ts'
import { podCreation, statefulSetUpdate } from '../test/fixtures/reviews.ts'

/** A review of a Pushgateway Pod that gets a patch, filled up with environment variables to about `bytes`. */
export function podReview(bytes: number): JsonObject {
  return podCreation(filledPod(bytes, pushgateway()))
}

/** A review of the same size that nobody has anything to say about. */
export function unrelatedReview(bytes: number): JsonObject {
  return podCreation(filledPod(bytes, container('nginx', 'docker.io/library/nginx:1.29')))
}

/** A review of the same size that is denied: the update of a StatefulSet whose PVC gets larger. */
export function deniedReview(bytes: number): JsonObject {
  const set = (size: string) => {
    const object = statefulSet({ templates: [claimTemplate({ size })] })
    const spec = object.spec as JsonObject
    const containers = [pushgateway({ env: variables((bytes - 3500) * 0.28) })]
    const filled = { ...object, spec: { ...spec, template: { metadata: {}, spec: { containers } } } }
    return withManagedFields(filled)
  }
  return statefulSetUpdate(set('2Gi'), set('4Gi'))
}

/** A Pod of a Deployment with a sidecar, as the API server sends it: a third of the text is `managedFields`. */
export function filledPod(bytes: number, main: JsonObject): JsonObject {
  const sidecar = (env: readonly JsonObject[]) => container('proxy', 'registry.example:5000/team/proxy:2.1', { env })
  const parts = { labels: { 'app.kubernetes.io/name': 'prometheus-pushgateway' } }
  const of = (env: readonly JsonObject[]) => withManagedFields(pod({ ...parts, containers: [sidecar(env), main] }))
  const bare = JSON.stringify(podCreation(of([]))).length
  return of(variables((bytes - bare) * 0.56))
}

/** With an entry for what a client has set, which is every field. */
export function withManagedFields(object: JsonObject): JsonObject {
  const { metadata, spec } = object
  const entry = {
    manager: 'kube-controller-manager',
    operation: 'Update',
    apiVersion: object.apiVersion as string,
    time: '2026-11-20T23:51:43Z',
    fieldsType: 'FieldsV1',
    fieldsV1: { 'f:metadata': fieldsOf((metadata as JsonObject).labels ?? {}), 'f:spec': fieldsOf(spec) }
  }
  return { ...object, metadata: { ...(metadata as JsonObject), managedFields: [entry] } }
}

/** The names of all fields as `managedFields` has them; of lists only those whose items have names. */
function fieldsOf(value: unknown): JsonObject {
  if (Array.isArray(value)) {
    const named = value.filter((item) => item?.name !== undefined)
    return Object.fromEntries(
      named.map((item) => [`k:${JSON.stringify({ name: item.name })}`, { '.': {}, ...fieldsOf(item) }])
    )
  }
  if (typeof value !== 'object' || value === null) return {}
  return Object.fromEntries(Object.entries(value).map(([key, field]) => [`f:${key}`, fieldsOf(field)]))
}

/** Environment variables of about `bytes` together. */
export function variables(bytes: number): JsonObject[] {
  const variable = { name: 'SETTING_0000', value: 'a value of ordinary length, such as a URL or a name' }
  const count = Math.max(0, Math.floor(bytes / (JSON.stringify(variable).length + 1)))
  return Array.from({ length: count }, (_, index) => ({
    ...variable,
    name: `SETTING_${String(index).padStart(4, '0')}`
  }))
}
