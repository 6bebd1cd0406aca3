import { parseImage } from '../objects/image.ts'
import { type Container, imageOf } from '../objects/pod.ts'
import { listOf, objectOf, textOf } from '../values/json.ts'
import { flagValues } from './arguments.ts'

/** What tells the replicas of one workload apart by their external labels. */
export interface ReplicaLabels {
  /** Labels whose value is another one for each replica. */
  readonly differing: readonly string[]
  /** Labels that were meant to be, each with why they are not. */
  readonly failing: readonly FailingLabel[]
  /** Whether nobody can tell, because something that counts is not in the manifest. */
  readonly isUnclear: boolean
}

export interface FailingLabel {
  readonly label: string
  /** A clause without a full stop. */
  readonly why: string
  /** Whether it is the configuration that has to change, rather than the container. */
  readonly isInConfiguration: boolean
}

/** `$X` and `${X}`, as Prometheus expands them. */
const VARIABLE = /\$(?:\{(\w+)\}|(\w+))/g

/**
 * Which external labels differ from replica to replica. Prometheus itself expands variables of its environment: since 3.0
 * by default, and since 2.27 with a flag. `$(X)`, which Kubernetes expands in arguments, it does not (compared with
 * Prometheus 2.42).
 */
export function replicaLabelsOf(container: Container, labels: ReadonlyMap<string, string>): ReplicaLabels {
  const differing: string[] = []
  const failing: FailingLabel[] = []
  const expands = expandsLabels(container)
  let isUnclear = false
  for (const [label, value] of labels) {
    const variables = [...value.matchAll(VARIABLE)].map(([, braced, plain]) => braced ?? plain ?? '')
    if (variables.length === 0) {
      if (value.includes('$('))
        failing.push({
          label,
          why: `Prometheus does not expand ${value}, and only $\{X} or $X`,
          isInConfiguration: true
        })
      continue
    }
    if (expands === false) {
      failing.push({
        label,
        why: `Prometheus 2 expands ${value} with --enable-feature=expand-external-labels alone`,
        isInConfiguration: false
      })
      continue
    }
    const kinds = variables.map((name) => variableOf(container, name))
    if (kinds.includes('differs')) {
      if (expands === undefined) isUnclear = true
      else differing.push(label)
    } else if (kinds.includes('unclear')) isUnclear = true
    else if (kinds.includes('absent')) {
      failing.push({
        label,
        why: `the container has no variable for ${value}, which becomes empty`,
        isInConfiguration: false
      })
    }
  }
  return { differing, failing, isUnclear }
}

/** Undefined where neither the tag nor a flag says. */
function expandsLabels(container: Container): boolean | undefined {
  const features = flagValues(container, 'enable-feature').flatMap((value) => value.split(','))
  if (features.includes('expand-external-labels')) return true
  const major = /^v?(\d{1,3})\.\d/.exec(parseImage(imageOf(container)).tag ?? '')?.[1]
  return major === undefined ? undefined : Number(major) >= 3
}

/** What is another one in each Pod. */
const OF_A_POD = [
  'metadata.name',
  'metadata.uid',
  'status.podIP',
  'status.podIPs',
  "metadata.labels['apps.kubernetes.io/pod-index']",
  "metadata.labels['statefulset.kubernetes.io/pod-name']"
]

function variableOf(container: Container, name: string): 'differs' | 'same' | 'absent' | 'unclear' {
  const variables = listOf(container.object.env).map(objectOf)
  // The last of one name counts.
  const variable = variables.findLast((one) => one.name === name)
  if (variable === undefined) {
    if (name === 'HOSTNAME') return 'differs'
    return listOf(container.object.envFrom).length > 0 ? 'unclear' : 'absent'
  }
  const { fieldRef } = objectOf(variable.valueFrom)
  const field = textOf(objectOf(fieldRef).fieldPath)
  if (field !== undefined) return OF_A_POD.includes(field) ? 'differs' : 'same'
  const value = textOf(variable.value)
  if (value === undefined) return 'unclear'
  return value.includes('$(') ? 'unclear' : 'same'
}
