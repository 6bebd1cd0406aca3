import { labelsOf, nameOfObject, specOf } from '../../core/objects/metadata.ts'
import { selects } from '../../core/objects/selector.ts'
import { integerOf, type JsonObject, listOf, objectOf } from '../../core/values/json.ts'
import { count } from '../../core/values/text.ts'
import { pageAt } from '../../documentation.ts'
import { type Configurations, type Evidence, knownValue, notRead } from '../evidence.ts'
import type { DoctorCheck, DoctorFinding } from '../finding.ts'
import { serviceOf } from '../installed-entry.ts'

const APPLY = 'run "kubectl apply -k" with your overlay again, or "helm upgrade" with your values'

/** Whether all parts are there: webhook configurations, Service, Deployment with ready replicas, endpoints, and a budget. */
export function checkInstalled(evidence: Evidence): DoctorCheck {
  const { configurations, service, deployments } = evidence
  const found = knownValue(configurations)
  const isAbsent = found?.entries.length === 0 && knownValue(deployments)?.length === 0
  const findings = isAbsent
    ? [notInstalled(evidence)]
    : [
        ...notRead('the webhook configurations', 'get and list on the webhook configurations', configurations),
        ...(found === undefined ? [] : missingConfigurations(found)),
        ...notRead('the Service', 'get on Services', service),
        ...ofService(evidence, found),
        ...ofReplicas(evidence),
        ...ofEndpoints(evidence),
        ...ofBudget(evidence)
      ]
  return { id: 'installed', summary: summaryOf(evidence), findings }
}

function notInstalled({ namespace }: Evidence): DoctorFinding {
  return {
    code: 'NOT_INSTALLED',
    message: `there is no webhook configuration that calls the namespace ${namespace}, and no Deployment there`,
    fix: `set the namespace of the installation with -n, or install Holdfast: ${pageAt('docs/install.md')} has the commands`
  }
}

function missingConfigurations({ mutating, validating }: Configurations): DoctorFinding[] {
  const missing = [
    ...(mutating === undefined ? ['MutatingWebhookConfiguration'] : []),
    ...(validating === undefined ? ['ValidatingWebhookConfiguration'] : [])
  ]
  return missing.map((kind) => ({
    code: 'CONFIGURATION_MISSING',
    message: `there is no ${kind} of Holdfast, so the API server calls nothing of it`,
    fix: APPLY
  }))
}

function ofService({ service, namespace }: Evidence, configurations: Configurations | undefined): DoctorFinding[] {
  if (!('value' in service)) return []
  const [name] = (configurations?.entries ?? []).flatMap((entry) => serviceOf(entry).name ?? [])
  if (service.value === undefined) {
    const message = `there is no Service ${String(name ?? 'holdfast')} in the namespace ${namespace}`
    return [{ code: 'SERVICE_MISSING', message, fix: APPLY }]
  }
  const ports = listOf(specOf(service.value).ports).map((port) => objectOf(port).port)
  const wanted = new Set((configurations?.entries ?? []).map((entry) => integerOf(serviceOf(entry).port) ?? 443))
  return [...wanted]
    .filter((port) => !ports.includes(port))
    .map((port) => ({
      code: 'SERVICE_PORT_MISSING',
      message: `webhook entries call port ${port} of the Service, which has ${ports.join(', ') || 'none'}`,
      fix: APPLY
    }))
}

function replicasOf(deployment: JsonObject): { readonly wanted: number; readonly ready: number } {
  const { readyReplicas } = objectOf(deployment.status)
  return { wanted: integerOf(specOf(deployment).replicas) ?? 1, ready: integerOf(readyReplicas) ?? 0 }
}

function ofReplicas({ deployments, namespace, pods }: Evidence): DoctorFinding[] {
  if (!('value' in deployments)) return notRead('the Deployment', 'list on Deployments', deployments)
  if (deployments.value.length === 0) {
    const message = `the namespace ${namespace} has no Deployment whose Pods the Service selects`
    return [{ code: 'DEPLOYMENT_MISSING', message, fix: APPLY }]
  }
  return deployments.value.flatMap((deployment): DoctorFinding[] => {
    const { wanted, ready } = replicasOf(deployment)
    if (ready >= wanted && wanted > 0) return []
    const name = nameOfObject(deployment)
    const why = waitingFor(knownValue(pods) ?? [])
    const isScaledDown = wanted === 0
    return [
      {
        code: ready === 0 || isScaledDown ? 'NO_REPLICA_READY' : 'REPLICAS_NOT_READY',
        message: `${ready} of ${count(wanted, 'replica')} of the Deployment ${name} ${ready === 1 ? 'is' : 'are'} ready${why}`,
        fix: isScaledDown
          ? `run "kubectl -n ${namespace} scale deployment/${name} --replicas=2"`
          : `find the reason with "kubectl -n ${namespace} describe pods" and "kubectl -n ${namespace} logs deployment/${name}"`
      }
    ]
  })
}

/** What kubelet says of containers that do not run. */
function waitingFor(pods: readonly JsonObject[]): string {
  const reasons = pods.flatMap((pod) =>
    listOf(objectOf(pod.status).containerStatuses).flatMap((status) => {
      const { reason } = objectOf(objectOf(objectOf(status).state).waiting)
      return typeof reason === 'string' ? [reason] : []
    })
  )
  const unique = [...new Set(reasons)]
  return unique.length === 0 ? '' : ` (${unique.join(', ')})`
}

/** Endpoints that the API server may be sent to. */
export function readyEndpoints(slices: readonly JsonObject[]): number {
  return slices.flatMap((slice) =>
    // Nothing said counts as ready.
    listOf(slice.endpoints).filter((endpoint) => objectOf(objectOf(endpoint).conditions).ready !== false)
  ).length
}

function ofEndpoints({ endpointSlices, service, namespace }: Evidence): DoctorFinding[] {
  if (!('value' in endpointSlices)) return notRead('the EndpointSlices', 'list on EndpointSlices', endpointSlices)
  const found = knownValue(service)
  if (found === undefined || readyEndpoints(endpointSlices.value) > 0) return []
  return [
    {
      code: 'NO_ENDPOINTS',
      message: `the Service ${nameOfObject(found)} has no ready endpoint, so that no call arrives`,
      fix: `compare its selector with the labels of the Pods: "kubectl -n ${namespace} get service,pods --show-labels"`
    }
  ]
}

function ofBudget({ budgets, deployments, namespace }: Evidence): DoctorFinding[] {
  if (!('value' in budgets)) return notRead('PodDisruptionBudgets', 'list on PodDisruptionBudgets', budgets)
  return (knownValue(deployments) ?? []).flatMap((deployment): DoctorFinding[] => {
    const labels = labelsOf(objectOf(specOf(deployment).template))
    if (budgets.value.some((budget) => selects(specOf(budget).selector, labels))) return []
    const message = `no PodDisruptionBudget in ${namespace} selects the Pods, so that a drain may stop all of them at once`
    return [{ code: 'DISRUPTION_BUDGET_MISSING', message, fix: APPLY }]
  })
}

function summaryOf({ configurations, deployments }: Evidence): string {
  const entries = knownValue(configurations)?.entries.length ?? 0
  const replicas = (knownValue(deployments) ?? []).map(replicasOf)
  const [ready, wanted] = [
    replicas.reduce((sum, it) => sum + it.ready, 0),
    replicas.reduce((sum, it) => sum + it.wanted, 0)
  ]
  return `${entries} webhook entries, ${ready} of ${count(wanted, 'replica')} ready`
}
