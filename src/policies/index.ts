import type { Policy } from '../core/policy.ts'
import alertDedup from './alert-dedup.ts'
import alertmanagerMesh from './alertmanager-mesh.ts'
import alertmanagerStorage from './alertmanager-storage.ts'
import autoscaledSingleWriter from './autoscaled-single-writer.ts'
import autoshardingLabels from './autosharding-labels.ts'
import claimOfTwoServers from './claim-of-two-servers.ts'
import claimTemplateLabels from './claim-template-labels.ts'
import federateWhole from './federate-whole.ts'
import governingService from './governing-service.ts'
import kubeStateMetricsShards from './kube-state-metrics-shards.ts'
import missingBackup from './missing-backup.ts'
import missingDisruptionBudget from './missing-disruption-budget.ts'
import operatorStorageChange from './operator-storage-change.ts'
import pairDiffers from './pair-differs.ts'
import prometheusAvailability from './prometheus-availability.ts'
import prometheusResources from './prometheus-resources.ts'
import prometheusStorage from './prometheus-storage.ts'
import pushgatewayGracefulStop from './pushgateway-graceful-stop.ts'
import pushgatewayPersistence from './pushgateway-persistence.ts'
import queryBalance from './query-balance.ts'
import remoteWriteDedup from './remote-write-dedup.ts'
import shardsComplete from './shards-complete.ts'
import sharedTsdbClaim from './shared-tsdb-claim.ts'
import stopGracePeriod from './stop-grace-period.ts'
import thanosSidecar from './thanos-sidecar.ts'
import unwatchedPrometheus from './unwatched-prometheus.ts'

/** The catalogue, in the order in which policies are asked and repairs are made. */
export const POLICIES: readonly Policy[] = [
  claimTemplateLabels,
  pushgatewayGracefulStop,
  pushgatewayPersistence,
  autoshardingLabels,
  sharedTsdbClaim,
  prometheusStorage,
  prometheusResources,
  prometheusAvailability,
  operatorStorageChange,
  alertmanagerStorage,
  kubeStateMetricsShards,
  queryBalance,
  missingDisruptionBudget,
  stopGracePeriod,
  alertmanagerMesh,
  thanosSidecar,
  claimOfTwoServers,
  autoscaledSingleWriter,
  alertDedup,
  remoteWriteDedup,
  governingService,
  shardsComplete,
  federateWhole,
  pairDiffers,
  unwatchedPrometheus,
  missingBackup
]
