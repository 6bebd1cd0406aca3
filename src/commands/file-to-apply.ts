import type { DocumentRead } from '../inventory/files/read.ts'
import { STANDARD_INPUT } from '../inventory/files/walk.ts'

/**
 * The file that `kubectl apply -f` can read the objects of a document from. Undefined for standard input, and for what was
 * rendered: a template and a kustomization are not what is applied.
 */
export function fileToApply({ file, rendered }: DocumentRead): string | undefined {
  return file === STANDARD_INPUT || rendered ? undefined : file
}
