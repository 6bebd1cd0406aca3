import { isObject } from '../../src/core/values/json.ts'
import type { Random } from '../helpers/random.ts'

/** JSON values as YAML that says the same in odd ways. */

interface Writing {
  readonly random: Random
  /** Values with an anchor, by their JSON text. */
  readonly anchors: Map<string, string>
  readonly names: { last: number }
  /** Inside of brackets there are no lines. */
  readonly isFlow: boolean
}

/** A stream of documents, each of which means the same as the value's JSON text. */
export function oddYaml(random: Random, values: readonly unknown[]): string {
  const documents = values.map((value) => {
    const text = block({ random, anchors: new Map(), names: { last: 0 }, isFlow: false }, value, 0)
    return `${random.chance(0.2) ? '# comment: {"a": [\n' : ''}${text.startsWith('\n') ? text.slice(1) : text}\n`
  })
  const text = documents.join(random.pick(['---\n', '--- # next\n', '...\n---\n', '\n---\n\n']))
  const begun = `${random.pick(['', '', '\ufeff', '---\n', '\n\n'])}${text}`
  return random.chance(0.15) ? begun.replaceAll('\n', '\r\n') : begun
}

function block(writing: Writing, value: unknown, indent: number): string {
  const { random } = writing
  const known = aliasOf(writing, value)
  if (known !== undefined) return known
  const isMap = isObject(value)
  const isList = Array.isArray(value)
  if ((!isMap && !isList) || Object.keys(value).length === 0 || random.chance(0.1)) {
    return flow({ ...writing, isFlow: true }, value)
  }
  const anchor = anchorFor(writing, value)
  const pad = ' '.repeat(indent)
  const step = random.pick([1, 2, 2, 2, 4, 7])
  const lines = isList
    ? value.map((item) => `${pad}- ${nested(writing, item, indent + 2)}`)
    : Object.entries(value).flatMap(([key, inner]) => {
        const text = nested(writing, inner, indent + step)
        const comment = !text.includes('\n') && random.chance(0.05) ? ' # "' : ''
        return [...doubled(writing, key, pad), `${pad}${keyOf(random, key)}: ${text}${comment}`]
      })
  return `${anchor}\n${lines.join('\n')}`
}

/** A key that stands there twice: of two the last one counts. */
function doubled({ random }: Writing, key: string, pad: string): string[] {
  return random.chance(0.01) ? [`${pad}${keyOf(random, key)}: once`] : []
}

function nested(writing: Writing, value: unknown, indent: number): string {
  const { random } = writing
  if (typeof value === 'string' && /^[ -~\n]*[!-~]\n$/.test(value) && !/^[ \n]/.test(value) && random.chance(0.5)) {
    const pad = ' '.repeat(Math.max(indent, 1))
    return `|\n${value
      .slice(0, -1)
      .split('\n')
      .map((line) => (line === '' ? '' : pad + line))
      .join('\n')}`
  }
  return block(writing, value, indent)
}

function flow(writing: Writing, value: unknown): string {
  const { random } = writing
  const known = aliasOf(writing, value)
  if (known !== undefined) return `${known} `
  const space = (): string => random.pick(['', ' ', ' ', '  '])
  if (Array.isArray(value)) {
    const anchor = anchorFor(writing, value)
    return `${anchor}[${value.map((item) => space() + flow(writing, item) + space()).join(',')}]`
  }
  if (isObject(value)) {
    const anchor = anchorFor(writing, value)
    const pairs = Object.entries(value).map(
      ([key, inner]) => `${space()}${JSON.stringify(key)}: ${flow(writing, inner)}`
    )
    return `${anchor}{${pairs.join(',')}${space()}}`
  }
  return scalar(writing, value)
}

/** Of what stands there a second time; a map may also be merged into an empty one. */
function aliasOf({ random, anchors, isFlow }: Writing, value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null || anchors.size === 0) return undefined
  const name = anchors.get(JSON.stringify(value))
  if (name === undefined || random.chance(0.3)) return undefined
  return isObject(value) && !isFlow && random.chance(0.4) ? `{<<: *${name} }` : `*${name}`
}

