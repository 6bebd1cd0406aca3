import {
  HORIZONTAL_POD_AUTOSCALER,
  PERSISTENT_VOLUME_CLAIM,
  POD,
  type Resource,
  STATEFUL_SET,
  STORAGE_CLASS
} from '../../core/objects/kinds.ts'
import { objectOf } from '../../core/values/json.ts'
import type { Api } from '../../kubernetes/client.ts'
import type { Action } from '../../upgrade/action.ts'

export interface Right {
  readonly verb: 'get' | 'list' | 'create' | 'update' | 'patch' | 'delete'
  readonly resource: Resource
}

/** What a look takes. The update is a dry run, which takes the right of a real one. */
export const RIGHTS_TO_LOOK: readonly Right[] = [
  { verb: 'get', resource: STATEFUL_SET },
  { verb: 'update', resource: STATEFUL_SET },
  { verb: 'list', resource: POD },
  { verb: 'list', resource: PERSISTENT_VOLUME_CLAIM },
  { verb: 'list', resource: HORIZONTAL_POD_AUTOSCALER }
]

const PATCH_CLAIMS: Right = { verb: 'patch', resource: PERSISTENT_VOLUME_CLAIM }
const PATCH_SET: Right = { verb: 'patch', resource: STATEFUL_SET }
const CLASSES: Right = { verb: 'list', resource: STORAGE_CLASS }

/** What is needed besides to take the steps of a plan. */
export function rightsFor(actions: readonly Action[], isServerSide: boolean): Right[] {
  const rights = actions.flatMap((action): readonly Right[] => {
    switch (action.do) {
      case 'keep-claims':
        return [PATCH_SET, PATCH_CLAIMS]
      case 'resize-claims':
      case 'change-class':
      case 'relabel-claims':
        return [PATCH_CLAIMS]
      case 'delete':
        return [{ verb: 'delete', resource: STATEFUL_SET }]
      case 'create':
        return [{ verb: 'create', resource: STATEFUL_SET }, ...(isServerSide ? [PATCH_SET] : [])]
      case 'restart-pods':
        return action.through === 'template' ? [PATCH_SET] : [{ verb: 'delete', resource: POD }]
      default:
        return []
    }
  })
  return [...new Set(rights)]
}

export { CLASSES as RIGHT_TO_CLASSES }

/** The rights that the caller does not have, each in words: "delete statefulsets.apps". */
export async function missingRights(api: Api, namespace: string, rights: readonly Right[]): Promise<string[]> {
  const missing: string[] = []
  for (const { verb, resource } of rights) {
    const { group, resource: plural } = resource
    const isGlobal = resource === STORAGE_CLASS
    const resourceAttributes = { verb, group, resource: plural, ...(!isGlobal && { namespace }) }
    const review = await api.create('/apis/authorization.k8s.io/v1/selfsubjectaccessreviews', {
      apiVersion: 'authorization.k8s.io/v1',
      kind: 'SelfSubjectAccessReview',
      spec: { resourceAttributes }
    })
    if (objectOf(review.status).allowed !== true) missing.push(`${verb} ${plural}${group === '' ? '' : `.${group}`}`)
  }
  return missing
}
