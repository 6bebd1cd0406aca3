import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { IMutatingWebhook } from 'kubernetes-models/admissionregistration.k8s.io/v1/MutatingWebhook'
import type { IValidatingWebhook } from 'kubernetes-models/admissionregistration.k8s.io/v1/ValidatingWebhook'
import { parseAllDocuments } from 'yaml'

export const root = fileURLToPath(new URL('../../manifests/', import.meta.url))
export const overlays = ['audit', 'cluster-wide', 'opt-in'] as const
export type Overlay = (typeof overlays)[number]

/** The part of every object that the tests read without knowing its kind. */
export interface Manifest {
  apiVersion: string
  kind: string
  metadata: {
    name: string
    namespace?: string
    labels?: Record<string, string>
    annotations?: Record<string, string>
  }
}

/** For the options of t.test: a reason to skip, or false. */
export const skip = spawnSync('kubectl', ['version', '--client']).error
  ? 'kubectl is not on the PATH, and nothing else renders the manifests'
  : false

/** What kustomize makes of a folder; relative to manifests/, or absolute. */
export function render(folder: string): readonly Manifest[] {
  const path = folder.startsWith('/') ? folder : `${root}${folder}`
  let manifests = rendered.get(path)
  if (manifests === undefined) {
    const text = execFileSync('kubectl', ['kustomize', path], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
    manifests = parse(text)
    rendered.set(path, manifests)
  }
  return manifests
}
const rendered = new Map<string, readonly Manifest[]>()

/** An overlay with components on top of it, as in a user's own kustomization. */
export function renderWith(overlay: Overlay, components: readonly string[]): readonly Manifest[] {
  const key = [overlay, ...components].join('+')
  const before = rendered.get(key)
  if (before !== undefined) return before
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'holdfast-render-')))
  const here = relative(folder, realpathSync(root))
  const kustomization = {
    apiVersion: 'kustomize.config.k8s.io/v1beta1',
    kind: 'Kustomization',
    resources: [`${here}/overlays/${overlay}`],
    components: components.map((name) => `${here}/components/${name}`)
  }
  try {
    writeFileSync(join(folder, 'kustomization.yaml'), JSON.stringify(kustomization))
    const manifests = render(folder)
    rendered.set(key, manifests)
    return manifests
  } finally {
    rmSync(folder, { recursive: true })
  }
}

export function parse(text: string): Manifest[] {
  return parseAllDocuments(text).map((document) => {
    if (document.errors.length > 0) throw document.errors[0]
    return document.toJS() as Manifest
  })
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