function anchorFor({ random, anchors, names }: Writing, value: object): string {
  // `<<` takes the keys of a map, and one that is called `<<` itself would be something else.
  if (Object.keys(value).length === 0 || Object.hasOwn(value, '<<') || !random.chance(0.15)) return ''
  const name = `a${names.last++}`
  anchors.set(JSON.stringify(value), name)
  return `&${name} `
}

/** Texts that nothing but a text can be read as, in the core schema and in YAML 1.1. */
const PLAIN = /^[a-zA-Z][a-zA-Z0-9._/-]*[a-zA-Z0-9]$/
const WORDS = /^(?:true|false|yes|no|on|off|null|y|n|nan|inf)$/i

function keyOf(random: Random, key: string): string {
  return PLAIN.test(key) && !WORDS.test(key) && random.chance(0.9) ? key : JSON.stringify(key)
}

function scalar({ random }: Writing, value: unknown): string {
  if (value === null) return random.pick(['null', '~', 'Null', 'NULL'])
  if (typeof value === 'boolean') {
    return random.pick(value ? ['true', 'True', 'TRUE', 'yes', 'on', 'On'] : ['false', 'False', 'FALSE', 'no', 'off'])
  }
  if (typeof value === 'number') return numberOf(random, value)
  const text = String(value)
  if (PLAIN.test(text) && !WORDS.test(text) && random.chance(0.7)) return text
  if (/^[ -~]+$/.test(text) && random.chance(0.5)) return `'${text.replaceAll("'", "''")}'`
  return JSON.stringify(text)
}

function numberOf(random: Random, value: number): string {
  const plain = JSON.stringify(value)
  if (!Number.isSafeInteger(value) || value < 0) return plain
  const spellings = [plain, plain, `+${plain}`, `0x${value.toString(16)}`, `0o${value.toString(8)}`]
  return random.pick(value > 999 ? [...spellings, plain.replace(/(?<=^\d)/, '_')] : spellings)
}

/** The text with some characters changed, as nobody would write it. */
export function scrambled(random: Random, text: string): string {
  let made = text
  for (let change = 1 + random.below(4); change > 0; change--) {
    const at = random.below(made.length + 1)
    const kind = random.below(8)
    if (kind === 0) made = made.slice(0, at) + made.slice(at + 1 + random.below(20))
    else if (kind === 1) made = made.slice(0, at) + made.slice(Math.max(0, at - random.below(200))) + made.slice(at)
    else if (kind === 2) made = made.slice(0, at)
    else made = made.slice(0, at) + random.pick(SCRAPS) + made.slice(at)
  }
  return made
}

const SCRAPS = [
  ...['\t', '\0', '\ufeff', '\r', '\u0085', '\u2028', '\ud800', '&a ', '*a', '*b ', '<<: ', '<<: *a', '<<: [*a, *a]'],
  ...['!!str ', '!!binary |', '!!python/object:os.system ', '!Ref ', '!!int x', '!!set {', '? ', '- ', ': ', ' #', '#'],
  ...[
    '{',
    '}',
    '[',
    ']',
    ',',
    '"',
    "'",
    '|',
    '>',
    '|2-',
    '>+\n',
    '---\n',
    '...\n',
    '--- ',
    '%YAML 1.2\n',
    '%TAG ! x\n'
  ],
  ...['0x', '0o9', '1_', '1e999', '.inf', '-.Inf', '.nan', '2001-12-14', '12:30:45', '9'.repeat(400), '@', '`', '\\'],
  ...[
    '[['.repeat(50),
    '[['.repeat(600),
    '{a: '.repeat(300),
    '- '.repeat(300),
    '__proto__: {a: b}\n',
    'constructor: 1\n'
  ],
  ...[
    '\n  kind: List\n',
    'items:\n',
    'apiVersion: v1\n',
    'kind: StatefulSetList\n',
    '{{ .Values.a }}',
    'x'.repeat(70_000)
  ]
]
