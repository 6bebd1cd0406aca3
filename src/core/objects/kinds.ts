/** A kind of object and the name of its collection, as both the AdmissionReview and the webhook's rules spell them. */
export interface Resource {
  /** `''` is the core group. */
  readonly group: string
  readonly version: string
  /** Plural and lower case: what a webhook configuration's `rules[].resources` lists. */
  readonly resource: string
  readonly kind: string
}

export const POD: Resource = { group: '', version: 'v1', resource: 'pods', kind: 'Pod' }
export const STATEFUL_SET: Resource = { group: 'apps', version: 'v1', resource: 'statefulsets', kind: 'StatefulSet' }
export const DEPLOYMENT: Resource = { group: 'apps', version: 'v1', resource: 'deployments', kind: 'Deployment' }
export const DAEMON_SET: Resource = { group: 'apps', version: 'v1', resource: 'daemonsets', kind: 'DaemonSet' }
export const REPLICA_SET: Resource = { group: 'apps', version: 'v1', resource: 'replicasets', kind: 'ReplicaSet' }
