import { isObject, type JsonObject, listOf, objectOf, textOf } from '../values/json.ts'
import { specOf } from './metadata.ts'
import type { Container } from './pod.ts'
import type { Workload } from './workload.ts'

/** A volume as a container sees it at some path. */
export interface Mount {
  readonly name: string
  readonly mountPath: string
  readonly readOnly: boolean
  /** Expanded for each Pod, such as `$(POD_NAME)`: each replica then has a directory of its own. */
  readonly subPathExpr: string | undefined
}

/** Where the bytes of a volume are. */
export type Volume =
  | { readonly kind: 'claim'; readonly claimName: string; readonly readOnly: boolean; readonly index: number }
  | { readonly kind: 'template'; readonly template: JsonObject; readonly index: number }
  | { readonly kind: 'emptyDir' }
  | { readonly kind: 'other' }

/** The mount that a path lies in: the deepest one, as the kernel sees it. Undefined for the container's own files. */
export function mountCovering(container: Container, path: string): Mount | undefined {
  let deepest: Mount | undefined
  for (const item of listOf(container.object.volumeMounts)) {
    const mount = mountOf(item)
    if (mount === undefined || !covers(mount.mountPath, path)) continue
    if (deepest === undefined || mount.mountPath.length >= deepest.mountPath.length) deepest = mount
  }
  return deepest
}

/** All mounts of a container. */
export function mountsOf(container: Container): readonly Mount[] {
  return listOf(container.object.volumeMounts).flatMap((item) => mountOf(item) ?? [])
}

function mountOf(item: unknown): Mount | undefined {
  const { name, mountPath, readOnly, subPathExpr } = objectOf(item)
  if (typeof name !== 'string' || typeof mountPath !== 'string') return undefined
  return { name, mountPath: normal(mountPath), readOnly: readOnly === true, subPathExpr: textOf(subPathExpr) }
}

/** What a volume's name stands for. A claim template of that name wins over a volume of the Pod, as in the controller. */
export function volumeNamed({ kind, spec, template }: Workload, name: string): Volume | undefined {
  const templates = kind === 'StatefulSet' ? listOf(spec.volumeClaimTemplates).map(objectOf) : []
  const index = templates.findIndex((candidate) => objectOf(candidate.metadata).name === name)
  if (index >= 0) return { kind: 'template', template: objectOf(templates[index]), index }
  const volumes = listOf(specOf(template).volumes).map(objectOf)
  const at = volumes.findIndex((candidate) => candidate.name === name)
  return at < 0 ? undefined : volumeOf(objectOf(volumes[at]), at)
}

function volumeOf(volume: JsonObject, index: number): Volume {
  const claim = volume.persistentVolumeClaim
  if (isObject(claim)) {
    return { kind: 'claim', claimName: textOf(claim.claimName) ?? '', readOnly: claim.readOnly === true, index }
  }
  return isObject(volume.emptyDir) ? { kind: 'emptyDir' } : { kind: 'other' }
}

/** Whether a path is a directory or lies below it: `/data` covers `/data/x`, and not `/database`. */
export function covers(directory: string, path: string): boolean {
  const [above, below] = [normal(directory), normal(path)]
  return above === '/' || below === above || below.startsWith(`${above}/`)
}

/** An absolute path without `.`, `..`, double and trailing slashes. */
export function normal(path: string): string {
  const steps: string[] = []
  for (const step of path.split('/')) {
    if (step === '..') steps.pop()
    else if (step !== '' && step !== '.') steps.push(step)
  }
  return `/${steps.join('/')}`
}

/** A path as a program finds it that was started in `directory`. */
export function resolve(directory: string, path: string): string {
  return normal(path.startsWith('/') ? path : `${directory}/${path}`)
}
