import type { TrendPoint } from '../trend.ts'
import { type Html, html, NOTHING } from './markup.ts'
import { number, timeInWords } from './words.ts'

/** A line of the chart: what it counts, and the class that colours it. */
interface Line {
  readonly style: 'error' | 'warning' | 'next'
  readonly words: string
  value(point: TrendPoint): number
}

const LINES: readonly Line[] = [
  { style: 'error', words: 'errors', value: ({ counts }) => counts.error },
  { style: 'warning', words: 'warnings', value: ({ counts }) => counts.warning },
  { style: 'next', words: 'fail at their next upgrade', value: ({ failing }) => failing }
]

/** The room of a line in its own units; style stretches it. */
const [WIDTH, HEIGHT] = [100, 30]

/**
 * How the numbers went, one line each with a scale of its own: two errors are not lost below a hundred warnings.
 *
 * @param points oldest first, the run of this report last
 */
export function trend(points: readonly TrendPoint[]): Html {
  const [first] = points
  if (first === undefined || points.length < 2) return NOTHING
  const rows = points.toReversed().map(row)
  return html`<section class="panel trend" aria-labelledby="trend-title">
<h2 id="trend-title">Trend</h2>
<p class="sum">${number(points.length)} runs since ${timeInWords(first.createdAt)}</p>
<ul class="lines">
${LINES.map((line) => chart(line, points))}</ul>
<details><summary>All numbers</summary>
<table>
<thead><tr><th scope="col">Run</th><th scope="col">Objects</th><th scope="col">Errors</th><th scope="col">Warnings</th><th scope="col">Next upgrade</th></tr></thead>
<tbody>
${rows}</tbody>
</table>
</details>
</section>
`
}

function chart({ style, words, value }: Line, points: readonly TrendPoint[]): Html {
  const values = points.map(value)
  const [first = 0, last = 0] = [values[0], values.at(-1)]
  return html`<li class="${style}"><p><strong>${number(first)} → ${number(last)}</strong> ${words}</p>
<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" preserveAspectRatio="none" aria-hidden="true"><path d="${pathOf(values, points)}"/></svg></li>
`
}

/** Over time: runs that came soon after each other stand close together. */
function pathOf(values: readonly number[], points: readonly TrendPoint[]): string {
  const times = points.map(({ createdAt }) => Date.parse(createdAt))
  const [begin = 0, end = 0] = [times[0], times.at(-1)]
  const most = values.reduce((one, other) => Math.max(one, other), 1)
  const at = values.map((value, index) => {
    const part = end > begin ? ((times[index] as number) - begin) / (end - begin) : index / (values.length - 1)
    return `${round(WIDTH * part)} ${round((HEIGHT - 2) * (1 - value / most) + 1)}`
  })
  return `M${at.join('L')}`
}

function round(value: number): number {
  return Math.round(value * 100) / 100
}

function row({ createdAt, checked, counts, failing, isComplete }: TrendPoint): Html {
  const when = html`<time datetime="${createdAt}">${timeInWords(createdAt)}</time>${isComplete ? NOTHING : html` <small>incomplete</small>`}`
  const cells = [checked, counts.error, counts.warning, failing].map((value) => html`<td>${number(value)}</td>`)
  return html`<tr><th scope="row">${when}</th>${cells}</tr>
`
}
