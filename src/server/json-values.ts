const QUOTE = '"'.charCodeAt(0)
const BACKSLASH = '\\'.charCodeAt(0)
const COLON = ':'.charCodeAt(0)
const BRACKET = '['.charCodeAt(0)
const BRACE = '{'.charCodeAt(0)

/**
 * Whether JSON text holds more objects, lists and members together than so many. Each takes up to a hundred bytes when it
 * is parsed, and two in the text.
 *
 * @param json need not be JSON: it is not parsed
 */
export function holdsMoreThan(most: number, json: Buffer): boolean {
  if (json.length < 2 * most) return false
  let found = 0
  let isText = false
  for (let index = 0; index < json.length; index++) {
    const byte = json[index]
    if (isText) {
      if (byte === BACKSLASH) index++
      else if (byte === QUOTE) isText = false
    } else if (byte === QUOTE) isText = true
    else if ((byte === COLON || byte === BRACKET || byte === BRACE) && ++found > most) return true
  }
  return false
}
