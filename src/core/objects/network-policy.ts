import { type JsonObject, listOf, objectOf, textsOf } from '../values/json.ts'
import { labelsOf, specOf } from './metadata.ts'
import { containersOf } from './pod.ts'
import { selects } from './selector.ts'

/** Whether a NetworkPolicy restricts what comes in to Pods of this template. */
export function restrictsIngress(policy: JsonObject, template: JsonObject): boolean {
  const { podSelector, policyTypes } = specOf(policy)
  // Ingress is what it is about where it says nothing else.
  const isAbout = policyTypes === undefined || textsOf(policyTypes).includes('Ingress')
  return isAbout && selects(podSelector, labelsOf(template))
}

/** Whether a NetworkPolicy lets anybody at all reach a port of these Pods. Policies add up: one that does is enough. */
export function admits(policy: JsonObject, template: JsonObject, port: number, protocol: 'TCP' | 'UDP'): boolean {
  return listOf(specOf(policy).ingress)
    .map(objectOf)
    .some(({ ports }) => {
      const items = listOf(ports)
      return items.length === 0 || items.some((item) => isPort(objectOf(item), template, port, protocol))
    })
}

function isPort(
  { port, endPort, protocol = 'TCP' }: JsonObject,
  template: JsonObject,
  wanted: number,
  of: string
): boolean {
  if (protocol !== of) return false
  if (port === undefined) return true
  if (typeof port === 'string')
    return namedPorts(template).some(({ name, number }) => name === port && number === wanted)
  return typeof port === 'number' && port <= wanted && wanted <= (typeof endPort === 'number' ? endPort : port)
}

function namedPorts(template: JsonObject): readonly { readonly name: unknown; readonly number: unknown }[] {
  return containersOf(template).flatMap(({ object }) =>
    listOf(object.ports).map((item) => {
      const { name, containerPort: number } = objectOf(item)
      return { name, number }
    })
  )
}
