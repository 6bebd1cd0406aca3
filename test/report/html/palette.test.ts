import t from 'tap'
import { STYLE } from '../../../src/report/html/assets.ts'

/** Colours by their names, as the first `:root` of a piece of style has them. */
type Palette = ReadonlyMap<string, string>

function paletteIn(style = ''): Palette {
  const [block = ''] = /:root \{[^}]*\}/.exec(style) ?? []
  return new Map(
    [...block.matchAll(/--([\w-]+): (#[0-9a-f]{6});/g)].map(([, name = '', colour = '']) => [name, colour])
  )
}

const PALETTES = { light: paletteIn(STYLE), dark: paletteIn(STYLE.split('prefers-color-scheme: dark')[1]) }

/** What is written on what. */
const TEXTS: readonly (readonly [readonly string[], readonly string[]])[] = [
  [
    ['ink', 'soft', 'link'],
    ['page', 'card', 'sunk', 'warning-tint', 'next-tint']
  ],
  [['error', 'warning', 'note', 'clean'], ['card']],
  [['card'], ['error']],
  [['error'], ['error-tint']],
  [['warning'], ['warning-tint']],
  [['note'], ['note-tint']],
  [['next'], ['next-tint']],
  [['clean'], ['clean-tint', 'next-tint']],
  [['foam', 'mist', 'coral', 'sand', 'anemone'], ['deep']]
]

/** The share of its full colour that the deepest cell of the table of namespaces has. */
const DEEPEST = 0.45

type Colour = readonly [number, number, number]

function colourOf(palette: Palette, name: string): Colour {
  const colour = palette.get(name)
  if (colour === undefined) throw new Error(`there is no colour ${name}`)
  const number = Number.parseInt(colour.slice(1), 16)
  return [number >> 16, (number >> 8) & 255, number & 255]
}

/** https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio */
function contrast(one: Colour, other: Colour): number {
  const [dark = 0, light = 0] = [luminance(one), luminance(other)].toSorted((a, b) => a - b)
  return (light + 0.05) / (dark + 0.05)
}

function luminance(colour: Colour): number {
  const [red = 0, green = 0, blue = 0] = colour.map((value) => {
    const share = value / 255
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4
  })
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue
}

function mixed(one: Colour, other: Colour, share: number): Colour {
  return one.map((value, index) => value * share + (other[index] as number) * (1 - share)) as unknown as Colour
}

t.test('both palettes have the same colours', async (t) => {
  t.ok(PALETTES.light.size > 20)
  t.strictSame([...PALETTES.dark.keys()].sort(), [...PALETTES.light.keys()].sort())
})

for (const [scheme, palette] of Object.entries(PALETTES)) {
  t.test(`${scheme}: everything can be read (WCAG AA)`, async (t) => {
    for (const [texts, grounds] of TEXTS) {
      for (const text of texts) {
        for (const ground of grounds) {
          const ratio = contrast(colourOf(palette, text), colourOf(palette, ground))
          t.ok(ratio >= 4.5, `${text} on ${ground}: ${ratio.toFixed(2)}`)
        }
      }
    }
    for (const level of ['error', 'warning', 'note', 'next'] as const) {
      const ground = mixed(colourOf(palette, `${level}-fill`), colourOf(palette, `${level}-tint`), DEEPEST)
      const ratio = contrast(colourOf(palette, 'ink'), ground)
      t.ok(ratio >= 4.5, `ink on the deepest ${level}: ${ratio.toFixed(2)}`)
    }
    for (const ground of ['page', 'card'] as const) {
      const ratio = contrast(colourOf(palette, 'rim'), colourOf(palette, ground))
      t.ok(ratio >= 3, `the rim of a control on ${ground}: ${ratio.toFixed(2)}`)
    }
  })
}
