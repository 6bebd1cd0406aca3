import { claimTemplatesOf, templateNameOf } from '../../src/core/objects/claim-templates.ts'
import { OPERATOR_RESOURCES, POD } from '../../src/core/objects/kinds.ts'
import { specOf } from '../../src/core/objects/metadata.ts'
import type { Match, Subject } from '../../src/core/subject.ts'
import { type JsonObject, listOf, objectOf } from '../../src/core/values/json.ts'
import { container } from '../fixtures/objects.ts'
import { subjectOf } from '../fixtures/reviews.ts'

/** An object as it is created, or as it is updated where there is an old one. */
export interface Sample {
  readonly object: JsonObject
  readonly oldObject?: JsonObject | undefined
}

/**
 * What a Match sees of a sample: the sample itself where it is of the Match's kind and operation; otherwise another kind of
 * workload around the same Pods, created or updated from one whose Pods run something else. An object of prometheus-operator
 * is nothing else, and is updated from one that has no Pods. Undefined where that cannot be.
 */
export function subjectFor({ phase, operation, resource }: Match, { object, oldObject }: Sample): Subject | undefined {
  const isPod = object.kind === POD.kind
  if (isPod !== (resource === POD)) return undefined
  const isOperated = OPERATOR_RESOURCES.some(({ kind }) => kind === object.kind)
  if ((isOperated || resource.isCustom) && object.kind !== resource.kind) return undefined
  const asKind = (it: JsonObject): JsonObject =>
    it.kind === resource.kind ? it : { ...withClaimsAsVolumes(it), kind: resource.kind }
  if (operation === 'CREATE') return subjectOf(asKind(object), undefined, [phase])
  const before = oldObject ?? (isPod ? undefined : isOperated ? withoutReplicas(object) : runningNginx(object))
  return before && subjectOf(asKind(object), asKind(before), [phase])
}

function withoutReplicas(object: JsonObject): JsonObject {
  return { ...object, spec: { ...specOf(object), replicas: 0 } }
}

function runningNginx(workload: JsonObject): JsonObject {
  return withPods(workload, { containers: [container('nginx', 'nginx:1.31')] })
}

/** Only a StatefulSet has claim templates; the others mount a claim by its name. */
function withClaimsAsVolumes(workload: JsonObject): JsonObject {
  const claims = claimTemplatesOf(workload).map((template) => {
    const claimName = templateNameOf(template)
    return { name: claimName, persistentVolumeClaim: { claimName } }
  })
  if (claims.length === 0) return workload
  const { volumeClaimTemplates: _, serviceName: __, ...spec } = specOf(workload)
  const volumes = [...listOf(specOf(objectOf(spec.template)).volumes), ...claims]
  return withPods({ ...workload, spec }, { volumes })
}

function withPods(workload: JsonObject, parts: JsonObject): JsonObject {
  const template = objectOf(specOf(workload).template)
  const spec = { ...specOf(template), ...parts }
  return { ...workload, spec: { ...specOf(workload), template: { ...template, spec } } }
}
