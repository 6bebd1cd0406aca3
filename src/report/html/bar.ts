import { type Html, html } from './markup.ts'

/** A part of a bar: how much, and the class that colours it. */
export type Segment = readonly [style: string, value: number]

/** In percent: one of ten thousand is still there to be seen. */
const NARROWEST = 1.2

/**
 * A stacked bar in SVG, because the page's policy forbids style attributes. It repeats what the numbers beside it say, so
 * those who hear the page are not told twice.
 *
 * @param whole what the full width stands for
 */
export function stackedBar(segments: readonly Segment[], whole: number): Html {
  const wide = segments
    .filter(([, value]) => value > 0)
    .map(([style, value]) => ({ style, width: Math.max(NARROWEST, (100 * value) / whole) }))
  const sum = wide.reduce((total, { width }) => total + width, 0)
  const scale = Math.min(1, 100 / sum)
  let x = 0
  const parts = wide.map(({ style, width }) => {
    const part = html`<rect class="${style}" x="${percent(x)}" width="${percent(width * scale)}" height="100%"/>`
    x += width * scale
    return part
  })
  return html`<svg class="bar" aria-hidden="true">${parts}</svg>`
}

function percent(value: number): string {
  return `${Number(value.toFixed(2))}%`
}
