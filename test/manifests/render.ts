import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { IMutatingWebhook } from 'kubernetes-models/admissionregistration.k8s.io/v1/MutatingWebhook'
import type { IValidatingWebhook } from 'kubernetes-models/admissionregistration.k8s.io/v1/ValidatingWebhook'
import { type KubernetesObject, kustomized, OVERLAYS, type Overlay, parsed, rendered } from '../../scripts/kustomize.ts'

export const root = fileURLToPath(new URL('../../manifests/', import.meta.url))
export const overlays = OVERLAYS

export type { Overlay }
export { parsed as parse }
export type Manifest = KubernetesObject

/** For the options of t.test: a reason to skip, or false. */
export const skip = spawnSync('kubectl', ['version', '--client']).error
  ? 'kubectl is not on the PATH, and nothing else renders the manifests'
  : false

/** What kustomize makes of a folder; relative to manifests/, or absolute. */
export function render(folder: string): readonly Manifest[] {
  const path = folder.startsWith('/') ? folder : `${root}${folder}`
  return once(path, () => rendered(path))
}

/** An overlay with components on top of it, as in a user's own kustomization. */
export function renderWith(overlay: Overlay, components: readonly string[]): readonly Manifest[] {
  return once([overlay, ...components].join('+'), () => kustomized(overlay, components))
}

const before = new Map<string, readonly Manifest[]>()

function once(key: string, make: () => readonly Manifest[]): readonly Manifest[] {
  const manifests = before.get(key) ?? make()
  before.set(key, manifests)
  return manifests
}

/** The one object of a kind (and name); it is an error if there is none, or a second. */
export function only<T extends object>(manifests: readonly Manifest[], kind: string, name?: string): T & Manifest {
  const found = manifests.filter((it) => it.kind === kind && (name === undefined || it.metadata.name === name))
  if (found.length !== 1) throw new Error(`expected one ${kind} ${name ?? ''}, found ${found.length}`)
  return found[0] as T & Manifest
}

/** A webhook entry of either kind. reinvocationPolicy is there in the mutating phase only. */
export type Entry = (IMutatingWebhook | IValidatingWebhook) & { phase: 'mutate' | 'validate' }

export function entriesOf(manifests: readonly Manifest[]): Entry[] {
  type Configuration = { webhooks: (IMutatingWebhook | IValidatingWebhook)[] }
  const phases = { mutate: 'MutatingWebhookConfiguration', validate: 'ValidatingWebhookConfiguration' } as const
  return (['mutate', 'validate'] as const).flatMap((phase) =>
    only<Configuration>(manifests, phases[phase]).webhooks.map((entry) => ({ ...entry, phase }))
  )
}
