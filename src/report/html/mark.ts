import { type Html, html, raw } from './markup.ts'

/** A holdfast: the grip of a kelp on its rock. */
const MARK_PATHS =
  '<path d="M1 31l3-5 5-2 7-1 7 1 5 2 3 5z" fill="#8ea6a9"/>' +
  '<path d="M16 20q-4 1-5 5l-1 3m6-8q-2 2-2 5v4m2-9q2 2 2 5v4m-2-9q4 1 5 5l1 3" fill="none" stroke="#4fa36c" stroke-width="1.8" stroke-linecap="round"/>' +
  '<path d="M16 21q-4-5 0-10t0-9" fill="none" stroke="#7cc58f" stroke-width="2.2" stroke-linecap="round"/>' +
  '<path d="M14.5 17.5q-3-3-7-2.5t-6-3q2-3 6-1.5t7 7zM17.5 12q1-4 5-5t5-5q3 3 .5 6.5t-10.5 3.5z" fill="#7cc58f"/>'

export const MARK = raw(`<svg class="mark" viewBox="0 0 32 32" aria-hidden="true">${MARK_PATHS}</svg>`)

/** Inline, so that a browser does not ask the server for one. */
export const ICON = `data:image/svg+xml,${encodeURIComponent(
  `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="7" fill="#0a3039"/>${MARK_PATHS}</svg>`
)}`

export const TICK = raw(
  '<svg class="tick" viewBox="0 0 32 32" aria-hidden="true"><circle cx="16" cy="16" r="15"/><path d="M9 16.5l5 5 9.5-11"/></svg>'
)

interface Stipe {
  readonly x: number
  readonly height: number
  readonly sway: number
  readonly blades: number
}

/** Where the stipes stand on the rock. */
const FLOOR = 232

/** How far to the side of its stipe each root grips. */
const ROOTS = [-17, -9, -3, 4, 10, 18]

const STIPES: readonly Stipe[] = [
  { x: 96, height: 130, sway: 20, blades: 6 },
  { x: 168, height: 196, sway: 24, blades: 9 },
  { x: 222, height: 156, sway: 20, blades: 8 },
  { x: 272, height: 92, sway: 16, blades: 5 }
]

/** Kelp that holds fast to the rock below it, beside the headline. It says nothing. */
export const KELP = html`<svg class="kelp" viewBox="0 0 360 250" aria-hidden="true">
<defs><path id="blade" d="M0 0q2-6 8-5 3 1 4 3 14-9 27-7t27-4q-12 13-29 13t-27 2q-9 3-10-2z"/></defs>
<path class="rock" d="M18 250l24-17 40-8 36 6 34-9 62 2 44 9 44-1 40 18z"/>
${STIPES.map(stipe)}</svg>`

/** A wave that widens on its way up, with its blades in the current. */
function stipe({ x, height, sway, blades }: Stipe): Html {
  const at = (part: number) => ({ x: x + sway * part * Math.sin(part * 6), y: FLOOR - height * part })
  const points = Array.from({ length: 17 }, (_, index) => at(index / 16)).map(({ x, y }) => `${round(x)} ${round(y)}`)
  const leaves = Array.from({ length: blades }, (_, index) => {
    const part = 0.16 + (0.84 * index) / (blades - 1)
    const { x, y } = at(part)
    const side = index % 2 === 0 ? 1 : -1
    const size = 1 - part * 0.3
    const turn = `translate(${round(x)} ${round(y)}) scale(${round(side * size)} ${round(size)}) rotate(${round(-18 - 34 * part)})`
    return html`<use href="#blade" transform="${turn}"/>`
  })
  const roots = ROOTS.map((side) => `M${x} ${FLOOR - 6}q${round(side / 3)} 3 ${side} 14`).join('')
  return html`<g><path d="M${points.join('L')}"/><path class="roots" d="${roots}"/>${leaves}</g>\n`
}

function round(value: number): number {
  return Math.round(value * 100) / 100
}
