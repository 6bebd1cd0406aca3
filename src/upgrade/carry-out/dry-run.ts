import { metadataOf } from '../../core/objects/metadata.ts'
import type { JsonObject } from '../../core/values/json.ts'
import { ApiError } from '../../kubernetes/api-error.ts'
import { applierOf, successorOf } from '../successor.ts'
import type { ClusterView } from './cluster-view.ts'
import { isWorthWaiting } from './eventually.ts'
import type { Tools } from './job.ts'

/** What the API server says to an update of what runs; undefined where it says yes. Nothing is stored. */
export async function refusalOf(
  manifest: JsonObject,
  live: JsonObject,
  { setPath }: ClusterView,
  { api }: Tools
): Promise<ApiError | undefined> {
  const namespace = String(metadataOf(live).namespace)
  try {
    await api.replace(`${setPath}?dryRun=All`, successorOf(manifest, live, namespace, applierOf(live)))
    return undefined
  } catch (error) {
    if (error instanceof ApiError && !isWorthWaiting(error)) return error
    throw error
  }
}
