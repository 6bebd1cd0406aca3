// Controllers wait for Pods to be ready and for volumes to be there. Where there is no kubelet and no driver of volumes to
// say so, we do.

import { setTimeout as sleep } from 'node:timers/promises'
import type { V1PersistentVolumeClaim, V1Pod } from '@kubernetes/client-node'
import { createApi } from '../../../src/kubernetes/client.ts'
import { connect } from '../../../src/kubernetes/kubeconfig.ts'

const MERGE = 'application/merge-patch+json'
const READY = { status: { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] } }

export interface StandInOptions {
  /** Whether claims get a volume, and the size and the attributes that they ask for. */
  readonly claims?: boolean
}

/** Works in one namespace until it is stopped. */
export async function standIn(
  kubeconfig: string,
  namespace: string,
  { claims = false }: StandInOptions = {}
): Promise<{ stop(): Promise<void> }> {
  const connection = await connect({ kubeconfig })
  const api = createApi(connection)
  const root = `/api/v1/namespaces/${namespace}`
  const readyPods = async (): Promise<void> => {
    const { items } = (await api.get(`${root}/pods`)) as unknown as { items: V1Pod[] }
    for (const { metadata, status } of items) {
      const isReady = status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True')
      if (!isReady && !metadata?.deletionTimestamp)
        await api.patch(`${root}/pods/${metadata?.name}/status`, MERGE, READY)
    }
  }
  const provideVolumes = async (): Promise<void> => {
    const { items } = (await api.get(`${root}/persistentvolumeclaims`)) as unknown as {
      items: V1PersistentVolumeClaim[]
    }
    for (const { metadata, spec, status } of items) {
      const path = `${root}/persistentvolumeclaims/${metadata?.name}`
      const storage = spec?.resources?.requests?.storage
      if (spec?.volumeName === undefined) await api.patch(path, MERGE, { spec: { volumeName: metadata?.uid } })
      const wanted = {
        phase: 'Bound',
        accessModes: spec?.accessModes,
        capacity: { storage },
        currentVolumeAttributesClassName: spec?.volumeAttributesClassName
      }
      const isProvided =
        status?.phase === 'Bound' &&
        status.capacity?.storage === storage &&
        status.currentVolumeAttributesClassName === spec?.volumeAttributesClassName
      if (!isProvided) await api.patch(`${path}/status`, MERGE, { status: wanted })
    }
  }
  let stopped = false
  const work = async (): Promise<void> => {
    while (!stopped) {
      // What is gone meanwhile needs nothing any more.
      await readyPods().catch(() => {})
      if (claims) await provideVolumes().catch(() => {})
      await sleep(50)
    }
    api.close()
  }
  const working = work()
  return {
    stop: () => {
      stopped = true
      return working
    }
  }
}
