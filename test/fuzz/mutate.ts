import { isObject, type JsonObject } from '../../src/core/values/json.ts'
import type { Random } from '../helpers/random.ts'

/** Changes of JSON values that keep most of their structure, so that what comes out still reaches the policies. */

/** What every hostile text carries, so that it is found again in what is said about an object. */
const MARK = 'EVIL'

const PIECES = [
  ...[
    '\n',
    '\r\n',
    '\t',
    '\u0000',
    '\u0007',
    '\u007f',
    '\u0085',
    '\u2028',
    '\u2029',
    '\u001b[2J',
    '\u009b31m',
    '\ufeff'
  ],
  ...[
    '\u202e',
    '\u2066',
    '\u200b',
    '\u00ad',
    '\u{e0041}',
    '\ud800',
    '\udfff\ud800',
    '😀',
    '\u00a0',
    '\u3000',
    'é',
    '漢'
  ],
  ...['::error::', '::', '##[error]', '##vso[a]', '##teamcity[', '#', '`', '```', '~~~', '<b>', '</script>', '<!--'],
  ...[
    '<img src=x onerror=y>',
    '&lt;',
    '[a](https://evil.example)',
    '@team',
    'https://evil.example',
    '"',
    "'",
    '\\',
    '|'
  ],
  ...["'; reboot #", '$(reboot)', '`reboot`', '; reboot', '&& reboot', '| sh', '> /etc/passwd', '--all', '-', '*', '~'],
  ...['{{ .Values }}', '$A', '%s', '%00', '../..', '/', ' ', '    ', '---', '...', ': ', '- ', '? ', '!!python/object ']
]

export function hostileText(random: Random): string {
  const before = random.chance(0.5) ? random.pick(PIECES) : ''
  const after = Array.from({ length: random.below(4) }, () => random.pick(PIECES)).join('')
  return `${before}${MARK}${after}`
}

const KEYS = [
  ...['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', 'length', 'valueOf', 'toJSON', 'then', ''],
  ...['a/b~c', '~1', '0', '-1', 'helm.sh/chart', 'app.kubernetes.io/version', 'holdfast.dev/skip', 'kind', 'items']
]

function oddKey(random: Random): string {
  return random.chance(0.3) ? hostileText(random) : random.chance(0.02) ? 'k'.repeat(3000) : random.pick(KEYS)
}

const NUMBERS = [0, -0, 1, -1, 2, 1.5, 30, 3600, 2 ** 31, 2 ** 53, 2 ** 53 + 2, -(2 ** 63), 1e21, 1e308, 5e-324]

function odd(random: Random): unknown {
  const kind = random.below(20)
  if (kind < 4) return random.pick([null, true, false, '', 'text', [], {}, [null], [[]], { '': '' }, [{}]])
  if (kind < 8) return random.pick(NUMBERS)
  if (kind < 15) return hostileText(random)
  if (kind === 15) return { [random.pick(['toString', 'valueOf', 'toJSON', 'then'])]: 1 }
  if (kind === 16) return { [oddKey(random)]: random.pick(['a', 1, null, []]) }
  if (kind === 17) return random.pick(['1Gi', '1024Mi', '1e3', '-1', '0x10', '1_000', '10s', '1h30m', '80GB', '0.1n'])
  if (kind === 18) return `${MARK}${random.pick(['x', '😀', ' ', '\n', '`', "'"]).repeat(random.pick([300, 5000]))}`
  return nested(random.pick([5, 40, 200]), random.chance(0.5))
}

function nested(levels: number, isList: boolean): unknown {
  let value: unknown = 'bottom'
  for (let level = 0; level < levels; level++) value = isList ? [value] : { a: value }
  return value
}

type Parent = Record<string | number, unknown>

interface Node {
  readonly parent: Parent
  readonly key: string | number
}

/** A value that is too deep or too large is not looked into any further. */
const MOST_NODES = 600

