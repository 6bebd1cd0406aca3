import { variables } from '../../../bench/reviews.ts'
import type { JsonObject } from '../../../src/core/values/json.ts'
import { claimTemplate, container, pod, pushgateway, statefulSet } from '../../fixtures/objects.ts'
import { podCreation } from '../../fixtures/reviews.ts'

// Filled up with environment variables alone: they are so long that a review of nearly 10 MB has fewer members than the
// server takes.

/** A review of about `bytes` of a Pushgateway Pod, which gets a patch. */
export function patchedReview(bytes: number): JsonObject {
  return podCreation(filledPod(bytes, pushgateway()))
}

/** A review of the same size that no policy applies to. */
export function unrelatedReview(bytes: number): JsonObject {
  return podCreation(filledPod(bytes, container('nginx', 'docker.io/library/nginx:1.29')))
}

function filledPod(bytes: number, main: JsonObject): JsonObject {
  const bare = JSON.stringify(podCreation(pod())).length
  const sidecar = { name: 'proxy', image: 'registry.example:5000/team/proxy:2.1', env: variables(bytes - bare - 100) }
  const parts = { labels: { 'app.kubernetes.io/name': 'prometheus-pushgateway' } }
  return pod({ ...parts, containers: [sidecar, main] })
}

/** A StatefulSet of the chart, filled up to about `bytes`. */
export function filledStatefulSet(bytes: number, chart: string): JsonObject {
  const set = statefulSet({ templates: [claimTemplate({ labels: { 'helm.sh/chart': chart } })] })
  const spec = set.spec as JsonObject
  const containers = [pushgateway({ env: variables(bytes) })]
  return { ...set, spec: { ...spec, template: { metadata: {}, spec: { containers } } } }
}
