import { parseImage } from '../objects/image.ts'
import type { Container } from '../objects/pod.ts'
import { hasImageOf, hasNameAndPortOf, type Program, startsCommandOf } from './program.ts'
import { EVICTED, type Role } from './role.ts'

/** The image names were seen in charts and mirrors; `pushgateway-cleaner` is another program. */
export const PUSHGATEWAY: Program = {
  name: 'Pushgateway',
  images: ['pushgateway', 'push-gateway', 'prometheus-pushgateway', 'prometheus-pushgateway-bitnami'],
  commands: ['pushgateway'],
  containers: { names: ['pushgateway', 'prometheus-pushgateway'], port: 9091 }
}

/**
 * Whether a container runs Pushgateway: by the name of its image, by the program that it starts, or by its own name
 * together with its port. Labels do not count (they are the Pod's, and a Pod has sidecars), nor does the port alone
 * (kube-rbac-proxy listens on 9091 too).
 */
export function isPushgateway(container: Container): boolean {
  return (
    hasImageOf(PUSHGATEWAY, container) ||
    startsCommandOf(PUSHGATEWAY, container) ||
    hasNameAndPortOf(PUSHGATEWAY, container)
  )
}

const PUSHGATEWAY_SERVER: Role = {
  name: 'Pushgateway',
  onRequest: 'pushgateway',
  isReplicated: false,
  without: {
    cpuRequest: 'on a busy node pushes time out',
    memoryRequest: EVICTED,
    memoryLimit: 'jobs that push under ever new names can exhaust the memory of the node'
  },
  chart: { name: 'the prometheus-pushgateway chart', resources: 'resources' },
  dataPathIn: () => undefined
}

/** What Pushgateway does in a container that runs it; undefined for any other container. */
export function pushgatewayIn(container: Container): Role | undefined {
  return isPushgateway(container) ? PUSHGATEWAY_SERVER : undefined
}

const BUSYBOX_OR_DEBIAN = /(?:^|\/)(?:prom|prometheus|bitnami|bitnamilegacy)\/pushgateway$/

/**
 * Whether the image is known to contain /bin/sleep. The project's own images are built on busybox and bitnami's on
 * Debian; a tag that says distroless has neither, and a bare digest says nothing.
 */
export function hasSleepBinary(reference: string): boolean {
  const { repository, tag } = parseImage(reference)
  return BUSYBOX_OR_DEBIAN.test(repository) && tag !== undefined && !tag.includes('distroless')
}
