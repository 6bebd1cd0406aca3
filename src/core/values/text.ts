/** Texts that go to people through channels with rules of their own. */

/**
 * Printable ASCII and what our own sentences have besides (an arrow, an ellipsis), which nearly all texts are, is found
 * out much faster than what is wrong with the others.
 */
const PLAIN = /^[ -~\u2192\u2026]*$/

/**
 * What works without being seen: control characters, ends of lines, and what turns the direction of a text or takes no
 * room, the tags that have no name yet too. The joiners of Arabic, of Indic scripts and of emoji are a part of their letters, and stay.
 */
const UNSEEN = /[[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\u{e0000}-\u{e007f}]--\p{Join_Control}]/gv

/**
 * What a CI runner takes for a command in the log of a step: `::error::` with nothing but blanks before it in its line
 * (GitHub), and `##[error]`, `##vso[…]` and `##teamcity[…]` anywhere (GitHub, Azure Pipelines, TeamCity). Where a line will
 * begin nobody knows yet, so that each word counts.
 */
const COMMAND = /(?<=^|\s):(?=:)|#(?=#\w*\[)/g

const SHORT: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' }

/**
 * One line that every channel accepts and nothing obeys: neither a terminal, nor the log of a CI runner, nor a reader's
 * eye. Each character that could is shown by its escape, as in `\u001b[2J`, so that texts that differ look different.
 * Names, label values and annotations are written by users, and kube-apiserver silently drops a warning with a control
 * character or with invalid UTF-8 in it. Everything that Holdfast says goes through here; what has been need not again,
 * and stays as it is.
 *
 * @param most characters of the line, the last one an ellipsis where some are gone
 */
export function oneLine(text: string, most = Number.POSITIVE_INFINITY): string {
  const short = cut(text, most)
  return isHarmless(short) ? short : cut(shown(short), most)
}

/** Whether `oneLine` leaves a text as it is; false says nothing. */
export function isHarmless(text: string): boolean {
  return PLAIN.test(text) && !text.includes('::') && !text.includes('##')
}

function shown(text: string): string {
  return text
    .toWellFormed()
    .replace(UNSEEN, (character) => SHORT[character] ?? escapeOf(character))
    .replace(COMMAND, escapeOf)
}

/** `\u001b`, and `\u{e0041}` for what has more than four digits. */
function escapeOf(character: string): string {
  const digits = (character.codePointAt(0) as number).toString(16)
  return digits.length > 4 ? `\\u{${digits}}` : `\\u${digits.padStart(4, '0')}`
}

/** Lines of JSON text in which nothing works unseen and no runner finds a command; what they mean stays the same. */
export function inertJson(json: string): string {
  if (/^[\n -~\u2192\u2026]*$/.test(json) && !json.includes('##')) return json
  return json.replace(UNSEEN, inJson).replace(/#(?=#\w*\[)/g, inJson)
}

/** As a JSON string spells it, which knows four digits only. What ends a line of a log is left alone. */
function inJson(character: string): string {
  if (character === '\n') return character
  return Array.from({ length: character.length }, (_, at) => escapeOf(character.charAt(at))).join('')
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
  return `"${oneLine(String(value), 100)}"`
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
  // Two texts that are harmless alone can make a command together, which a line may now begin with.
  return lines.map((line) => line.replace(COMMAND_AT_BEGINNING, escapeOf))
}

const COMMAND_AT_BEGINNING = /^:(?=:)/
