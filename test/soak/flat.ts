import type { Sample } from './watch.ts'

/** Fewer samples in a quarter say nothing: what a single large review takes is more than what leaks meanwhile. */
const ENOUGH_SAMPLES = 60

/** How much more of it there may be in the last quarter of a run than in the quarter before. */
const MOST_GROWTH = 0.15

export interface Flatness {
  readonly what: string
  /** The median of the last quarter beside that of the third, as a share; undefined for a run that is too short. */
  readonly growth: number | undefined
  /** Median of the last quarter. */
  readonly last: number
  readonly most: number
  readonly isFlat: boolean
}

/** Medians, because floods and large reviews come and go, and take many times what leaks in the time of a run. */
export function flatness(what: 'resident' | 'descriptors' | 'connections', samples: readonly Sample[]): Flatness {
  const values = samples.map((sample) => sample[what])
  const quarter = Math.floor(values.length / 4)
  const last = median(values.slice(values.length - quarter))
  const most = values.reduce((most, value) => Math.max(most, value), 0)
  if (quarter < ENOUGH_SAMPLES) return { what, growth: undefined, last, most, isFlat: true }
  const growth = last / median(values.slice(-2 * quarter, -quarter)) - 1
  return { what, growth, last, most, isFlat: growth <= MOST_GROWTH }
}

function median(values: readonly number[]): number {
  return [...values].sort((one, other) => one - other)[Math.floor(values.length / 2)] ?? 0
}
