/** An XML document as a tree. `text` is what stands directly in the element. */
export interface XmlElement {
  readonly name: string
  readonly attributes: Readonly<Record<string, string>>
  readonly children: readonly XmlElement[]
  readonly text: string
}

interface Open {
  readonly name: string
  readonly attributes: Readonly<Record<string, string>>
  readonly children: Open[]
  text: string
}

/** The production Char of XML 1.0: all that may stand in a document, even as a reference. */
const CHARACTERS = /^[\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]*$/u
const DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n'
const NAME = '[A-Za-z_][A-Za-z0-9_.-]*'
const TOKEN = new RegExp(`<(/?)(${NAME})((?:\\s+${NAME}="[^"<]*")*)\\s*(/?)>|([^<]+)`, 'y')
const REFERENCE = /&(amp|lt|gt|quot|apos);|&/g
const VALUES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }

/**
 * Reads the plain XML that reports are made of: elements, attributes, text and the five entities.
 *
 * @throws Error where it is not well-formed, and where it holds anything else, such as a comment
 */
export function parseXml(document: string): XmlElement {
  if (!document.startsWith(DECLARATION)) throw new Error('no declaration')
  if (!CHARACTERS.test(document)) throw new Error('a character that XML 1.0 forbids')
  const root: Open = { name: '', attributes: {}, children: [], text: '' }
  const open = [root]
  TOKEN.lastIndex = DECLARATION.length
  while (TOKEN.lastIndex < document.length) {
    const at = TOKEN.lastIndex
    const token = TOKEN.exec(document)
    if (token === null) throw new Error(`not well-formed: ${document.slice(at, at + 80)}`)
    read(token, open)
  }
  const [element] = root.children
  if (open.length > 1) throw new Error(`<${open.at(-1)?.name}> is not closed`)
  if (element === undefined || root.children.length > 1) throw new Error('there has to be one root')
  if (root.text.trim() !== '') throw new Error('text outside of the root')
  return element
}

function read([, end, name = '', attributes = '', empty, text]: RegExpExecArray, open: Open[]): void {
  const parent = open.at(-1) as Open
  if (text !== undefined) {
    if (text.includes(']]>')) throw new Error(']]> in text')
    parent.text += decoded(text)
    return
  }
  if (end) {
    if (parent.name !== name) throw new Error(`</${name}> closes <${parent.name}>`)
    open.pop()
    return
  }
  const element: Open = { name, attributes: attributesOf(attributes), children: [], text: '' }
  parent.children.push(element)
  if (!empty) open.push(element)
}

function attributesOf(text: string): Record<string, string> {
  const attributes: Record<string, string> = {}
  for (const [, name = '', value = ''] of text.matchAll(new RegExp(`(${NAME})="([^"]*)"`, 'g'))) {
    if (Object.hasOwn(attributes, name)) throw new Error(`${name} stands there twice`)
    attributes[name] = decoded(value)
  }
  return attributes
}

function decoded(text: string): string {
  return text.replace(REFERENCE, (_, name?: string) => {
    if (name === undefined) throw new Error('& outside of a reference')
    return VALUES[name] as string
  })
}
