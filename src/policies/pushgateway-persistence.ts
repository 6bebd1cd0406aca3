import { storedAs } from '../core/matches.ts'
import { DEPLOYMENT, STATEFUL_SET } from '../core/objects/kinds.ts'
import { type Container, containersOf } from '../core/objects/pod.ts'
import { mountCovering, mountsOf, resolve, volumeNamed } from '../core/objects/volumes.ts'
import { replicasInWords, surges, type Workload, workloadOf } from '../core/objects/workload.ts'
import { definePolicy, type Finding } from '../core/policy.ts'
import { flagValue, isExpanded, isStartedByShell } from '../core/programs/arguments.ts'
import { isPushgateway, PUSHGATEWAY } from '../core/programs/pushgateway.ts'
import { objectOf, textOf, textsOf } from '../core/values/json.ts'
import type { Path } from '../core/values/path.ts'
import { quote } from '../core/values/text.ts'

/** The directory that the image starts in. */
const WORKING_DIRECTORY = '/pushgateway'

export default definePolicy({
  id: 'pushgateway-persistence',
  summary: 'A Pushgateway with a volume stores its metrics on it, and has one replica.',
  defaultMode: 'warn',
  matches: storedAs([DEPLOYMENT, STATEFUL_SET], PUSHGATEWAY),
  options: {},
  *check(subject) {
    const workload = workloadOf(subject)
    if (workload === undefined) return
    for (const container of containersOf(workload.template).filter(isPushgateway)) {
      const path = ['spec', 'template', 'spec', 'containers', container.index]
      yield* severalReplicas(workload)
      yield* persistence(workload, container, path)
      yield* missingFlag(container, path)
    }
  }
})

function* severalReplicas(workload: Workload): Generator<Finding> {
  if (workload.replicas < 2) return
  yield {
    field: ['spec', 'replicas'],
    problem: `each push reaches only one of ${replicasInWords(workload)}, so each scrape returns different metrics`,
    remediation: 'set replicas to 1: replicas do not share metrics'
  }
}

function* persistence(workload: Workload, container: Container, path: Path): Generator<Finding> {
  if (isStartedByShell(container)) return
  const file = flagValue(container, 'persistence.file')
  if (file === undefined || file === '') {
    yield* unusedVolume(workload, container, path)
    return
  }
  if (isExpanded(file)) return
  const absolute = resolve(textOf(container.object.workingDir) ?? WORKING_DIRECTORY, file)
  const mount = mountCovering(container, absolute)
  const volume = mount && volumeNamed(workload, mount.name)
  if (volume === undefined || volume.kind === 'emptyDir') {
    const where = volume === undefined ? 'is on none of the volumes' : 'uses an emptyDir'
    yield {
      field: [...path, 'args'],
      identity: `file of ${textOf(container.object.name)}`,
      problem: `--persistence.file=${quote(file)} ${where}, so the metrics are lost with the Pod`,
      remediation:
        'name a file below the mountPath of a volume that outlives the Pod, /data/pushgateway.data in the chart'
    }
    return
  }
  if (!surges(workload)) return
  yield {
    field: ['spec', 'strategy'],
    problem: `a rollout starts the new Pod before the old one has written ${quote(file)}, and the last pushes are lost`,
    remediation: 'set strategy.type to Recreate'
  }
}

/** A claim that is mounted for nothing: the chart mounts one without setting the flag. */
function* unusedVolume(workload: Workload, container: Container, path: Path): Generator<Finding> {
  const mount = mountsOf(container).find(({ name, readOnly }) => {
    const volume = volumeNamed(workload, name)
    return !readOnly && (volume?.kind === 'template' || (volume?.kind === 'claim' && !volume.readOnly))
  })
  if (mount === undefined) return
  yield {
    field: [...path, 'args'],
    identity: `no file of ${textOf(container.object.name)}`,
    problem: `a volume is mounted at ${quote(mount.mountPath)} and --persistence.file is not set, so nothing is ever written there`,
    remediation: `add --persistence.file=${resolve(mount.mountPath, 'pushgateway.data')} (extraArgs in the chart)`
  }
}

/** Recipes on the web recommend it; no version has ever had it. */
function* missingFlag(container: Container, path: Path): Generator<Finding> {
  const preStop = objectOf(objectOf(container.object.lifecycle).preStop)
  const command = textsOf(objectOf(preStop.exec).command)
  if (!command.some((word) => word.includes('--flush-metrics'))) return
  yield {
    field: [...path, 'lifecycle', 'preStop'],
    problem: 'the preStop hook calls --flush-metrics, which no version of Pushgateway has',
    remediation: 'remove it: metrics are written at SIGTERM where --persistence.file is set'
  }
}
