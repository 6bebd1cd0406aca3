// What people apply: the prometheus-pushgateway chart's StatefulSet, version by version, written as a chart writes it.

import type { V1Container, V1ObjectMeta, V1Pod } from '@kubernetes/client-node'
import { chartStatefulSet } from '../../fixtures/pushgateway-chart.ts'

export const NAME = 'pgw-prometheus-pushgateway'

type Labels = Record<string, string>

export interface ReleaseParts {
  metadata?: Pick<V1ObjectMeta, 'annotations' | 'labels' | 'ownerReferences'> | undefined
  /** Replaces fields of the spec. */
  spec?: Record<string, unknown>
  /** Replaces the containers. */
  containers?: V1Container[]
  /** Replaces fields of the claim template's spec. */
  claim?: Record<string, unknown>
  /** The status of the claim template, which no chart writes. */
  claimStatus?: Record<string, unknown>
}

/** What is read of the fixture, which is plain JSON. */
interface Rendered {
  metadata: { labels: Labels }
  spec: {
    serviceName: string
    selector: { matchLabels: Labels }
    template: { metadata: { labels: Labels }; spec: { containers: [{ image: string }] } }
    volumeClaimTemplates: [{ metadata: { name: string; labels?: Labels } }]
  }
}

/** The StatefulSet of one version of the chart. What the API server fills in by itself is left out, as in a chart. */
export function release(version: string, namespace: string, parts: ReleaseParts = {}) {
  const { metadata, spec, containers, claim, claimStatus } = parts
  const chart = chartStatefulSet(version) as unknown as Rendered
  const { serviceName, selector, template, volumeClaimTemplates } = chart.spec
  const [container] = template.spec.containers
  const [volume] = volumeClaimTemplates
  const labels = { ...chart.metadata.labels, ...metadata?.labels }
  return {
    apiVersion: 'apps/v1',
    kind: 'StatefulSet',
    metadata: { ...metadata, name: NAME, namespace, labels },
    spec: {
      replicas: 1,
      serviceName,
      selector,
      template: {
        metadata: { labels: template.metadata.labels },
        spec: { containers: containers ?? [gatewayWithFile(container.image)] }
      },
      volumeClaimTemplates: [
        {
          metadata: volume.metadata,
          spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '2Gi' } }, ...claim },
          ...(claimStatus && { status: claimStatus })
        }
      ],
      ...spec
    }
  }
}

export type Release = ReturnType<typeof release>

export function imageOf(version: string): string {
  return release(version, '').spec.template.spec.containers[0]?.image as string
}

export function claimLabelsOf(version: string): Labels | undefined {
  return release(version, '').spec.volumeClaimTemplates[0]?.metadata.labels
}

/** The change from one version to the other, for `kubectl patch --type=json`. */
export function jsonPatch(to: string): string {
  const labels = Object.entries(claimLabelsOf(to) ?? {}).map(([key, value]) => ({
    op: 'replace',
    path: `/spec/volumeClaimTemplates/0/metadata/labels/${key.replaceAll('/', '~1')}`,
    value
  }))
  const image = { op: 'replace', path: '/spec/template/spec/containers/0/image', value: imageOf(to) }
  return JSON.stringify([...labels, image])
}

/** A container of Pushgateway. */
export function gateway(parts: Partial<V1Container> = {}): V1Container {
  return {
    name: 'pushgateway',
    image: 'quay.io/prometheus/pushgateway:v1.11.3',
    ports: [{ name: 'metrics', containerPort: 9091 }],
    ...parts
  }
}

/** The container of a release: it keeps its metrics in a file on the claim, or there would be more to say about it. */
export function gatewayWithFile(image: string, volume = 'storage-volume'): V1Container {
  const volumeMounts = [{ name: volume, mountPath: '/data' }]
  return gateway({ image, args: ['--persistence.file=/data/pushgateway.data'], volumeMounts })
}

export function nginx(parts: Partial<V1Container> = {}): V1Container {
  return { name: 'nginx', image: 'docker.io/library/nginx:1.29', ...parts }
}

/** A Pod that stands alone. No service account: nothing has to be there before it. */
export function podOf(
  namespace: string,
  name: string,
  containers: V1Container[],
  { metadata = {}, spec = {} }: { metadata?: Partial<V1ObjectMeta>; spec?: Record<string, unknown> } = {}
) {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { ...metadata, name, namespace },
    spec: { containers, ...spec }
  }
}

/** What a test looks at in a Pod: the hooks by container, and the grace period. */
export function stopOf(pod: V1Pod): { grace: number | undefined; preStop: Record<string, unknown> } {
  const hooks = pod.spec?.containers.map(({ name, lifecycle }) => [name, lifecycle?.preStop ?? null]) ?? []
  return { grace: pod.spec?.terminationGracePeriodSeconds, preStop: Object.fromEntries(hooks) }
}

/** Several objects as one document, which kubectl takes in one go. */
export function listOf(items: readonly object[]): string {
  return JSON.stringify({ apiVersion: 'v1', kind: 'List', items })
}
