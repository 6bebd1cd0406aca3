const MOST_KEPT = 50

/** What a run found. The first of them is what it ends with. */
export class Violations {
  readonly list: string[] = []
  /** The faults that are under way. */
  readonly active = new Set<string>()
  readonly #start = performance.now()

  add(what: string): void {
    if (this.list.length >= MOST_KEPT) return
    const after = ((performance.now() - this.#start) / 1000).toFixed(1)
    this.list.push(`after ${after} s, during ${[...this.active].join(' and ') || 'no fault'}: ${what}`)
    console.error(`violated ${this.list.at(-1)}`)
  }
}
