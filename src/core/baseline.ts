/** A finding of a file that is known, and does not fail a run: what it is called, and not where it stands. */
export interface BaselineEntry {
  /** From the directory of the baseline; `-` for standard input. */
  readonly file: string
  /** "Deployment.apps monitoring/prometheus". */
  readonly object: string
  readonly policy: string
  /** The identity of the finding, among those of its policy about the object. */
  readonly finding: string
}
