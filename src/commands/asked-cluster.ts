// What commands that ask an API server have in common.

import { type KubernetesVersion, parseVersion } from '../core/cluster.ts'
import type { ClusterReadProblem } from '../inventory/cluster/read-problem.ts'
import { ApiError } from '../kubernetes/api-error.ts'
import type { Api } from '../kubernetes/client.ts'
import type { ReadProblem } from '../report/report.ts'

export interface AskedVersion {
  readonly version: KubernetesVersion | undefined
  readonly notes: readonly string[]
}

/**
 * Which handlers a preStop may have depends on it, and what no update may change; without it, policies take what every
 * version knows.
 *
 * @param said with --kubernetes-version; undefined where the API server is to be asked
 */
export async function askedVersion(api: Pick<Api, 'get'>, said: KubernetesVersion | undefined): Promise<AskedVersion> {
  if (said !== undefined) return { version: said, notes: [] }
  try {
    const { gitVersion } = await api.get('/version')
    const learned = parseVersion(String(gitVersion))
    if (learned !== undefined) return { version: learned, notes: [] }
  } catch (error) {
    if (!(error instanceof ApiError)) throw error
  }
  return { version: undefined, notes: ['The version of the API server is unknown: set --kubernetes-version.'] }
}

export function problemInCluster({ where, error: { code, message } }: ClusterReadProblem): ReadProblem {
  return { where, code, message }
}
