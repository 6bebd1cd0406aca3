/** What clients saw of one server process, by error code or reason, beside what its counters say. */
export class Tally {
  /** Refusals that a client read. The counter has to have each of them. */
  readonly seen = new Map<string, number>()
  /** Requests that may have been counted without a client to see it, because it left or the server ended. */
  readonly possible = new Map<string, number>()

  see(code: string): void {
    this.seen.set(code, (this.seen.get(code) ?? 0) + 1)
  }

  /** @returns what to call when the outcome is known: it is no longer only possible */
  begin(...codes: readonly string[]): () => void {
    for (const code of codes) this.possible.set(code, (this.possible.get(code) ?? 0) + 1)
    return () => {
      for (const code of codes) this.possible.set(code, (this.possible.get(code) ?? 0) - 1)
    }
  }

  /** Lower bounds of the counters: what was seen so far. */
  get least(): ReadonlyMap<string, number> {
    return new Map(this.seen)
  }

  /** Upper bounds of them, by code. */
  most(code: string): number {
    return (this.seen.get(code) ?? 0) + (this.possible.get(code) ?? 0)
  }
}
