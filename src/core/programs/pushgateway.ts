import { parseImage } from '../objects/image.ts'
import { type Container, exposes, imageOf, nameOfContainer } from '../objects/pod.ts'
import { programOf } from './arguments.ts'

/** Image names seen in charts and mirrors. Not by prefix: `pushgateway-cleaner` is another program. */
const IMAGE_NAMES = ['pushgateway', 'push-gateway', 'prometheus-pushgateway', 'prometheus-pushgateway-bitnami']
const CONTAINER_NAMES = ['pushgateway', 'prometheus-pushgateway']
const PORT = 9091

/**
 * Whether a container runs Pushgateway: by the name of its image, by the program that it starts, or by its own name
 * together with its port. Labels do not count (they are the Pod's, and a Pod has sidecars), nor does the port alone
 * (kube-rbac-proxy listens on 9091 too).
 */
export function isPushgateway(container: Container): boolean {
  if (IMAGE_NAMES.includes(parseImage(imageOf(container)).name)) return true
  if (programOf(container) === 'pushgateway') return true
  return CONTAINER_NAMES.includes(nameOfContainer(container)) && exposes(container, PORT)
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
