import { isAtLeast, type KubernetesVersion } from '../core/cluster.ts'
import { POD } from '../core/objects/kinds.ts'
import { annotationsOf } from '../core/objects/metadata.ts'
import {
  type Container,
  containersOf,
  gracePeriodOf,
  imageOf,
  isLongRunning,
  nameOfContainer,
  preStopSeconds
} from '../core/objects/pod.ts'
import type { Edit } from '../core/patch.ts'
import { definePolicy, type Finding } from '../core/policy.ts'
import { hasSleepBinary, isPushgateway, PUSHGATEWAY } from '../core/programs/pushgateway.ts'
import { integerOf, isObject, type JsonObject, objectOf, own } from '../core/values/json.ts'
import { quote } from '../core/values/text.ts'

const PROFILE_ANNOTATION = 'holdfast.dev/drain-profile'
const SECONDS_ANNOTATION = 'holdfast.dev/drain-seconds'

/** Seconds of preStop. Why 15 and not 60: docs/decisions/0004-fifteen-seconds.md. */
const PROFILES = { light: 15, standard: 30, heavy: 60 } as const

type Profile = keyof typeof PROFILES

const LONGEST_DRAIN = 3600
const GRACE_PERIOD = ['spec', 'terminationGracePeriodSeconds']

export default definePolicy({
  id: 'pushgateway-graceful-stop',
  summary: 'A Pushgateway keeps serving until its endpoint is gone, and then has time to stop.',
  defaultMode: 'enforce',
  matches: [
    { phase: 'mutate', operation: 'CREATE', resource: POD, about: { kind: 'programs', programs: [PUSHGATEWAY] } }
  ],
  options: {
    profile: {
      type: 'string',
      enum: ['light', 'standard', 'heavy'],
      default: 'light',
      description:
        'How long a Pod keeps serving after its deletion starts: `light` 15 s, `standard` 30 s, `heavy` 60 s. ' +
        'The annotations `holdfast.dev/drain-profile` and `holdfast.dev/drain-seconds` on a Pod override it.'
    },
    marginSeconds: {
      type: 'integer',
      minimum: 5,
      maximum: 600,
      default: 15,
      description: 'Seconds that Pushgateway has after preStop to write its file and exit.'
    }
  },
  *check({ object: pod }, { options, cluster }) {
    const gateways = isLongRunning(pod) ? containersOf(pod).filter(isRepairable) : []
    if (gateways.length === 0) return
    const { seconds, problems } = drainOf(pod, PROFILES[options.profile])
    yield* problems
    yield* repair(pod, gateways, seconds, options.marginSeconds, cluster.version)
  }
})

/** A Pushgateway whose lifecycle is a map or missing. Anything else is for the API server to refuse. */
function isRepairable(container: Container): boolean {
  const { lifecycle } = container.object
  return (lifecycle === undefined || lifecycle === null || isObject(lifecycle)) && isPushgateway(container)
}

interface Drain {
  readonly seconds: number
  /** What is wrong with the annotations. Such an annotation is ignored. */
  readonly problems: readonly Finding[]
}

function drainOf(pod: JsonObject, configured: number): Drain {
  const annotations = annotationsOf(pod)
  const problems: Finding[] = []
  let seconds = configured
  const profile = own(annotations, PROFILE_ANNOTATION)
  if (profile !== undefined) {
    if (isProfile(profile)) seconds = PROFILES[profile]
    else problems.push(badAnnotation(PROFILE_ANNOTATION, profile, Object.keys(PROFILES).join(', ')))
  }
  const wanted = own(annotations, SECONDS_ANNOTATION)
  if (wanted !== undefined) {
    if (isDrainSeconds(wanted)) seconds = Number(wanted)
    else problems.push(badAnnotation(SECONDS_ANNOTATION, wanted, `a whole number from 1 to ${LONGEST_DRAIN}`))
  }
  return { seconds, problems }
}

function isProfile(value: unknown): value is Profile {
  return typeof value === 'string' && Object.hasOwn(PROFILES, value)
}

function isDrainSeconds(value: unknown): boolean {
  return typeof value === 'string' && /^[1-9]\d{0,3}$/.test(value) && Number(value) <= LONGEST_DRAIN
}

function badAnnotation(name: string, value: unknown, wanted: string): Finding {
  return {
    field: ['metadata', 'annotations', name],
    problem: `annotation ${name} says ${quote(value)} and is ignored`,
    remediation: `set it to ${wanted}`,
    advice: true
  }
}

