import { parseImage } from '../../core/objects/image.ts'
import { nameOfObject } from '../../core/objects/metadata.ts'
import { type Container, containersOf, imageOf, nameOfContainer } from '../../core/objects/pod.ts'
import { type JsonObject, listOf, objectOf } from '../../core/values/json.ts'
import { count } from '../../core/values/text.ts'
import { pageAt } from '../../documentation.ts'
import { type Evidence, EXAMPLE_ROLES, type Known, knownValue, notRead, type Replica } from '../evidence.ts'
import type { DoctorCheck, DoctorFinding } from '../finding.ts'
import { seriesOf } from '../metrics-text.ts'

/** Whether all replicas run one version, and whether it is that of this program. */
export function checkVersions({ version, pods, namespace, counters }: Evidence): DoctorCheck {
  const id = 'versions'
  if (!('value' in pods)) return { id, summary: '', findings: notRead('the Pods', 'list on Pods', pods) }
  const replicas = counters.after.replicas
  const versions = pods.value.map((pod) => ({ name: nameOfObject(pod), version: versionOf(pod, replicas) }))
  const known = new Set(versions.flatMap((it) => it.version ?? []))
  const findings: DoctorFinding[] = [
    ...(known.size > 1 ? [differ(versions, namespace)] : []),
    ...([...known].some((it) => it !== version) ? [otherVersion(version, [...known])] : []),
    ...versions.filter((it) => it.version === undefined).map(({ name }) => unknownVersion(name))
  ]
  return {
    id,
    summary: `${count(pods.value.length, 'replica')}, version ${[...known].join(', ') || 'not known'}`,
    findings
  }
}

/** What the program says of itself, or else the tag of its image, where that is a version. */
function versionOf(pod: JsonObject, replicas: Known<readonly Replica[]>): string | undefined {
  const own = knownValue(replicas)?.find((replica) => replica.pod === nameOfObject(pod))
  const text = own && knownValue(own.metrics)
  const [info] = text === undefined ? [] : seriesOf(text, 'holdfast_build_info')
  const said = info?.labels.get('version')
  if (said !== undefined) return said
  const container = serverOf(pod)
  const tag = container === undefined ? undefined : parseImage(imageOf(container)).tag
  return tag !== undefined && /^v?\d+\.\d+\.\d+/.test(tag) ? tag.replace(/^v/, '') : undefined
}

/** A mesh or an operator may have put a container of its own before it. */
function serverOf(pod: JsonObject): Container | undefined {
  const containers = containersOf(pod)
  return (
    containers.find((container) => nameOfContainer(container) === 'holdfast') ??
    containers.find(({ object }) => listOf(object.ports).some((port) => objectOf(port).name === 'health'))
  )
}

interface OfPod {
  readonly name: string
  readonly version: string | undefined
}

function differ(versions: readonly OfPod[], namespace: string): DoctorFinding {
  const words = versions.map(({ name, version }) => `${name} runs ${version ?? 'an unknown version'}`).join(', ')
  return {
    code: 'REPLICAS_DIFFER',
    message: `replicas run different versions, so that answers differ from call to call: ${words}`,
    fix: `run "kubectl -n ${namespace} get pods -o wide --show-labels", and delete what does not belong to the Deployment; during a rollout, run "kubectl -n ${namespace} rollout status deployment"`
  }
}

function otherVersion(version: string, known: readonly string[]): DoctorFinding {
  return {
    code: 'VERSION_DIFFERS',
    message: `the replicas run ${known.join(', ')}, and this program is ${version}: it compares the entries with those of its own version`,
    fix: `run holdfast doctor of the version of the replicas, or upgrade them to ${version} (${pageAt('docs/upgrade-holdfast.md')})`
  }
}

function unknownVersion(pod: string): DoctorFinding {
  return {
    code: 'NOT_READ',
    message: `the version of the Pod ${pod} is not known: its metrics could not be read, and the tag of its image is no version`,
    fix: `grant get on pods/proxy, as ${EXAMPLE_ROLES} does, and run holdfast doctor again`
  }
}
