// As much of prometheus-operator as an API server needs to know.

import { OPERATOR_RESOURCES } from '../../../src/core/objects/kinds.ts'
import type { JsonObject } from '../../../src/core/values/json.ts'
import type { Cluster } from './control-plane.ts'
import { until } from './wait.ts'

const ANYTHING = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true }

/**
 * CustomResourceDefinitions for the objects of prometheus-operator, as far as the API server has to know them to store,
 * list and review them. The operator's own are two megabytes, and say what each field may be.
 */
const CRDS: readonly JsonObject[] = OPERATOR_RESOURCES.map(({ group, version, resource, kind }) => ({
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: `${resource}.${group}` },
  spec: {
    group,
    scope: 'Namespaced',
    names: { plural: resource, singular: kind.toLowerCase(), kind, listKind: `${kind}List` },
    versions: [
      {
        name: version,
        served: true,
        storage: true,
        schema: {
          openAPIV3Schema: {
            type: 'object',
            properties: { spec: ANYTHING, status: ANYTHING }
          }
        },
        subresources: { status: {} }
      }
    ]
  }
}))

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
