import { type JsonObject, listOf, objectOf, textOf } from '../values/json.ts'
import { specOf } from './metadata.ts'
import { containersOf } from './pod.ts'
import { selectsByMap } from './selector.ts'

/** Labels that only one Pod of a StatefulSet has. */
const OF_ONE_POD = ['statefulset.kubernetes.io/pod-name', 'apps.kubernetes.io/pod-index']

/** Whether a Service's selector fits these labels, whichever Pod of a StatefulSet it may pick. */
export function serviceSelects(service: JsonObject, labels: JsonObject): boolean {
  const selector = Object.entries(objectOf(specOf(service).selector)).filter(([key]) => !OF_ONE_POD.includes(key))
  return selectsByMap(Object.fromEntries(selector), labels)
}

/** What a Service's selector says of the one Pod that it picks; undefined where it picks all that have its labels. */
export function pickedPod(service: JsonObject): string | undefined {
  const selector = objectOf(specOf(service).selector)
  return OF_ONE_POD.map((key) => textOf(selector[key])).find((pod) => pod !== undefined)
}

export function isHeadless(service: JsonObject): boolean {
  return specOf(service).clusterIP === 'None'
}

/** Whether connections to it are spread over the Pods that it selects, each by itself. */
export function isBalanced(service: JsonObject): boolean {
  const { type, sessionAffinity } = specOf(service)
  return type !== 'ExternalName' && !isHeadless(service) && sessionAffinity !== 'ClientIP'
}

/** A port of Pods, by its number and its names. */
export interface PodPort {
  readonly number: number
  readonly names: readonly string[]
}

/** A port of the Pods that a template describes, with the names that containers have for it. */
export function podPort(template: JsonObject, number: number): PodPort {
  const ports = containersOf(template).flatMap(({ object }) => listOf(object.ports).map(objectOf))
  const names = ports.flatMap(({ name, containerPort }) => (containerPort === number ? (textOf(name) ?? []) : []))
  return { number, names }
}

/** Whether one of a Service's ports leads to this port of its Pods. */
export function leadsTo(service: JsonObject, { number, names }: PodPort): boolean {
  return listOf(specOf(service).ports).some((item) => {
    const { port, targetPort = port, protocol = 'TCP' } = objectOf(item)
    if (protocol !== 'TCP') return false
    return typeof targetPort === 'string' ? names.includes(targetPort) : targetPort === number
  })
}
