/** How often a run has seen what it is about: a property that never had anything to look at says nothing. */
export class Tally {
  readonly #counts = new Map<string, number>()

  add(what: string, number = 1): void {
    this.#counts.set(what, this.of(what) + number)
  }

  of(what: string): number {
    return this.#counts.get(what) ?? 0
  }

  /** `2 denied, 3 patched`. */
  get inWords(): string {
    const named = [...this.#counts].sort(([one], [other]) => (one < other ? -1 : 1))
    return named.map(([what, number]) => `${number} ${what}`).join(', ')
  }
}
