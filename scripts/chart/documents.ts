// The files of the chart that need no kubectl to be written.

import { isMap, isScalar, type Pair, parseDocument, type YAMLMap } from 'yaml'
import { VERSION } from '../../src/version.ts'
import { table } from '../markdown.ts'

/** Chart.yaml with the version of the package: the chart and Holdfast are released together. */
export function withVersion(chart: string): string {
  return chart
    .replaceAll(/^(version|appVersion): .*$/gm, `$1: ${VERSION}`)
    .replaceAll(/(image: \S+:)\S+/g, `$1${VERSION}`)
    .replaceAll(/\/blob\/v[^/]+\//g, `/blob/v${VERSION}/`)
}

/**
 * A table of the values of a chart: what the comment above each one says. A map with a comment is one value; one without
 * consists of values.
 *
 * @throws {Error} where a value has no comment
 */
export function valuesTable(valuesFile: string): string {
  const document = parseDocument(valuesFile)
  if (!isMap(document.contents)) throw new Error('values.yaml is no map')
  const rows = rowsOf(document.contents, [], document.commentBefore)
  return table(['value', 'default', 'description'], rows)
}

function rowsOf(map: YAMLMap, path: readonly string[], commentOfFirst: string | null | undefined): string[] {
  return map.items.flatMap((pair, index) => {
    const { key, value } = pair as Pair
    if (!isScalar(key)) throw new Error('a key is no text')
    const here = [...path, String(key.value)]
    const comment = key.commentBefore ?? (index === 0 ? commentOfFirst : undefined)
    if (comment)
      return [`| \`${here.join('.')}\` | ${defaultText(value)} | ${comment.trim().replaceAll(/\s*\n\s*/g, ' ')} |`]
    if (isMap(value) && value.items.length > 0) return rowsOf(value, here, value.commentBefore)
    throw new Error(`values.yaml: ${here.join('.')} has no comment`)
  })
}

/** Longer ones would make a table that nobody can read. */
const LONGEST_DEFAULT = 80

function defaultText(value: unknown): string {
  const text = JSON.stringify((value as { toJSON(): unknown }).toJSON())
  return text.length > LONGEST_DEFAULT ? 'see `values.yaml`' : `\`${text}\``
}
