/** Texts that go to people through channels with rules of their own. */

/** Printable ASCII, which nearly all texts are, is found out much faster than what is wrong with the others. */
const PLAIN = /^[ -~]*$/
const CONTROL = /[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]+/gu

/**
 * One line that every channel accepts. kube-apiserver silently drops a warning with a control character or with
 * invalid UTF-8 in it, and label values and annotations are written by users.
 */
export function oneLine(text: string): string {
  if (PLAIN.test(text)) return text
  return text.toWellFormed().replace(CONTROL, ' ')
}

/** At most `limit` characters (code points, as kube-apiserver counts), the last one an ellipsis where some are gone. */
export function cut(text: string, limit: number): string {
  if (text.length <= limit) return text
  const characters: string[] = []
  for (const character of text) {
    characters.push(character)
    if (characters.length > limit) return `${characters.slice(0, limit - 1).join('')}…`
  }
  return text
}

/** A value in quotation marks, short enough to stand in a sentence; a list or a map is only called one. */
export function quote(value: unknown): string {
  if (Array.isArray(value)) return 'a list'
  if (typeof value === 'object' && value !== null) return 'a map'
  return `"${oneLine(cut(String(value), 100))}"`
}

/** "1 label", "2 labels". */
export function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`
}

/**
 * A text in lines of at most `width` characters; a longer piece has a line of its own.
 *
 * @param pieces what stays in one piece: words, where nothing else is said
 */
export function wrap(text: string, width: number, pieces = /\S+/g): string[] {
  const lines: string[] = []
  for (const [piece] of text.matchAll(pieces)) {
    const last = lines.at(-1)
    if (last === undefined || last.length + 1 + piece.length > width) lines.push(piece)
    else lines[lines.length - 1] = `${last} ${piece}`
  }
  return lines
}
