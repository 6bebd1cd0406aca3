import type { Subject } from '../core/subject.ts'
import type { Path } from '../core/values/path.ts'

/** Where an object stands in a file. */
export interface Location {
  /** The path as the user wrote it; `-` for standard input. */
  readonly file: string
  /** The line at which the object begins, from 1. */
  readonly line: number
  /** The column at which it begins, from 1. */
  readonly column?: number
  /** The template that Helm rendered it from, where a comment says so: `chart/templates/statefulset.yaml`. */
  readonly template?: string
}

/** Lines of a file. */
export interface CodeFrame {
  /** The number of the first of them, from 1. */
  readonly first: number
  /** As they are written; a long one ends, or begins, in an ellipsis. */
  readonly lines: readonly string[]
}

/** Where a field stands in a file: line and column from 1, and what is written there. */
export interface FieldPosition {
  readonly line: number
  readonly column: number
  readonly frame: CodeFrame
}

/** How a door found an object, and where its fields stand. */
export interface Place {
  readonly location?: Location
  /** The place of a field, or of the nearest field above it that is there. */
  positionOf?(path: Path): FieldPosition | undefined
  /** Where an object stands that a finding about this one names. */
  locationOf?(other: Subject): Location | undefined
  /** Where the Subject's object stands in the one that was found, such as the Pod template of a Deployment. */
  readonly within?: Path
  /** The run writes the object again as the webhook would admit it. */
  readonly isFixing?: boolean
}
