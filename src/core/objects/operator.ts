import { type JsonObject, own } from '../values/json.ts'
import { OPERATOR_RESOURCES } from './kinds.ts'
import { controllerOf, labelsOf } from './metadata.ts'

/**
 * Whether prometheus-operator manages the object. It recreates its StatefulSets by itself, and recognises the moment
 * by the API server's own refusal: nobody may answer in the API server's place.
 */
export function isOwnedByPrometheusOperator(object: JsonObject): boolean {
  const labels = labelsOf(object)
  if (own(labels, 'app.kubernetes.io/managed-by') === 'prometheus-operator') return true
  if (own(labels, 'managed-by') === 'prometheus-operator') return true
  if (own(labels, 'operator.prometheus.io/name') !== undefined) return true
  const owner = controllerOf(object)
  return OPERATOR_RESOURCES.some(({ group, kind }) => group === owner?.group && kind === owner.kind)
}
