import type { JsonObject } from '../src/core/values/json.ts'
import { claimTemplate, container, pod, pushgateway, statefulSet } from '../test/fixtures/objects.ts'
import { podCreation } from '../test/fixtures/reviews.ts'

/** A review of a Pushgateway Pod that gets a patch, filled up with environment variables to about `bytes`. */
export function podReview(bytes: number): JsonObject {
  return podCreation(filledPod(bytes, pushgateway()))
}

/** A review of the same size that nobody has anything to say about. */
export function unrelatedReview(bytes: number): JsonObject {
  return podCreation(filledPod(bytes, container('nginx', 'docker.io/library/nginx:1.29')))
}

function filledPod(bytes: number, main: JsonObject): JsonObject {
  const bare = JSON.stringify(podCreation(pod())).length
  const sidecar = { name: 'proxy', image: 'registry.example:5000/team/proxy:2.1', env: variables(bytes - bare - 100) }
  const parts = { labels: { 'app.kubernetes.io/name': 'prometheus-pushgateway' } }
  return pod({ ...parts, containers: [sidecar, main] })
}

/** A StatefulSet of about `bytes`, most of them in its Pod template, whose claim template changes a label. */
export function filledStatefulSet(bytes: number, chart: string): JsonObject {
  const set = statefulSet({ templates: [claimTemplate({ labels: { 'helm.sh/chart': chart } })] })
  const spec = set.spec as JsonObject
  const containers = [pushgateway({ env: variables(bytes) })]
  return { ...set, spec: { ...spec, template: { metadata: {}, spec: { containers } } } }
}

function variables(bytes: number): JsonObject[] {
  const variable = { name: 'SETTING_0000', value: 'a value of ordinary length, such as a URL or a name' }
  const count = Math.max(0, Math.floor(bytes / (JSON.stringify(variable).length + 1)))
  return Array.from({ length: count }, (_, index) => ({
    ...variable,
    name: `SETTING_${String(index).padStart(4, '0')}`
  }))
}
