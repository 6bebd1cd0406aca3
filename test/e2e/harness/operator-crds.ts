// As much of prometheus-operator as an API server needs to know.

import { OPERATOR_RESOURCES } from '../../../src/core/objects/kinds.ts'
import type { JsonObject } from '../../../src/core/values/json.ts'
import type { Cluster } from './control-plane.ts'
import { definitionOf } from './definition.ts'
import { until } from './wait.ts'

/**
 * CustomResourceDefinitions for the objects of prometheus-operator, as far as the API server has to know them to store,
 * list and review them. The operator's own are two megabytes, and say what each field may be.
 */
const CRDS: readonly JsonObject[] = OPERATOR_RESOURCES.map((resource) => definitionOf(resource, { status: {} }))

export async function applyOperatorCrds({ kubectl }: Pick<Cluster, 'kubectl'>): Promise<void> {
  await kubectl(['apply', '-f', '-'], { input: JSON.stringify({ apiVersion: 'v1', kind: 'List', items: CRDS }) })
  for (const { group, resource } of OPERATOR_RESOURCES) {
    const name = `${resource}.${group}`
    await until(`the CRD ${name}`, () => kubectl(['get', name, '-A']))
  }
}

/** Takes them away, and every object with them. */
export async function deleteOperatorCrds({ kubectl }: Pick<Cluster, 'kubectl'>): Promise<void> {
  const names = OPERATOR_RESOURCES.map(({ group, resource }) => `crd/${resource}.${group}`)
  await kubectl(['delete', ...names, '--ignore-not-found'])
}