function nodesOf(root: object): Node[] {
  const nodes: Node[] = []
  const waiting: object[] = [root]
  for (let parent = waiting.pop(); parent !== undefined && nodes.length < MOST_NODES; parent = waiting.pop()) {
    const keys = Array.isArray(parent) ? parent.keys() : Object.keys(parent)
    for (const key of keys) {
      nodes.push({ parent: parent as Parent, key })
      const value = (parent as Parent)[key]
      if (typeof value === 'object' && value !== null) waiting.push(value)
    }
  }
  return nodes
}

/** `__proto__` is a key like any other in JSON, and an assignment would not make one. */
function put(parent: Parent, key: string | number, value: unknown): void {
  Object.defineProperty(parent, key, { value, writable: true, enumerable: true, configurable: true })
}

function remove(parent: Parent, key: string | number): void {
  if (Array.isArray(parent)) parent.splice(key as number, 1)
  else delete parent[key]
}

/**
 * A copy with some changes.
 *
 * @param others whose parts may take the place of the object's own
 */
export function mutated<Value extends JsonObject>(
  random: Random,
  value: Value,
  changes: number,
  others: readonly JsonObject[]
): Value {
  const copy = clone(value)
  for (let change = 0; change < changes; change++) {
    const nodes = nodesOf(copy)
    if (nodes.length > 0) mutate(random, random.pick(nodes), others)
  }
  return copy
}

/** As from a wire, in which no two places are the same object. */
export function clone<Value>(value: Value): Value {
  return JSON.parse(JSON.stringify(value))
}

function mutate(random: Random, { parent, key }: Node, others: readonly JsonObject[]): void {
  const value = parent[key]
  const kind = random.below(12)
  if (kind <= 1) put(parent, key, odd(random))
  else if (kind === 2) remove(parent, key)
  else if (kind === 3) rename(random, parent, key)
  else if (kind <= 5) put(parent, key, likeIn(random, key, others) ?? odd(random))
  else if (Array.isArray(value)) mutateList(random, value)
  else if (isObject(value)) put(value as Parent, oddKey(random), odd(random))
  else if (typeof value === 'string') put(parent, key, mutatedText(random, value))
  else if (typeof value === 'number')
    put(parent, key, random.pick([value + 1, value - 1, -value, value * 1000, `${value}`]))
  else put(parent, key, odd(random))
}

function rename(random: Random, parent: Parent, key: string | number): void {
  if (Array.isArray(parent)) return
  const value = parent[key]
  remove(parent, key)
  put(parent, oddKey(random), value)
}

function mutateList(random: Random, list: unknown[]): void {
  const kind = random.below(5)
  if (kind === 0 && list.length > 0) list.push(clone(random.pick(list)))
  else if (kind === 1) list.reverse()
  else if (kind === 2) list.unshift(odd(random))
  else if (kind === 3) list.push(odd(random))
  else list.splice(random.below(list.length + 1), 1)
}

function mutatedText(random: Random, text: string): string {
  const at = random.below(text.length + 1)
  const kind = random.below(6)
  if (kind === 0) return `${text.slice(0, at)}${hostileText(random)}${text.slice(at)}`
  if (kind === 1) return text.slice(0, at)
  if (kind === 2) return text.toUpperCase()
  if (kind === 3) return `${text}${text.slice(at)}`
  if (kind === 4) return `${text}${random.pick(['.1', '-x', ':v2', '=', ' ', 's', 'm'])}`
  return text.replace(/\d+/, () => String(random.pick([0, 1, 2, 9, 65536, 99999999999])))
}

/** A value that stands under the same key in another object. */
function likeIn(random: Random, key: string | number, others: readonly JsonObject[]): unknown {
  const like = nodesOf(random.pick(others)).filter((node) => node.key === key)
  if (like.length === 0) return undefined
  const { parent, key: at } = random.pick(like)
  return clone(parent[at])
}
