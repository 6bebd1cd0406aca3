/** Something that could not be read, so that nothing follows from its absence. */
export interface Gap {
  /** As in `pods`; `objects` where it may be anything. */
  readonly what: string
  /** Whether nothing of it was read, because nobody lets us, rather than some of it. */
  readonly isAll: boolean
}
