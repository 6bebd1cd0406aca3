import { ordinalsOf, templateNameOf } from '../objects/claim-templates.ts'
import type { Claim } from '../objects/provision.ts'
import type { Volume } from '../objects/volumes.ts'
import type { Server } from './server.ts'
/**
 * The claims of the volume that a server has now, in the order in which they are given. Those of replicas that are no more
 * are left out, and what nobody has made yet is not there.
 */
export function claimsOf(server: Server, volume: Volume, claims: ReadonlyMap<string, Claim>): readonly Claim[] {
  if (volume.kind === 'claim') {
    const claim = claims.get(volume.claimName)
    return claim === undefined ? [] : [claim]
  }
  const { statefulSet, workload } = server
  if (volume.kind !== 'template' || statefulSet === undefined) return []
  const prefix = `${templateNameOf(volume.template)}-${statefulSet}`
  const { first, count } = ordinalsOf({ spec: workload.spec })
  return [...claims.values()].filter(({ name }) => {
    const [, shard = '0', ordinal] = (name.startsWith(prefix) && NUMBERED.exec(name.slice(prefix.length))) || []
    if (ordinal === undefined || Number(shard) >= server.shards) return false
    return Number(ordinal) >= first && Number(ordinal) < first + count
  })
}

/** What prometheus-operator puts behind the name of the first shard for another one, and the number of the Pod. */
const NUMBERED = /^(?:-shard-([1-9]\d{0,8}))?-(0|[1-9]\d{0,8})$/
