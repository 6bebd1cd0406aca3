/**
 * Sea and rock. Texts stand on `page`, `card` or the tint of their own level, the masthead's on `deep`; a test holds each
 * pair to the contrast of WCAG AA.
 */
const LIGHT = {
  page: '#f1f5f4',
  card: '#ffffff',
  ink: '#11262c',
  soft: '#4b6168',
  line: '#cfdad9',
  rim: '#75898f',
  sunk: '#e8eeed',
  link: '#07586a',
  error: '#a02519',
  'error-fill': '#c8452f',
  'error-tint': '#fae9e5',
  warning: '#754c00',
  'warning-fill': '#dca03a',
  'warning-tint': '#faf0da',
  note: '#41596a',
  'note-fill': '#93a9b4',
  'note-tint': '#e8eef1',
  next: '#8b1f5c',
  'next-fill': '#b3477f',
  'next-tint': '#f8e8f1',
  clean: '#24633a',
  'clean-fill': '#57a070',
  'clean-tint': '#e2f1e7',
  deep: '#0a3039',
  foam: '#eef7f5',
  mist: '#a9c7ca',
  kelp: '#1b5557',
  rock: '#2a4f58',
  coral: '#ff9d90',
  sand: '#f2c872',
  anemone: '#f5a8d0'
}

export type Palette = Readonly<Record<keyof typeof LIGHT, string>>

const DARK: Palette = {
  page: '#0a1418',
  card: '#111f25',
  ink: '#e2ecea',
  soft: '#9fb3b7',
  line: '#283c44',
  rim: '#637b84',
  sunk: '#0c191e',
  link: '#7ccfd4',
  error: '#ff9d90',
  'error-fill': '#dc5c4b',
  'error-tint': '#331a1a',
  warning: '#f0c26b',
  'warning-fill': '#d09c3d',
  'warning-tint': '#2d2617',
  note: '#b2c6cf',
  'note-fill': '#64808e',
  'note-tint': '#1b2b33',
  next: '#f19cc9',
  'next-fill': '#c45a93',
  'next-tint': '#301a29',
  clean: '#8bd0a0',
  'clean-fill': '#4f9a69',
  'clean-tint': '#13291d',
  deep: '#06222a',
  foam: '#e8f3f1',
  mist: '#9dbfc2',
  kelp: '#15484b',
  rock: '#21424a',
  coral: '#ff9d90',
  sand: '#f2c872',
  anemone: '#f5a8d0'
}

export const PALETTES = { light: LIGHT as Palette, dark: DARK }

export function variables(palette: Palette): string {
  return Object.entries(palette)
    .map(([name, colour]) => `--${name}:${colour}`)
    .join(';')
}
