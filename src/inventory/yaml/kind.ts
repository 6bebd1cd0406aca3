/** What a document says that it is. */
export interface DeclaredKind {
  readonly group: string
  readonly kind: string
}

/** Kinds of objects, such as those that a policy reads. */
export class Kinds {
  readonly #keys: ReadonlySet<string>

  constructor(resources: readonly DeclaredKind[]) {
    this.#keys = new Set(resources.map(keyOf))
  }

  has(declared: DeclaredKind): boolean {
    return this.#keys.has(keyOf(declared))
  }
}

function keyOf({ group, kind }: DeclaredKind): string {
  return `${group}/${kind}`
}

const [NEWLINE, RETURN, SPACE, HASH, HYPHEN] = [...'\n\r #-'].map((character) => character.charCodeAt(0))

/** A key at the beginning of a line, as everybody writes it: no quotation marks, no anchor, no space before the colon. */
const KEY = /([A-Za-z][\w./-]*):(?=[ \t\r\n]|$)/y

/** A value on the line of its key, and a comment behind it. */
const KIND = /:[ \t]+([A-Za-z][A-Za-z0-9]*)[ \t]*(?:[ \t]#[^\n]*)?\r?(?=\n|$)/y
const API_VERSION = /:[ \t]+([A-Za-z][\w./-]*)[ \t]*(?:[ \t]#[^\n]*)?\r?(?=\n|$)/y

/** What is no text in YAML, so that an object of the kind is none of Kubernetes. */
const NO_TEXT = /^(?:true|false|yes|no|on|off|y|n|null)$/i

/** A marker with nothing behind it. */
const MARKER = /---[ \t]*(?:[ \t]#[^\n]*)?\r?(?=\n|$)/y

/**
 * What no document has that everybody can read: a line indented by a tab, and a value that begins like a template. Documents
 * with it are parsed, so that what is wrong with them is said.
 */
const TAB = /^ *\t/m
const TEMPLATE = /^[ -]*(?:[\w./-]+:[ \t]+)?\{\{/m

/**
 * The kind of the one object in a document, found without parsing the document; undefined wherever there is any doubt. It is
 * certain where the document is a mapping in block style that begins at the margin, each line at the margin is a plain key,
 * an item of a list or a comment, and `kind` and `apiVersion` are there once. What stands further in cannot be a key of that
 * mapping; a text in quotation marks that goes on at the margin could only add a second `kind`.
 */
export function declaredKind(text: string): DeclaredKind | undefined {
  let [kind, apiVersion]: [string | undefined, string | undefined] = [undefined, undefined]
  let isBegun = false
  // A line further in would be more of the same value.
  let isWhole = true
  for (let at = 0; at < text.length; ) {
    const first = text.charCodeAt(at)
    if (first === HYPHEN && !isBegun) {
      if (!matches(MARKER, text, at)) return undefined
    } else if (first === HYPHEN) {
      const next = text.charCodeAt(at + 1)
      if (!isWhole || (next !== SPACE && next !== NEWLINE && next !== RETURN)) return undefined
    } else if (first === SPACE) {
      if (!(isBegun && isWhole) && !isBlank(text, at)) return undefined
    } else if (first !== NEWLINE && first !== RETURN && first !== HASH) {
      const key = matched(KEY, text, at)
      if (key === undefined) return undefined
      isBegun = true
      isWhole = key !== 'kind' && key !== 'apiVersion'
      if (key === 'kind') {
        if (kind !== undefined) return undefined
        kind = matched(KIND, text, at + key.length)
        if (kind === undefined) return undefined
      } else if (key === 'apiVersion') {
        if (apiVersion !== undefined) return undefined
        apiVersion = matched(API_VERSION, text, at + key.length)
        if (apiVersion === undefined) return undefined
      }
    }
    const end = text.indexOf('\n', at)
    if (end < 0) break
    at = end + 1
  }
  if (kind === undefined || apiVersion === undefined || isSuspicious(text)) return undefined
  if (NO_TEXT.test(kind) || NO_TEXT.test(apiVersion)) return undefined
  const slash = apiVersion.indexOf('/')
  return { group: slash < 0 ? '' : apiVersion.slice(0, slash), kind }
}

function isSuspicious(text: string): boolean {
  return (text.includes('\t') && TAB.test(text)) || (text.includes('{{') && TEMPLATE.test(text))
}

function matches(pattern: RegExp, text: string, at: number): boolean {
  pattern.lastIndex = at
  return pattern.test(text)
}

function matched(pattern: RegExp, text: string, at: number): string | undefined {
  pattern.lastIndex = at
  return pattern.exec(text)?.[1]
}

/** Whether a line has nothing but spaces, and perhaps a comment, in it. */
function isBlank(text: string, at: number): boolean {
  return matches(/[ \t]*(?:#[^\n]*)?\r?(?=\n|$)/y, text, at)
}
