/** A generator of numbers that a seed decides: the same seed makes the same case on every machine. */
export class Random {
  #state: number

  constructor(seed: string) {
    // FNV-1a, 32 bits.
    let hash = 0x811c9dc5
    for (let at = 0; at < seed.length; at++) hash = Math.imul(hash ^ seed.charCodeAt(at), 0x01000193)
    this.#state = hash
  }

  /** From 0 to 1, without 1. The algorithm is splitmix32. */
  next(): number {
    this.#state = (this.#state + 0x9e3779b9) | 0
    let mixed = this.#state ^ (this.#state >>> 16)
    mixed = Math.imul(mixed, 0x21f0aaad)
    mixed ^= mixed >>> 15
    mixed = Math.imul(mixed, 0x735a2d97)
    return ((mixed ^ (mixed >>> 15)) >>> 0) / 2 ** 32
  }

  /** A whole number from 0, less than `limit`. */
  below(limit: number): number {
    return Math.floor(this.next() * limit)
  }

  /** @param share of the calls that answer true, from 0 to 1 */
  chance(share: number): boolean {
    return this.next() < share
  }

  /** @throws where there is nothing to pick from */
  pick<Item>(items: readonly Item[]): Item {
    if (items.length === 0) throw new Error('there is nothing to pick from')
    return items[this.below(items.length)] as Item
  }
}
