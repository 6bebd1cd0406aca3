import type { ValueChange } from '../../core/values/value-change.ts'
import { type Html, html, NOTHING } from './markup.ts'

/** What changes, line by line as in a diff, with the part that differs standing out. */
export function diff(changes: readonly ValueChange[]): Html {
  if (changes.length === 0) return NOTHING
  return html`<div class="diff">${changes.map(lines)}</div>\n`
}

function lines({ key, before, after }: ValueChange): Html {
  const [old, now] = before === undefined || after === undefined ? [whole(before), whole(after)] : apart(before, after)
  const removed = old === undefined ? NOTHING : html`<del>− ${key}: ${old}</del>\n`
  const added = now === undefined ? NOTHING : html`<ins>+ ${key}: ${now}</ins>\n`
  return html`${removed}${added}`
}

function whole(value: string | undefined): Html | undefined {
  return value === undefined ? undefined : html`${value}`
}

/** Both values, each with what the other has not marked: `prometheus-pushgateway-2.1[6].0`. */
function apart(before: string, after: string): readonly [Html, Html] {
  const [one, other] = [[...before], [...after]]
  const shortest = Math.min(one.length, other.length)
  let start = 0
  while (start < shortest && one[start] === other[start]) start++
  let end = 0
  while (end < shortest - start && one.at(-1 - end) === other.at(-1 - end)) end++
  return [marked(one, start, end), marked(other, start, end)]
}

function marked(characters: readonly string[], start: number, end: number): Html {
  const until = characters.length - end
  const [head, middle, tail] = [
    characters.slice(0, start).join(''),
    characters.slice(start, until).join(''),
    characters.slice(until).join('')
  ]
  return middle === '' ? html`${head}${tail}` : html`${head}<b>${middle}</b>${tail}`
}
