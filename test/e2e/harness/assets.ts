// Where the programs of a control plane are.

import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'

/** Absolute paths of programs. */
export interface Assets {
  etcd: string
  kubeApiserver: string
  kubectl: string
  /** Not part of what `setup-envtest` downloads; without it no controller creates Pods. */
  kubeControllerManager?: string
}

/** `reason` is one sentence, fit for the message of a skipped test. */
export type FoundAssets = { assets: Assets; reason?: never } | { assets?: never; reason: string }

/**
 * Looks for the programs where controller-runtime's envtest does: in the directory `KUBEBUILDER_ASSETS`, by default
 * `/usr/local/kubebuilder/bin`. Never throws.
 */
export function findAssets(env: NodeJS.ProcessEnv): FoundAssets {
  const directory = assetsDirectory(env)
  const [etcd, kubeApiserver, kubectl, kubeControllerManager] = [
    'etcd',
    'kube-apiserver',
    'kubectl',
    'kube-controller-manager'
  ].map((name) => join(directory, name)) as [string, string, string, string]

  const missing = [etcd, kubeApiserver, kubectl].filter((program) => !isExecutable(program))
  if (missing.length > 0) {
    const remediation = 'run `setup-envtest use` and set KUBEBUILDER_ASSETS to the directory it prints'
    return { reason: `There is no control plane to start here (${missing.join(', ')} missing): ${remediation}.` }
  }
  const required = { etcd, kubeApiserver, kubectl }
  return { assets: isExecutable(kubeControllerManager) ? { ...required, kubeControllerManager } : required }
}

/** The path of a kubectl, next to envtest's other programs or else on `PATH`; `undefined` where there is none. */
export function findKubectl(env: NodeJS.ProcessEnv): string | undefined {
  const directories = [assetsDirectory(env), ...(env.PATH ?? '').split(delimiter)]
  return directories.map((directory) => join(directory, 'kubectl')).find(isExecutable)
}

function assetsDirectory(env: NodeJS.ProcessEnv): string {
  return env.KUBEBUILDER_ASSETS || '/usr/local/kubebuilder/bin'
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
