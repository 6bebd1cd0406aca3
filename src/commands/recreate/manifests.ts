import { STATEFUL_SET } from '../../core/objects/kinds.ts'
import { nameOfObject } from '../../core/objects/metadata.ts'
import { digestOf } from '../../core/values/canonical.ts'
import { FirstOf } from '../../core/values/first-of.ts'
import { detached, type JsonObject } from '../../core/values/json.ts'
import { oneLine } from '../../core/values/text.ts'
import { HoldfastError } from '../../errors.ts'
import { namespaceFor } from '../../inventory/files/previous.ts'
import { readManifests } from '../../inventory/files/read.ts'
import { isOfKind } from '../../inventory/subjects.ts'
import { placeOf } from '../previous-files.ts'

/** A StatefulSet as it is to run. */
export interface WantedSet {
  readonly namespace: string
  readonly name: string
  readonly manifest: JsonObject
  readonly place: string
}

/** Problems that are listed: more than these have one cause. */
const MOST_PROBLEMS = 20

/**
 * All StatefulSets of the files. Nobody knows what is in a file that cannot be read, so that none of them is replaced then.
 *
 * @throws HoldfastError SOURCE_INVALID with all that is wrong
 */
export async function readWantedSets(paths: readonly string[], namespace: string): Promise<WantedSet[]> {
  const found = new Map<string, WantedSet>()
  const problems = new FirstOf<string>(MOST_PROBLEMS)
  for await (const read of readManifests(paths, process.stdin)) {
    if (read.kind === 'problem')
      problems.push(`${read.file}${read.line === undefined ? '' : `:${read.line}`}: ${read.error.message}`)
    if (read.kind === 'skipped') problems.push(`${read.directory}: it holds the templates of a Helm chart`)
    if (read.kind !== 'document') continue
    for (const manifest of read.manifests) {
      if (!isOfKind(STATEFUL_SET, manifest.object)) continue
      const object = detached(manifest.object)
      const wanted = {
        name: nameOfObject(object),
        namespace: namespaceFor(object, namespace, undefined),
        manifest: object,
        place: placeOf(read, manifest)
      }
      const problem = problemOf(wanted, found)
      if (problem === undefined) found.set(keyOf(wanted), wanted)
      else problems.push(problem)
    }
  }
  if (problems.items.length === 0) return [...found.values()]
  const more = problems.leftOut === 0 ? [] : [`and ${problems.leftOut} more`]
  throw new HoldfastError(
    'SOURCE_INVALID',
    'No StatefulSet is replaced while there is something wrong with the files',
    {
      list: [...problems.items, ...more]
    }
  )
}

function keyOf({ namespace, name }: WantedSet): string {
  return `${namespace}/${name}`
}

const NAME = /^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/
const NAMESPACE = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/

/** The same object once more is one too many only where it is another one. */
function problemOf(wanted: WantedSet, found: ReadonlyMap<string, WantedSet>): string | undefined {
  const { name, namespace, place, manifest } = wanted
  if (!NAME.test(name) || !NAMESPACE.test(namespace)) {
    return `${place}: no StatefulSet is called ${oneLine(`${namespace}/${name}`, 300)}`
  }
  const other = found.get(keyOf(wanted))
  if (other === undefined || digestOf(other.manifest) === digestOf(manifest)) return undefined
  return `${place}: StatefulSet ${keyOf(wanted)} is at ${other.place}, too, and another one`
}
