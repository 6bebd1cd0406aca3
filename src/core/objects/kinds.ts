/** A kind of object and the name of its collection, as both the AdmissionReview and the webhook's rules spell them. */
export interface Resource {
  /** `''` is the core group. */
  readonly group: string
  readonly version: string
  /** Plural and lower case: what a webhook configuration's `rules[].resources` lists. */
  readonly resource: string
  readonly kind: string
  /** Defined by a CRD, which a cluster may not have. */
  readonly isCustom?: true
}

export const POD: Resource = { group: '', version: 'v1', resource: 'pods', kind: 'Pod' }
export const STATEFUL_SET: Resource = { group: 'apps', version: 'v1', resource: 'statefulsets', kind: 'StatefulSet' }
export const DEPLOYMENT: Resource = { group: 'apps', version: 'v1', resource: 'deployments', kind: 'Deployment' }
export const DAEMON_SET: Resource = { group: 'apps', version: 'v1', resource: 'daemonsets', kind: 'DaemonSet' }
export const REPLICA_SET: Resource = { group: 'apps', version: 'v1', resource: 'replicasets', kind: 'ReplicaSet' }

/** What prometheus-operator makes StatefulSets of. */
const OPERATOR = { group: 'monitoring.coreos.com', isCustom: true } as const

export const PROMETHEUS_RESOURCE: Resource = {
  ...OPERATOR,
  version: 'v1',
  resource: 'prometheuses',
  kind: 'Prometheus'
}
export const PROMETHEUS_AGENT_RESOURCE: Resource = {
  ...OPERATOR,
  version: 'v1alpha1',
  resource: 'prometheusagents',
  kind: 'PrometheusAgent'
}
export const ALERTMANAGER_RESOURCE: Resource = {
  ...OPERATOR,
  version: 'v1',
  resource: 'alertmanagers',
  kind: 'Alertmanager'
}
export const THANOS_RULER_RESOURCE: Resource = {
  ...OPERATOR,
  version: 'v1',
  resource: 'thanosrulers',
  kind: 'ThanosRuler'
}

export const OPERATOR_RESOURCES: readonly Resource[] = [
  PROMETHEUS_RESOURCE,
  PROMETHEUS_AGENT_RESOURCE,
  ALERTMANAGER_RESOURCE,
  THANOS_RULER_RESOURCE
]

/** What StatefulSets keep their data on. */
export const PERSISTENT_VOLUME_CLAIM: Resource = {
  group: '',
  version: 'v1',
  resource: 'persistentvolumeclaims',
  kind: 'PersistentVolumeClaim'
}
export const STORAGE_CLASS: Resource = {
  group: 'storage.k8s.io',
  version: 'v1',
  resource: 'storageclasses',
  kind: 'StorageClass'
}

/** What sets resources of containers that have none. */
export const LIMIT_RANGE: Resource = { group: '', version: 'v1', resource: 'limitranges', kind: 'LimitRange' }

/** Kinds that policies over Sets look at. The webhook is never called for them. */
export const SERVICE: Resource = { group: '', version: 'v1', resource: 'services', kind: 'Service' }
export const CONFIG_MAP: Resource = { group: '', version: 'v1', resource: 'configmaps', kind: 'ConfigMap' }
export const INGRESS: Resource = { group: 'networking.k8s.io', version: 'v1', resource: 'ingresses', kind: 'Ingress' }
export const HTTP_ROUTE: Resource = {
  group: 'gateway.networking.k8s.io',
  isCustom: true,
  version: 'v1',
  resource: 'httproutes',
  kind: 'HTTPRoute'
}
export const POD_DISRUPTION_BUDGET: Resource = {
  group: 'policy',
  version: 'v1',
  resource: 'poddisruptionbudgets',
  kind: 'PodDisruptionBudget'
}
export const NETWORK_POLICY: Resource = {
  group: 'networking.k8s.io',
  version: 'v1',
  resource: 'networkpolicies',
  kind: 'NetworkPolicy'
}
export const HORIZONTAL_POD_AUTOSCALER: Resource = {
  group: 'autoscaling',
  version: 'v2',
  resource: 'horizontalpodautoscalers',
  kind: 'HorizontalPodAutoscaler'
}
export const SCALED_OBJECT: Resource = {
  group: 'keda.sh',
  isCustom: true,
  version: 'v1alpha1',
  resource: 'scaledobjects',
  kind: 'ScaledObject'
}

/** What tells that volumes are backed up. */
const REPLICATION_SOURCE: Resource = {
  group: 'volsync.backube',
  isCustom: true,
  version: 'v1alpha1',
  resource: 'replicationsources',
  kind: 'ReplicationSource'
}

/** VolSync's stands beside the volume that it copies, and so do those of K8up; Velero's are where Velero is. */
export const BACKUP_RESOURCES: readonly Resource[] = [
  {
    group: 'snapshot.storage.k8s.io',
    isCustom: true,
    version: 'v1',
    resource: 'volumesnapshots',
    kind: 'VolumeSnapshot'
  },
  REPLICATION_SOURCE,
  ...['k8up.io', 'velero.io'].flatMap((group): Resource[] => [
    { group, isCustom: true, version: 'v1', resource: 'schedules', kind: 'Schedule' },
    { group, isCustom: true, version: 'v1', resource: 'backups', kind: 'Backup' }
  ])
]

/** Kinds that are read in another version than v1. */
const NOT_V1: readonly Resource[] = [
  PROMETHEUS_AGENT_RESOURCE,
  HORIZONTAL_POD_AUTOSCALER,
  SCALED_OBJECT,
  REPLICATION_SOURCE
]

/** `apps/v1`: how objects of the kind are read, and called in a report. */
export function apiVersionOf({ group, kind }: Pick<Resource, 'group' | 'kind'>): string {
  const version = NOT_V1.find((resource) => resource.group === group && resource.kind === kind)?.version ?? 'v1'
  return group === '' ? version : `${group}/${version}`
}
