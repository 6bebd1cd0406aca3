import type { Row } from './row.ts'
import type { Spread } from './statistics.ts'

/** One line a row, under the case that it belongs to; in brackets the lowest and the highest round. */
export function tableOf(rows: readonly Row[]): string {
  const groups = Map.groupBy(rows, ({ layer, name, unit }) => `${layer}: ${name}, ${unit}`)
  return [...groups].map(([title, members]) => [title, ...members.map(lineOf)].join('\n')).join('\n')
}

function lineOf({ contestant, ratio, ...spread }: Row): string {
  const compared = ratio === undefined ? '' : `  × ${spreadText(ratio)}`
  return `  ${contestant.padEnd(36)} ${spreadText(spread).padEnd(26)}${compared}`.trimEnd()
}

function spreadText({ median, low, high }: Spread): string {
  return `${short(median)} [${short(low)}, ${short(high)}]`
}

/** Three figures that count. */
function short(value: number): string {
  return value >= 100 ? value.toFixed(0) : value.toPrecision(3)
}
