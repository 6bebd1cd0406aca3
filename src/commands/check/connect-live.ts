import type { KubernetesVersion } from '../../core/cluster.ts'
import { LiveObjects } from '../../inventory/cluster/live-objects.ts'
import { createApi } from '../../kubernetes/client.ts'
import { connect } from '../../kubernetes/kubeconfig.ts'
import { askedVersion } from '../asked-cluster.ts'
import type { CheckFlags } from './flags.ts'

/** The cluster that files are compared with. */
export interface Live {
  readonly objects: LiveObjects
  /** Of objects that name none. */
  readonly namespace: string
  readonly version: KubernetesVersion | undefined
  readonly notes: readonly string[]
  close(): void
}

/** @throws HoldfastError CLUSTER_UNREACHABLE */
export async function connectLive(flags: CheckFlags): Promise<Live> {
  const connection = await connect(flags)
  const api = createApi(connection)
  try {
    const namespace = flags.namespace ?? connection.namespace ?? 'default'
    const { version, notes } = await askedVersion(api, flags.kubernetesVersion)
    return { objects: new LiveObjects(api, namespace), namespace, version, notes, close: () => api.close() }
  } catch (error) {
    api.close()
    throw error
  }
}
