import { ratiosOf, type Spread, spreadOf } from './statistics.ts'

export const LAYERS = ['evaluation', 'server', 'memory', 'check', 'cluster', 'conditions'] as const
export type Layer = (typeof LAYERS)[number]

/** What one contestant took for one case, over all rounds. */
export interface Row extends Spread {
  readonly layer: Layer
  readonly name: string
  readonly contestant: string
  readonly unit: 'µs' | 'ms' | 'MB'
  /** To the first contestant of the case in the same round; absent for that one. Only this can be compared between runs. */
  readonly ratio?: Spread
}

/** Takes the rows of one case as soon as they are measured, so that a run that is stopped has told what it knows. */
export type Report = (rows: readonly Row[]) => void

export interface Run {
  readonly date: string
  readonly node: string
  readonly rounds: number
  readonly rows: readonly Row[]
}

/** @param measured for each contestant a value a round, in the order of the rounds; the first is what others compare to */
export function rowsOf(
  { layer, name, unit }: Pick<Row, 'layer' | 'name' | 'unit'>,
  measured: ReadonlyMap<string, readonly number[]>
): Row[] {
  const [base = []] = measured.values()
  return [...measured].map(([contestant, values]) => {
    const row = { layer, name, contestant, unit, ...spreadOf(values) }
    return values === base ? row : { ...row, ratio: spreadOf(ratiosOf(values, base)) }
  })
}
