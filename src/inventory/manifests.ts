import { isObject, type JsonObject, listOf, objectOf, textOf } from '../core/json.ts'
import type { Path } from '../core/path.ts'
import { Lines } from './lines.ts'
import { valuesIn } from './parse.ts'

/** An object of Kubernetes in a document, and where its fields stand there. */
export interface Manifest {
  readonly object: JsonObject
  /** From the document's root to the object: empty, or `['items', 3]` in a List. */
  readonly within: Path
  /** The line of the document at which the object begins, from 0. */
  readonly line: number
  /** The template that Helm rendered the document from. */
  readonly template: string | undefined
  /** The line of a field of the object, from 0. */
  lineOf(path: Path): number
}

const HELM_SOURCE = /^# Source: ([^\r\n]{1,300})\r?$/m

/**
 * The objects in the text of one document, those in a List one by one. What is no object of Kubernetes, such as a
 * values file, is left out.
 *
 * @throws InvalidDocument
 */
export function manifestsIn(document: string): Manifest[] {
  // The end of the document before is no part of this one.
  const text = document.startsWith('...') ? `   ${document.slice(3)}` : document
  const template = HELM_SOURCE.exec(text)?.[1]?.trim()
  const values = valuesIn(text)
  const lines = new Lines(text)
  // Several JSON objects in one document have no positions: YAML would call it an error.
  const isOne = values.length === 1
  const lineOf = (path: Path): number => (isOne ? lines.lineOf(path) : 0)
  return values.flatMap((value) =>
    objectsIn(value, []).map(({ object, within }) => ({
      object,
      within,
      template,
      get line() {
        return lineOf(within)
      },
      lineOf: (path) => lineOf([...within, ...path])
    }))
  )
}

interface Found {
  readonly object: JsonObject
  readonly within: Path
}

/** A List in a List is possible, and nobody writes one in ten others. */
const DEEPEST_LIST = 20

function objectsIn(value: unknown, within: Path): Found[] {
  if (!isObject(value) || within.length > DEEPEST_LIST) return []
  const kind = textOf(value.kind)
  if (kind === undefined || textOf(value.apiVersion) === undefined) return []
  if (!kind.endsWith('List') || !Array.isArray(value.items)) return [{ object: value, within }]
  return listOf(value.items).flatMap((item, index) =>
    objectsIn(withKind(item, value, kind), [...within, 'items', index])
  )
}

/** Items of a StatefulSetList say neither apiVersion nor kind; those of a List do. */
function withKind(item: unknown, { apiVersion }: JsonObject, kind: string): JsonObject {
  const object = objectOf(item)
  if (kind === 'List' || object.kind !== undefined) return object
  return { apiVersion, kind: kind.slice(0, -'List'.length), ...object }
}
