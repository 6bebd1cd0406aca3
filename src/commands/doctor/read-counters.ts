import { nameOfObject } from '../../core/objects/metadata.ts'
import { containersOf } from '../../core/objects/pod.ts'
import { type JsonObject, listOf, objectOf } from '../../core/values/json.ts'
import type { Counters, Known, Replica } from '../../doctor/evidence.ts'
import type { Probe } from '../../kubernetes/probe.ts'
import { known } from './readers.ts'

const HEALTH_PORT = 8080

/** Of each replica through the API server's proxy, and of the API server itself. */
export async function readCounters(
  probe: Probe,
  namespace: string,
  pods: Known<readonly JsonObject[]>
): Promise<Counters> {
  const apiServer = await known(() => probe.text('/metrics'))
  if (!('value' in pods)) return { replicas: pods, apiServer }
  const replicas = await Promise.all(
    pods.value.map(async (pod): Promise<Replica> => {
      const name = nameOfObject(pod)
      const path = `/api/v1/namespaces/${namespace}/pods/${name}:${healthPortOf(pod)}/proxy/metrics`
      return { pod: name, metrics: await known(() => probe.proxied(path)) }
    })
  )
  return { replicas: { value: replicas }, apiServer }
}

function healthPortOf(pod: JsonObject): number {
  const ports = containersOf(pod).flatMap(({ object }) => listOf(object.ports).map(objectOf))
  const found = ports.find(({ name }) => name === 'health')?.containerPort
  return typeof found === 'number' ? found : HEALTH_PORT
}