function* repair(
  pod: JsonObject,
  gateways: readonly Container[],
  seconds: number,
  margin: number,
  version: KubernetesVersion | undefined
): Generator<Finding> {
  const grace = gracePeriodOf(pod)
  if (grace <= 0) {
    yield advice(
      GRACE_PERIOD,
      `a grace period of ${grace} s runs no preStop`,
      'set terminationGracePeriodSeconds to a positive number'
    )
    return
  }
  const edits: Edit[] = []
  const done: string[] = []
  const values: string[] = []
  let longest = 0
  for (const container of gateways) {
    const preStop = objectOf(container.object.lifecycle).preStop
    if (isObject(preStop)) {
      const own = preStopSeconds(preStop) ?? 0
      if (own > LONGEST_DRAIN) yield tooLong(container, own)
      else longest = Math.max(longest, own)
      yield* shortProbes(container, own, margin)
      continue
    }
    const handler = handlerFor(container, seconds, version)
    const path = ['spec', 'containers', container.index, 'lifecycle', 'preStop']
    if (handler === undefined) {
      yield advice(
        path,
        `container ${quote(nameOfContainer(container))} gets no preStop: ${whyNoHandler(version)}`,
        NO_HANDLER
      )
      continue
    }
    edits.push({ path, value: handler })
    values.push(valueFor(handler))
    yield* shortProbes(container, seconds, margin)
    done.push(`adds a preStop of ${seconds} s to container ${quote(nameOfContainer(container))}`)
    longest = Math.max(longest, seconds)
  }
  const needed = longest + margin
  if (longest > 0 && grace < needed) {
    edits.push({ path: GRACE_PERIOD, value: needed })
    done.push(
      `raises terminationGracePeriodSeconds from ${grace} to ${needed} (preStop ${longest} s and ${margin} s to exit)`
    )
    values.push(`terminationGracePeriodSeconds: ${needed} (a field of the Pod, for which the chart has no value)`)
  }
  const [first] = edits
  if (first === undefined) return
  yield {
    field: first.path,
    problem: problemOf(first.path, grace, needed),
    remediation: `set ${values.join(' and ')}`,
    fix: { edits, does: done.join(' and ') }
  }
}

function tooLong({ index, object }: Container, seconds: number): Finding {
  return advice(
    ['spec', 'containers', index, 'lifecycle', 'preStop'],
    `the preStop of container ${quote(object.name)} takes ${seconds} s, and the grace period is not raised to more than an hour`,
    'shorten it, or set terminationGracePeriodSeconds to what it needs'
  )
}

function problemOf(path: Edit['path'], grace: number, needed: number): string {
  return path === GRACE_PERIOD
    ? `a grace period of ${grace} s is too short for the container's preStop, which needs ${needed} s`
    : 'Pushgateway exits on SIGTERM at once, while clients still push to it'
}

type Handler =
  | { readonly sleep: { readonly seconds: number } }
  | { readonly exec: { readonly command: readonly string[] } }

/**
 * `sleep` is a handler of its own since Kubernetes 1.30. An older API server, or one that was not asked, may drop the
 * unknown field and then refuse the Pod for an empty handler; there the image's own /bin/sleep has to do.
 */
function handlerFor(
  container: Container,
  seconds: number,
  version: KubernetesVersion | undefined
): Handler | undefined {
  if (version !== undefined && isAtLeast(version, 1, 30)) return { sleep: { seconds } }
  if (hasSleepBinary(imageOf(container))) return { exec: { command: ['/bin/sleep', String(seconds)] } }
  return undefined
}

/** What the chart has to be told so that no repair is needed. */
function valueFor(handler: Handler): string {
  const value =
    'sleep' in handler
      ? `lifecycle.preStop.sleep.seconds: ${handler.sleep.seconds}`
      : `lifecycle.preStop.exec.command: ${JSON.stringify(handler.exec.command)}`
  return `${value} (a value of the chart since prometheus-pushgateway 2.16.0)`
}

/** Probes that end a container have a grace period of their own, in which its preStop runs too. */
const PROBES = ['livenessProbe', 'startupProbe'] as const

function* shortProbes({ index, object }: Container, seconds: number, margin: number): Generator<Finding> {
  if (seconds === 0) return
  for (const probe of PROBES) {
    const grace = integerOf(objectOf(object[probe]).terminationGracePeriodSeconds)
    if (grace === undefined || grace >= seconds + margin) continue
    yield advice(
      ['spec', 'containers', index, probe, 'terminationGracePeriodSeconds'],
      `the ${probe} of container ${quote(object.name)} gives it ${grace} s to stop, and its preStop and ${margin} s to exit take ${seconds + margin} s`,
      'leave it out, so that the grace period of the Pod applies'
    )
  }
}

const NO_HANDLER =
  'set --kubernetes-version to 1.30 or later if the cluster is, or give the container a preStop of its own'

function whyNoHandler(version: KubernetesVersion | undefined): string {
  const server =
    version === undefined ? 'an API server of unknown version' : `Kubernetes ${version.major}.${version.minor}`
  return `${server} may not support the sleep handler, and the image may not contain /bin/sleep`
}

function advice(field: Finding['field'], problem: string, remediation: string): Finding {
  return { field, problem, remediation, advice: true }
}
