import type { JsonObject } from '../../core/values/json.ts'
import type { Read } from '../files/read.ts'
import { HELM_SOURCE } from '../yaml/manifests.ts'

/** Where what was rendered comes from. */
export interface RenderedPlace {
  readonly file: string
  readonly template?: string | undefined
}

/** The template that Helm names before a document. */
export function sourceIn(read: Read): string | undefined {
  const text = read.kind === 'document' ? read.document.text : read.kind === 'problem' ? (read.text ?? '') : ''
  return HELM_SOURCE.exec(text)?.[1]?.trim()
}

/**
 * What was read of a program's output, as if it stood in the file that it was rendered from. The lines of the output are not
 * those of the file, so that none is told.
 *
 * @param nextOf what the object is in the next version of its chart
 */
export function placed<Any extends Read>(
  read: Any,
  { file, template }: RenderedPlace,
  nextOf: (object: JsonObject) => JsonObject | undefined = () => undefined
): Any {
  if (read.kind === 'problem') return { ...read, file, line: undefined }
  if (read.kind !== 'document') return read
  const manifests = read.manifests.map(({ object, within, begin, end }) => {
    const next = nextOf(object)
    const nowhere = { line: 0, positionOf: () => undefined }
    return { object, within, begin, end, template, ...nowhere, ...(next && { next }) }
  })
  return { ...read, file, document: { ...read.document, line: 1 }, manifests, rendered: true }
}
