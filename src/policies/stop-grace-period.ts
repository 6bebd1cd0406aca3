import { POD } from '../core/objects/kinds.ts'
import { type Container, containersOf, gracePeriodOf, isLongRunning } from '../core/objects/pod.ts'
import { definePolicy } from '../core/policy.ts'
import { ALERTMANAGER, isAlertmanager } from '../core/programs/alertmanager.ts'
import { isPrometheus, PROMETHEUS } from '../core/programs/prometheus.ts'
import { isThanos, THANOS } from '../core/programs/thanos.ts'
import type { JsonObject } from '../core/values/json.ts'

const GRACE_PERIOD = ['spec', 'terminationGracePeriodSeconds']

/** What may be named: the API server asks about no other program. */
const TARGETS: Readonly<Record<string, { readonly name: string; readonly is: (container: Container) => boolean }>> = {
  prometheus: { name: PROMETHEUS.name, is: isPrometheus },
  alertmanager: { name: ALERTMANAGER.name, is: isAlertmanager },
  thanos: { name: THANOS.name, is: isThanos }
}

export default definePolicy({
  id: 'stop-grace-period',
  summary: 'A Pod of Prometheus, Alertmanager or Thanos has enough time to write its data before it is killed.',
  defaultMode: 'off',
  matches: [
    {
      phase: 'mutate',
      operation: 'CREATE',
      resource: POD,
      about: { kind: 'programs', programs: [PROMETHEUS, ALERTMANAGER, THANOS] }
    }
  ],
  options: {
    targets: {
      type: 'array',
      items: {
        type: 'string',
        minLength: 1,
        pattern: `^(${Object.keys(TARGETS).join('|')})=[1-9][0-9]{0,3}$`,
        examples: ['prometheus=300']
      },
      uniqueItems: true,
      default: ['prometheus=300', 'alertmanager=120'],
      description:
        'Programs by the name of their image, and the minimum grace period of their Pods in seconds. The policy ignores ' +
        'programs that are not named.'
    }
  },
  *check({ object: pod }, { options }) {
    const grace = gracePeriodOf(pod)
    // Without a grace period, nothing is meant to be written.
    if (grace <= 0 || !isLongRunning(pod)) return
    const target = neediestIn(pod, options.targets)
    if (target === undefined || target.seconds <= grace) return
    const { name, seconds } = target
    yield {
      field: GRACE_PERIOD,
      problem: `a grace period of ${grace} s is too short for ${name}, which gets ${seconds} s`,
      remediation: `set terminationGracePeriodSeconds to ${seconds} at the least`,
      fix: {
        edits: [{ path: GRACE_PERIOD, value: seconds }],
        does: `raises terminationGracePeriodSeconds from ${grace} to ${seconds} for ${name}`
      }
    }
  }
})

interface Target {
  readonly name: string
  readonly seconds: number
}

/** Of the programs in a Pod, the one that needs the most time. */
function neediestIn(pod: JsonObject, targets: readonly string[]): Target | undefined {
  const containers = containersOf(pod)
  const found = targets.flatMap((text) => {
    const [key = '', seconds] = text.split('=')
    const target = TARGETS[key]
    return target !== undefined && containers.some(target.is) ? [{ name: target.name, seconds: Number(seconds) }] : []
  })
  return found.reduce<Target | undefined>((most, one) => (most && most.seconds >= one.seconds ? most : one), undefined)
}
