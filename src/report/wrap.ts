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
