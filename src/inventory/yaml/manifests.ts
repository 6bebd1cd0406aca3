import { isObject, type JsonObject, listOf, objectOf, textOf } from '../../core/values/json.ts'
import type { Path } from '../../core/values/path.ts'
import { Lines, type Position } from './lines.ts'
import { valuesIn } from './parse.ts'

/** A Kubernetes object in a document, and where it and its fields stand there. */
export interface Manifest {
  readonly object: JsonObject
  /** From the value in whose text it stands to the object: empty, or `['items', 3]` in a List. */
  readonly within: Path
  /** Where the text of that value begins and ends in the document. */
  readonly begin: number
  readonly end: number
  /** The line of the document at which the object begins, from 0. */
  readonly line: number
  /** The template that Helm rendered the document from. */
  readonly template: string | undefined
  /** Where a field of the object stands in the document, from line 0; undefined where it was rendered. */
  positionOf(path: Path): Position | undefined
  /** The object as the next version of its chart renders it. */
  readonly next?: JsonObject
}

/** The comment with which `helm template` begins a document. */
export const HELM_SOURCE = /^# Source: ([^\r\n]{1,300})\r?$/m

/** What stands in a document. */
export interface Manifests {
  readonly manifests: readonly Manifest[]
  /** How many aliases stand for objects, or Lists of them, that are among these already. */
  readonly repeated: number
  /** How many Lists there are, empty ones too. */
  readonly lists: number
}

/**
 * The objects in the text of one document, those in a List one by one. What is no Kubernetes object, such as a
 * values file, is left out; what aliases stand for once more is the same object, and here once.
 *
 * @throws InvalidDocument
 */
export function manifestsIn(text: string): Manifests {
  const template = HELM_SOURCE.exec(text)?.[1]?.trim()
  const seen: Seen = { values: new Set(), repeated: 0, lists: 0 }
  const manifests = valuesIn(text).flatMap(({ value, begin, end }) => {
    const lines = new Lines(text, begin, end)
    return objectsIn(value, [], seen).map(({ object, within }) => ({
      object,
      within,
      begin,
      end,
      template,
      get line() {
        return lines.lineOf(within)
      },
      positionOf: (path: Path) => lines.positionOf([...within, ...path])
    }))
  })
  return { manifests, repeated: seen.repeated, lists: seen.lists }
}

interface Found {
  readonly object: JsonObject
  readonly within: Path
}

/** Items of Lists that were met. */
interface Seen {
  readonly values: Set<unknown>
  repeated: number
  lists: number
}

/** What kustomize reads is no object of Kubernetes. */
const OF_KUSTOMIZE = 'kustomize.config.k8s.io/'

/** A List in a List is possible, and nobody writes one in ten others. */
const DEEPEST_LIST = 20

function objectsIn(value: unknown, within: Path, seen: Seen): Found[] {
  if (!isObject(value) || within.length > DEEPEST_LIST) return []
  const kind = textOf(value.kind)
  const apiVersion = textOf(value.apiVersion)
  if (kind === undefined || apiVersion === undefined || apiVersion.startsWith(OF_KUSTOMIZE)) return []
  if (!kind.endsWith('List') || !Array.isArray(value.items)) return [{ object: value, within }]
  seen.lists++
  return listOf(value.items).flatMap((item, index) => {
    if (isObject(item) && seen.values.has(item)) {
      seen.repeated++
      return []
    }
    seen.values.add(item)
    return objectsIn(withKind(item, value, kind), [...within, 'items', index], seen)
  })
}

/** Items of a StatefulSetList say neither apiVersion nor kind; those of a List do. */
function withKind(item: unknown, { apiVersion }: JsonObject, kind: string): JsonObject {
  const object = objectOf(item)
  if (kind === 'List' || object.kind !== undefined) return object
  return { apiVersion, kind: kind.slice(0, -'List'.length), ...object }
}
