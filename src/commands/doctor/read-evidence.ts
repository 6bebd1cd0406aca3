import { labelsOf, metadataOf, nameOfObject, specOf } from '../../core/objects/metadata.ts'
import { selectsByMap } from '../../core/objects/selector.ts'
import { type JsonObject, objectOf, textOf } from '../../core/values/json.ts'
import { dryRunPlan } from '../../doctor/dry-run-plan.ts'
import { type CertManager, type Configurations, type Evidence, type Known, knownValue } from '../../doctor/evidence.ts'
import { serviceOf } from '../../doctor/installed-entry.ts'
import type { Connection } from '../../kubernetes/kubeconfig.ts'
import type { Probe } from '../../kubernetes/probe.ts'
import { modeReader } from './mode-reader.ts'
import { readConfigurations } from './read-configurations.ts'
import { readCounters } from './read-counters.ts'
import { readServed } from './read-served.ts'
import { readList, readObject } from './readers.ts'
import { runDry } from './run-dry.ts'

export interface EvidenceOptions {
  readonly namespace: string
  readonly version: string
  readonly now: number
  show(text: string): void
}

/** Reads all that the checks look at, and makes the dry runs. What may not be read is unknown, and the rest is read. */
export async function readEvidence(
  probe: Probe,
  connection: Connection,
  { namespace, version, now, show }: EvidenceOptions
): Promise<Evidence> {
  show(`reading the namespace ${namespace}`)
  const configurations = await readConfigurations(probe, namespace)
  const service = await readObject(probe, `/api/v1/namespaces/${namespace}/services/${serviceName(configurations)}`)
  const parts = await readParts(probe, namespace, service)
  const namespaces = await readList(probe, '/api/v1/namespaces', 'Namespace')
  const [deployment] = knownValue(parts.deployments) ?? []
  const served = await readServed(probe, connection, namespace, deployment, knownValue(service))
  const counters = () => readCounters(probe, namespace, parts.pods)
  const before = await counters()
  show('asking the API server for Pods in dry runs')
  const plan = dryRunPlan(knownValue(configurations)?.entries ?? [], knownValue(namespaces))
  const dryRuns = await runDry(probe, plan, before, counters)
  return {
    version,
    now,
    namespace,
    configurations,
    service,
    ...parts,
    namespaces,
    served,
    certManager: await readCertManager(probe, namespace, configurations),
    modeIn: await modeReader(probe, namespace, deployment, knownValue(configurations)?.entries ?? []),
    dryRuns,
    counters: { before, after: dryRuns.at(-1)?.after ?? before },
    proxied: await readProxied(probe, namespace, knownValue(service))
  }
}

function serviceName(configurations: Known<Configurations>): string {
  const names = (knownValue(configurations)?.entries ?? []).flatMap((entry) => textOf(serviceOf(entry).name) ?? [])
  return names[0] ?? 'holdfast'
}

type Parts = Pick<Evidence, 'deployments' | 'pods' | 'endpointSlices' | 'budgets'>

/** Those of the Service, by what it selects: a chart may call them otherwise. */
async function readParts(probe: Probe, namespace: string, service: Evidence['service']): Promise<Parts> {
  const within = `namespaces/${namespace}`
  const found = knownValue(service)
  const selector = found === undefined ? { 'app.kubernetes.io/name': 'holdfast' } : specOf(found).selector
  const isSelected = (labels: JsonObject): boolean => selectsByMap(selector, labels)
  const deployments = await readList(probe, `/apis/apps/v1/${within}/deployments`, 'Deployment')
  const pods = await readList(probe, `/api/v1/${within}/pods`, 'Pod')
  const slices = await readList(probe, `/apis/discovery.k8s.io/v1/${within}/endpointslices`, 'EndpointSlice')
  const name = found === undefined ? 'holdfast' : nameOfObject(found)
  return {
    deployments: filtered(deployments, (it) => isSelected(labelsOf(objectOf(specOf(it).template)))),
    pods: filtered(pods, (it) => isSelected(labelsOf(it)) && isAlive(it)),
    endpointSlices: filtered(slices, (it) => labelsOf(it)['kubernetes.io/service-name'] === name),
    budgets: await readList(probe, `/apis/policy/v1/${within}/poddisruptionbudgets`, 'PodDisruptionBudget')
  }
}

function filtered(
  known: Known<readonly JsonObject[]>,
  isWanted: (object: JsonObject) => boolean
): Known<readonly JsonObject[]> {
  return 'value' in known ? { value: known.value.filter(isWanted) } : known
}

/** One that ends, or that has ended, is no replica any more. */
function isAlive(pod: JsonObject): boolean {
  const { phase } = objectOf(pod.status)
  return metadataOf(pod).deletionTimestamp === undefined && phase !== 'Succeeded' && phase !== 'Failed'
}

/** The Certificate that the annotation names, its Issuer, and the Certificate of the CA that this one signs with. */
async function readCertManager(
  probe: Probe,
  namespace: string,
  configurations: Known<Configurations>
): Promise<Known<CertManager>> {
  const wanted = (knownValue(configurations)?.annotations ?? []).flatMap(
    (map) => textOf(map['cert-manager.io/inject-ca-from'])?.split('/')[1] ?? []
  )
  const path = `/apis/cert-manager.io/v1/namespaces/${namespace}`
  if (wanted.length === 0) return { value: { certificates: undefined, issuers: undefined } }
  const certificates = await readList(probe, `${path}/certificates`, 'Certificate', true)
  const issuers = await readList(probe, `${path}/issuers`, 'Issuer', true)
  if (!('value' in certificates)) return certificates
  if (!('value' in issuers)) return issuers
  const leaves = certificates.value?.filter((it) => wanted.includes(nameOfObject(it)))
  const names = leaves?.map((it) => textOf(objectOf(specOf(it).issuerRef).name))
  const own = issuers.value?.filter((it) => names?.includes(nameOfObject(it)))
  const secrets = own?.map((it) => textOf(objectOf(specOf(it).ca).secretName))
  const cas = certificates.value?.filter((it) => secrets?.includes(textOf(specOf(it).secretName)))
  return { value: { certificates: leaves && [...leaves, ...(cas ?? [])], issuers: own } }
}

/** Through the API server's own proxy, which verifies no certificate: whether the network between the two lets it through. */
async function readProxied(
  probe: Probe,
  namespace: string,
  service: JsonObject | undefined
): Promise<Known<string> | undefined> {
  if (service === undefined) return undefined
  const path = `/api/v1/namespaces/${namespace}/services/https:${nameOfObject(service)}:443/proxy/livez`
  try {
    return { value: await probe.proxied(path) }
  } catch (error) {
    const { message, status } = Object(error) as { readonly message: string; readonly status?: number }
    // Who may not ask, or asks for something that the proxy does not know, has learned nothing about the network.
    return status === 403 || status === 404 ? undefined : { unknown: message }
  }
}
