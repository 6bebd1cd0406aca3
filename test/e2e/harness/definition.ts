import type { JsonObject } from '../../../src/core/values/json.ts'

interface Defined {
  readonly group: string
  readonly version: string
  /** The plural. */
  readonly resource: string
  readonly kind: string
}

/** A CustomResourceDefinition, as much of it as an API server needs: its objects may have any field. */
export function definitionOf({ group, version, resource, kind }: Defined, subresources: JsonObject = {}): JsonObject {
  const schema = { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } }
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${resource}.${group}` },
    spec: {
      group,
      scope: 'Namespaced',
      names: { plural: resource, singular: kind.toLowerCase(), kind, listKind: `${kind}List` },
      versions: [{ name: version, served: true, storage: true, schema, subresources }]
    }
  }
}
