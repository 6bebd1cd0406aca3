// What kubectl's kustomize makes of the folders of manifests/.

import { spawnSync } from 'node:child_process'
import { mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { parseAllDocuments } from 'yaml'

const MANIFESTS = join(import.meta.dirname, '../manifests')

export const OVERLAYS = ['audit', 'opt-in', 'cluster-wide'] as const
export type Overlay = (typeof OVERLAYS)[number]

/** The part of every object that is read without knowing its kind. */
export interface KubernetesObject {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: {
    readonly name: string
    readonly namespace?: string
    readonly labels?: Readonly<Record<string, string>>
    readonly annotations?: Readonly<Record<string, string>>
  }
}

/**
 * The objects of an overlay with components on top of it, as in a user's own kustomization.
 *
 * @throws {Error} where there is no kubectl, or kustomize refuses a file
 */
export function kustomized(overlay: Overlay, components: readonly string[] = []): KubernetesObject[] {
  // In a folder of its own, because a kustomization may not lie above what it names.
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'holdfast-kustomize-')))
  const here = relative(folder, realpathSync(MANIFESTS))
  const kustomization = {
    apiVersion: 'kustomize.config.k8s.io/v1beta1',
    kind: 'Kustomization',
    resources: [`${here}/overlays/${overlay}`],
    components: components.map((name) => `${here}/components/${name}`)
  }
  try {
    writeFileSync(join(folder, 'kustomization.yaml'), JSON.stringify(kustomization))
    return rendered(folder)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/**
 * The objects of a folder with a kustomization.
 *
 * @throws {Error} as `kustomized`
 */
export function rendered(folder: string): KubernetesObject[] {
  return parsed(kubectlKustomize(folder))
}

function kubectlKustomize(folder: string): string {
  const options = { encoding: 'utf8', maxBuffer: 10_000_000 } as const
  const { error, status, stdout, stderr } = spawnSync('kubectl', ['kustomize', folder], options)
  if (error !== undefined && 'code' in error && error.code === 'ENOENT') {
    throw new Error(
      'kubectl is not on the PATH, and its kustomize renders the manifests. Install kubectl 1.32 or later.'
    )
  }
  if (error !== undefined) throw error
  if (status !== 0) throw new Error(`kubectl kustomize ${folder}: exit code ${status}\n${stderr}`)
  return stdout
}

export function parsed(text: string): KubernetesObject[] {
  return parseAllDocuments(text).map((document) => {
    if (document.errors.length > 0) throw document.errors[0]
    return document.toJS() as KubernetesObject
  })
}
