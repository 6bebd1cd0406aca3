import type { Layer, Row, Run } from './row.ts'

interface Plot {
  readonly file: string
  readonly layer: Layer
  readonly title: string
  /** Which cases are in it, and what each is called. */
  readonly caseOf: (row: Row) => string | undefined
  readonly axis: string
}

const named = (pattern: RegExp, unit: Row['unit']) => (row: Row) =>
  row.unit === unit ? pattern.exec(row.name)?.[1] : undefined

const PLOTS: readonly Plot[] = [
  {
    file: 'server.svg',
    layer: 'server',
    title: 'CPU for each review',
    caseOf: named(/(.*KB.*)/, 'µs'),
    axis: 'µs of user and system time'
  },
  {
    file: 'cluster-cpu.svg',
    layer: 'cluster',
    title: 'CPU of kube-apiserver and webhook for each Pod',
    caseOf: named(/(.*), CPU$/, 'µs'),
    axis: 'µs of user and system time'
  },
  {
    file: 'cluster-latency.svg',
    layer: 'cluster',
    title: 'Median latency of a dry-run create',
    caseOf: named(/(.*), p50$/, 'ms'),
    axis: 'ms'
  },
  { file: 'check.svg', layer: 'check', title: 'CPU of a run', caseOf: named(/(.*files.*)/, 'ms'), axis: 'ms' }
]

/** An SVG by file name for each plot that the run has rows for. */
export function plotsOf({ rows, date, node, rounds }: Run): Map<string, string> {
  const plots = PLOTS.flatMap(({ file, layer, title, caseOf, axis }): [string, string][] => {
    const bars = rows.flatMap((row) => {
      const name = row.layer === layer ? caseOf(row) : undefined
      return name === undefined ? [] : [{ ...row, name }]
    })
    const caption = `${axis}; median of ${rounds} alternating rounds, with the lowest and the highest; Node.js ${node}, ${date}`
    return bars.length === 0 ? [] : [[file, svgOf(title, caption, bars)]]
  })
  return new Map(plots)
}

const WIDTH = 760
const LEFT = 250
const RIGHT = 150
const BAR = 16
const HEAD = 64
const CASE = 26

type Bar = Pick<Row, 'name' | 'contestant' | 'median' | 'low' | 'high' | 'ratio'>

/** Bars in groups, one group a case. Colours are those of the reader's scheme, light or dark. */
function svgOf(title: string, caption: string, bars: readonly Bar[]): string {
  const contestants = [...new Set(bars.map(({ contestant }) => contestant))]
  const scale = (WIDTH - LEFT - RIGHT) / Math.max(...bars.map(({ high }) => high))
  const parts: string[] = []
  let y = HEAD
  for (const [name, group] of Map.groupBy(bars, (bar) => bar.name)) {
    parts.push(text(12, y + 15, name, 'case'))
    y += CASE
    for (const bar of group) {
      parts.push(barOf(bar, y, scale, contestants.indexOf(bar.contestant)))
      y += BAR + 4
    }
    y += 10
  }
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${y}" role="img" aria-label="${escaped(title)}">`,
    STYLE,
    `<rect class="ground" width="${WIDTH}" height="${y}"/>`,
    text(12, 18, title, 'title'),
    text(12, 38, caption, 'caption'),
    ...parts,
    '</svg>\n'
  ].join('\n')
}

function barOf({ contestant, median, low, high, ratio }: Bar, y: number, scale: number, colour: number): string {
  const end = (value: number): string => (LEFT + value * scale).toFixed(1)
  const middle = y + BAR / 2
  const label = `${figure(median)}${ratio === undefined ? '' : ` (× ${ratio.median.toFixed(2)})`}`
  return [
    text(LEFT - 8, y + 12, contestant, 'name'),
    `<rect class="bar${colour % 6}" x="${LEFT}" y="${y}" width="${(median * scale).toFixed(2)}" height="${BAR}"/>`,
    `<path class="spread" d="M${end(low)} ${middle}H${end(high)}M${end(low)} ${middle - 4}v8M${end(high)} ${middle - 4}v8"/>`,
    text(Number(end(high)) + 8, y + 12, label, 'value')
  ].join('\n')
}

const figure = (value: number): string => (value >= 100 ? value.toFixed(0) : value.toPrecision(3))

function text(x: number, y: number, words: string, of: string): string {
  return `<text class="${of}" x="${x.toFixed(1)}" y="${y}">${escaped(words)}</text>`
}

function escaped(words: string): string {
  return words.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
}

const STYLE = `<style>
text{font:12px system-ui,sans-serif;fill:#1f2328}
.title{font-size:16px;font-weight:600}.caption{font-size:11px;fill:#59636e}.case{font-weight:600}.name{text-anchor:end}
.ground{fill:#fff}.spread{stroke:#1f2328;fill:none}
.bar0{fill:#8c959f}.bar1{fill:#bf8700}.bar2{fill:#8250df}.bar3{fill:#1a7f37}.bar4{fill:#0969da}.bar5{fill:#cf222e}
@media(prefers-color-scheme:dark){
text{fill:#e6edf3}.caption{fill:#9198a1}.ground{fill:#0d1117}.spread{stroke:#e6edf3}
.bar0{fill:#6e7681}.bar1{fill:#d29922}.bar2{fill:#a371f7}.bar3{fill:#3fb950}.bar4{fill:#4493f8}.bar5{fill:#f85149}
}
</style>`
