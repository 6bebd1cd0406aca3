/** Letters that may be wrong, left out, doubled or swapped. */
const MOST_SLIPS = 3
/** And the share of the longer word that has to be right all the same. */
const LEAST_ALIKE = 0.5

/**
 * The candidate that whoever wrote the word most likely meant, by the number of slips between the two; case does not
 * count. Undefined where none is near.
 */
export function closest(word: string, candidates: readonly string[]): string | undefined {
  const wanted = word.toLowerCase()
  let best: { readonly candidate: string; readonly slips: number } | undefined
  for (const candidate of candidates) {
    const slips = slipsBetween(wanted, candidate.toLowerCase())
    const isNear = slips <= MOST_SLIPS && 1 - slips / Math.max(wanted.length, candidate.length) >= LEAST_ALIKE
    if (isNear && (best === undefined || slips < best.slips)) best = { candidate, slips }
  }
  if (best !== undefined) return best.candidate
  const begun = wanted.length > MOST_SLIPS ? candidates.filter((one) => one.toLowerCase().startsWith(wanted)) : []
  return begun.length === 1 ? begun[0] : undefined
}

/** An end of a sentence that names the closest candidate; nothing where none is near. */
export function didYouMean(word: string, candidates: readonly string[]): string {
  const meant = closest(word, candidates)
  return meant === undefined ? '' : `; did you mean "${meant}"?`
}

/** Optimal string alignment: letters put in, left out, replaced, or swapped with their neighbour. */
function slipsBetween(one: string, other: string): number {
  if (Math.abs(one.length - other.length) > MOST_SLIPS) return Number.POSITIVE_INFINITY
  const cost = (row: readonly number[] | undefined, at: number): number => row?.[at] ?? Number.POSITIVE_INFINITY
  let [before, last]: [number[] | undefined, number[]] = [
    undefined,
    Array.from({ length: other.length + 1 }, (_, at) => at)
  ]
  for (let i = 1; i <= one.length; i++) {
    const row = [i]
    for (let j = 1; j <= other.length; j++) {
      const replaced = cost(last, j - 1) + (one[i - 1] === other[j - 1] ? 0 : 1)
      const isSwapped = one[i - 1] === other[j - 2] && one[i - 2] === other[j - 1]
      const swapped = isSwapped ? cost(before, j - 2) + 1 : Number.POSITIVE_INFINITY
      row.push(Math.min(cost(last, j) + 1, cost(row, j - 1) + 1, replaced, swapped))
    }
    ;[before, last] = [last, row]
  }
  return cost(last, other.length)
}
