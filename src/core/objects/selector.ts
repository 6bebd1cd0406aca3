import { isObject, type JsonObject, listOf, objectOf, own, textOf, textsOf } from '../values/json.ts'

/**
 * Whether a LabelSelector (`matchLabels`, `matchExpressions`) selects an object with these labels. An empty one selects
 * everything, and one that is not there nothing: so it is for PodDisruptionBudgets in policy/v1 and for NetworkPolicies.
 * An expression that the API server would refuse selects nothing.
 */
export function selects(selector: unknown, labels: JsonObject): boolean {
  if (!isObject(selector)) return false
  return (
    hasLabels(labels, objectOf(selector.matchLabels)) &&
    listOf(selector.matchExpressions).every((expression) => holds(objectOf(expression), labels))
  )
}

/** Whether a Service's selector, which is a plain map, selects an object with these labels. An empty one selects nothing. */
export function selectsByMap(selector: unknown, labels: JsonObject): boolean {
  const wanted = objectOf(selector)
  return Object.keys(wanted).length > 0 && hasLabels(labels, wanted)
}

function hasLabels(labels: JsonObject, wanted: JsonObject): boolean {
  return Object.entries(wanted).every(([key, value]) => own(labels, key) === value)
}

function holds({ key, operator, values }: JsonObject, labels: JsonObject): boolean {
  const value = textOf(own(labels, textOf(key) ?? ''))
  if (operator === 'Exists') return value !== undefined
  if (operator === 'DoesNotExist') return value === undefined
  if (operator === 'In') return value !== undefined && textsOf(values).includes(value)
  // A label that is not there is not in any list.
  return operator === 'NotIn' && (value === undefined || !textsOf(values).includes(value))
}
