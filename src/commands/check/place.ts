import type { Path } from '../../core/values/path.ts'
import type { Manifest } from '../../inventory/yaml/manifests.ts'
import type { Place } from '../../report/place.ts'

/**
 * Where an object of a file and its fields stand.
 *
 * @param line the line of the file at which the object's document begins, from 1
 * @param within where a Subject's object stands in the one of the file
 */
export function placeIn(
  manifest: Manifest,
  file: string,
  line: number,
  { within = [], isFixing }: { readonly within?: Path; readonly isFixing: boolean }
): Place {
  const { template } = manifest
  return {
    within,
    isFixing,
    // Most objects have no findings, and then this is not needed.
    get location() {
      const column = manifest.positionOf([])?.column
      return {
        file,
        line: line + manifest.line,
        ...(column !== undefined && { column }),
        ...(template !== undefined && { template })
      }
    },
    positionOf: (path) => {
      const position = manifest.positionOf(path)
      if (position === undefined) return undefined
      const { line: behind, column, frame } = position
      return { line: line + behind, column, frame: { first: line + frame.first, lines: frame.lines } }
    }
  }
}
