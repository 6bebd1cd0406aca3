import { SERVICE, STATEFUL_SET } from '../core/objects/kinds.ts'
import { isHeadless, pickedPod, serviceSelects } from '../core/objects/service.ts'
import { defineSetPolicy, type SetFinding } from '../core/policy.ts'
import { type Runner, runnersIn } from '../core/programs/runners.ts'
import type { SubjectSet } from '../core/set.ts'
import { type JsonObject, textOf } from '../core/values/json.ts'

export default defineSetPolicy({
  id: 'governing-service',
  summary: 'The Service of a StatefulSet gives its Pods DNS names.',
  defaultMode: 'warn',
  options: {},
  reads: [STATEFUL_SET, SERVICE],
  needs: [SERVICE],
  appliesTo: (set) => governedIn(set).length > 0,
  *checkSet(set) {
    for (const runner of governedIn(set)) yield* nameless(set, runner)
  }
})

/** StatefulSets of the stack that name a Service, each once. A single Pod is reached through any Service. */
function governedIn(set: SubjectSet): readonly Runner[] {
  const governed = runnersIn(set).filter(({ subject, workload, replicas }) => {
    return replicas >= 2 && subject.kind === STATEFUL_SET.kind && Boolean(textOf(workload?.spec.serviceName))
  })
  return governed.filter(({ subject }, index) => governed.findIndex((one) => one.subject === subject) === index)
}

function* nameless(set: SubjectSet, { subject, workload, labels }: Runner): Generator<SetFinding> {
  const name = textOf(workload?.spec.serviceName) ?? ''
  const service = set.named(SERVICE, name)
  const what = faultOf(service?.object, labels)
  if (what === undefined) return
  yield {
    object: subject,
    involved: service === undefined ? [] : [service],
    field: ['spec', 'serviceName'],
    problem: `the Service ${name} ${what}, so the Pods have no DNS names such as ${subject.name}-0.${name}`,
    remediation: `add a headless Service ${name} (clusterIP: None) that selects the Pods, or set serviceName to an existing headless Service; no update may change serviceName, so the StatefulSet has to be replaced for that`
  }
}

function faultOf(service: JsonObject | undefined, labels: Runner['labels']): string | undefined {
  if (service === undefined) return 'does not exist'
  if (!isHeadless(service)) return 'is not headless'
  return serviceSelects(service, labels) && pickedPod(service) === undefined ? undefined : 'does not select the Pods'
}
