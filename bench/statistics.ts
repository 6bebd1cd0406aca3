/** The middle value; of an even number of values, the lower one of the two, so that it is a value that was measured. */
export function median(values: readonly number[]): number {
  return quantile(values, 0.5)
}

/** The smallest measured value that at least this share of all values does not exceed. NaN where there are none. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN
}

export interface Spread {
  readonly median: number
  readonly low: number
  readonly high: number
}

export function spreadOf(values: readonly number[]): Spread {
  return { median: median(values), low: Math.min(...values), high: Math.max(...values) }
}

/** Round by round: what two contestants took in the same round saw the same machine. */
export function ratiosOf(values: readonly number[], base: readonly number[]): number[] {
  return values.map((value, round) => value / (base[round] ?? Number.NaN))
}

/** The same items, beginning with another one in each round: what one leaves behind is not always left to the same one. */
export function rotated<Item>(items: readonly Item[], round: number): Item[] {
  const first = round % items.length
  return [...items.slice(first), ...items.slice(0, first)]
}
