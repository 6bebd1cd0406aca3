/** Reading the Prometheus text format, as `/metrics` of Holdfast and of the API server answer it. */

interface Series {
  readonly labels: ReadonlyMap<string, string>
  readonly value: number
}

const LINE = /^(\w+)(?:\{(.*)\})? (\S+)/
const LABEL = /(\w+)="((?:[^"\\]|\\.)*)"/g

/** All series of one metric, in their order. */
export function seriesOf(text: string, metric: string): readonly Series[] {
  const series: Series[] = []
  for (const line of text.split('\n')) {
    if (!line.startsWith(metric)) continue
    const [, name, labels = '', value] = LINE.exec(line) ?? []
    if (name !== metric) continue
    series.push({
      labels: new Map([...labels.matchAll(LABEL)].map(([, key = '', of = '']) => [key, of])),
      value: Number(value)
    })
  }
  return series
}

/** Whether two pages of an API server come from one process: behind a balancer, they may come from two. */
export function isOfOneProcess(before: string, after: string): boolean {
  const started = startOf(before)
  return started !== undefined && started === startOf(after)
}

function startOf(text: string): number | undefined {
  return seriesOf(text, 'process_start_time_seconds')[0]?.value
}

/** The sum of those whose labels have these values; 0 where there are none, as a counter that never counted. */
export function sumOfSeries(text: string, metric: string, labels: Readonly<Record<string, string>> = {}): number {
  const wanted = Object.entries(labels)
  return seriesOf(text, metric)
    .filter((series) => wanted.every(([key, value]) => series.labels.get(key) === value))
    .reduce((sum, { value }) => sum + value, 0)
}
