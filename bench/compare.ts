import type { Row, Run } from './row.ts'

/** A row whose ratio is higher than in the saved run by more than the threshold. */
export interface Worse {
  readonly row: string
  readonly before: number
  readonly now: number
}

/**
 * Compares ratios and nothing else, because times of another machine or another hour mean nothing.
 *
 * @param threshold 1.2 allows a ratio to be a fifth higher than it was
 * @throws {Error} when the runs have no row with a ratio in common: then nothing would be compared
 */
export function worseRows(run: Pick<Run, 'rows'>, saved: Pick<Run, 'rows'>, threshold: number): Worse[] {
  const before = new Map(saved.rows.map((row) => [keyOf(row), row.ratio?.median]))
  const compared = run.rows.flatMap((row): Worse[] => {
    const [now, then] = [row.ratio?.median, before.get(keyOf(row))]
    return now === undefined || then === undefined ? [] : [{ row: keyOf(row), before: then, now }]
  })
  if (compared.length === 0) throw new Error('the saved run has no row in common with this one')
  return compared.filter((row) => row.now > row.before * threshold)
}

function keyOf({ layer, name, contestant, unit }: Row): string {
  return `${layer}: ${name}: ${contestant} (${unit})`
}
