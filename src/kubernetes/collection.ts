import type { Resource } from '../core/objects/kinds.ts'

type Collected = Pick<Resource, 'group' | 'version' | 'resource'>

/** The path of all objects of a kind, in one namespace where one is named. */
export function collectionPath({ group, version, resource }: Collected, namespace?: string): string {
  const root = group === '' ? `/api/${version}` : `/apis/${group}/${version}`
  const within = namespace === undefined ? '' : `/namespaces/${encodeURIComponent(namespace)}`
  return `${root}${within}/${resource}`
}
