/** The first items of a list that may have no end; the others are counted. */
export class FirstOf<Item> {
  readonly items: Item[] = []
  leftOut = 0
  readonly #most: number

  constructor(most: number) {
    this.#most = most
  }

  push(item: Item): void {
    if (this.items.length < this.#most) this.items.push(item)
    else this.leftOut++
  }
}
