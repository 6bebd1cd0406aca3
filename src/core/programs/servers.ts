import { isOwnedByPrometheusOperator } from '../objects/operator.ts'
import { type Container, containersOf, nameOfContainer } from '../objects/pod.ts'
import { type Workload, workloadOf } from '../objects/workload.ts'
import type { Subject } from '../subject.ts'
import type { Path } from '../values/path.ts'
import { quote } from '../values/text.ts'
import { alertmanagerIn } from './alertmanager.ts'
import { flagValue, hasSwitch } from './arguments.ts'
import { kubeStateMetricsIn } from './kube-state-metrics.ts'
import { operatedServerIn } from './operated.ts'
import { prometheusIn } from './prometheus.ts'
import { pushgatewayIn } from './pushgateway.ts'
import type { Role } from './role.ts'
import type { Server } from './server.ts'
import { thanosIn } from './thanos.ts'
/**
 * The servers that an object describes. Workloads that prometheus-operator made are left out: what would be found there is
 * set in its own objects, and it undoes what others change.
 */
export function serversIn(subject: Subject): readonly Server[] {
  const operated = operatedServerIn(subject)
  if (operated !== undefined) return [operated]
  const workload = workloadOf(subject)
  if (workload === undefined || isOwnedByPrometheusOperator(subject.object)) return []
  return containersOf(workload.template).flatMap((container) => {
    const role = roleIn(container)
    return role === undefined ? [] : [serverOf(subject, workload, container, role)]
  })
}

function roleIn(container: Container): Role | undefined {
  return (
    prometheusIn(container) ??
    alertmanagerIn(container) ??
    thanosIn(container) ??
    pushgatewayIn(container) ??
    kubeStateMetricsIn(container)
  )
}

const POD: Path = ['spec', 'template', 'spec']

function serverOf({ kind, name }: Subject, workload: Workload, container: Container, role: Role): Server {
  const path = [...POD, 'containers', container.index]
  const retentionSize = flagValue(container, 'storage.tsdb.retention.size')
  return {
    role,
    title: `container ${quote(nameOfContainer(container))}`,
    workload,
    statefulSet: kind === 'StatefulSet' ? name : undefined,
    shards: 1,
    container,
    copies: workload.replicas,
    dataPath: role.dataPathIn(container),
    dataVolume: undefined,
    filledIn: [],
    settings: {
      retentionSize,
      retentionInWords: `--storage.tsdb.retention.size=${retentionSize}`,
      isUnlocked: hasSwitch(container, 'storage.tsdb.no-lockfile')
    },
    fields: {
      pod: POD,
      storage: [...path, 'volumeMounts'],
      resources: [...path, 'resources'],
      retentionSize: [...path, 'args'],
      arguments: [...path, 'args']
    },
    chart: role.chart,
    isOperated: false
  }
}
