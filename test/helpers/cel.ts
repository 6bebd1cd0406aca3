/**
 * The part of CEL that the webhook's matchConditions are written in, so that they can be evaluated without an API server.
 * conditions.e2e.ts asks both about the same objects. Not known here: types, costs, macros other than has and exists.
 */

export type Scope = { readonly [name: string]: unknown }
type Evaluate = (scope: Scope) => unknown

/** Compiles an expression; throws where it is not in this part of CEL. What is compiled throws where CEL has an error. */
export function compile(expression: string): Evaluate {
  return new Parser(tokensOf(expression)).whole()
}

let steps = 0

/**
 * How many fields are read, texts searched, sizes taken and values compared while something is evaluated. Close to what an
 * API server does for it, where texts are short; the time that each step takes is not in it.
 */
export function stepsOf(evaluate: () => unknown): number {
  const before = steps
  evaluate()
  return steps - before
}

const TOKEN = /\s*(?:('[^'\\]*')|("[^"\\]*")|(\d+)|([A-Za-z_]\w*)|(\|\||&&|==|!=|>=|<=|[-+!<>?:.,()[\]{}]))/y

interface Token {
  readonly kind: 'text' | 'number' | 'name' | 'sign'
  readonly value: string
}

function tokensOf(expression: string): Token[] {
  const tokens: Token[] = []
  TOKEN.lastIndex = 0
  for (let at = 0; expression.slice(at).trim() !== ''; at = TOKEN.lastIndex) {
    const [, single, double, number, name, sign] = TOKEN.exec(expression) ?? unknown(expression.slice(at))
    const text = single ?? double
    if (text !== undefined) tokens.push({ kind: 'text', value: text.slice(1, -1) })
    else if (number !== undefined) tokens.push({ kind: 'number', value: number })
    else if (name !== undefined) tokens.push({ kind: 'name', value: name })
    else tokens.push({ kind: 'sign', value: String(sign) })
  }
  return tokens
}

class Parser {
  readonly #tokens: readonly Token[]
  #at = 0

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens
  }

  whole(): Evaluate {
    const evaluate = this.#choice()
    if (this.#at < this.#tokens.length) unknown(this.#peek())
    return evaluate
  }

  #peek(): string {
    const token = this.#tokens[this.#at]
    return token?.kind === 'text' ? `'${token.value}'` : (token?.value ?? 'the end')
  }

  #take(value: string): boolean {
    const token = this.#tokens[this.#at]
    const isIt = token !== undefined && token.kind !== 'text' && token.value === value
    if (isIt) this.#at++
    return isIt
  }

  #expect(value: string): void {
    if (!this.#take(value)) unknown(`${this.#peek()} in place of ${value}`)
  }

  #choice(): Evaluate {
    const condition = this.#or()
    if (!this.#take('?')) return condition
    const yes = this.#choice()
    this.#expect(':')
    const no = this.#choice()
    return (scope) => (booleanOf(condition(scope)) ? yes(scope) : no(scope))
  }

  #or(): Evaluate {
    const parts = [this.#and()]
    while (this.#take('||')) parts.push(this.#and())
    return parts.length === 1 ? (parts[0] as Evaluate) : (scope) => some(parts, (part) => part(scope), true)
  }

  #and(): Evaluate {
    const parts = [this.#relation()]
    while (this.#take('&&')) parts.push(this.#relation())
    return parts.length === 1 ? (parts[0] as Evaluate) : (scope) => !some(parts, (part) => part(scope), false)
  }

  #relation(): Evaluate {
    const left = this.#sum()
    const compare = Object.keys(RELATIONS).find((sign) => this.#take(sign))
    if (compare === undefined) return left
    const right = this.#sum()
    return (scope) => RELATIONS[compare]?.(left(scope), right(scope))
  }

  #sum(): Evaluate {
    let left = this.#not()
    while (this.#take('+')) {
      const [one, other] = [left, this.#not()]
      left = (scope) => [...listOf(one(scope)), ...listOf(other(scope))]
    }
    return left
  }

  #not(): Evaluate {
    if (!this.#take('!')) return this.#member()
    const operand = this.#not()
    return (scope) => !booleanOf(operand(scope))
  }

  #member(): Evaluate {
    let operand = this.#primary()
    while (this.#take('.')) operand = this.#selection(operand)
    return operand
  }

  #selection(operand: Evaluate): Evaluate {
    const name = this.#name()
    if (!this.#take('(')) return (scope) => fieldOf(operand(scope), name)
    if (name === 'exists') {
      const variable = this.#name()
      this.#expect(',')
      const [body] = this.#rest(')')
      if (body === undefined) return unknown(name)
      return (scope) => some(listOf(operand(scope)), (item) => body({ ...scope, [variable]: item }), true)
    }
    const [argument] = this.#rest(')')
    const method = METHODS[name]
    if (method === undefined || argument === undefined) return unknown(name)
    return (scope) => counted(method(operand(scope), textOf(argument(scope))))
  }

  #name(): string {
    const token = this.#tokens[this.#at++]
    return token?.kind === 'name' ? token.value : unknown(token?.value)
  }

  /** What is listed up to a closing sign. */
  #rest(end: string): Evaluate[] {
    const items: Evaluate[] = []
    if (this.#take(end)) return items
    do items.push(this.#choice())
    while (this.#take(','))
    this.#expect(end)
    return items
  }

  #primary(): Evaluate {
    if (this.#take('(')) {
      const [inner] = this.#rest(')')
      return inner ?? unknown('()')
    }
    if (this.#take('[')) {
      const items = this.#rest(']')
      return (scope) => items.map((item) => item(scope))
    }
    if (this.#take('{')) {
      this.#expect('}')
      return () => ({})
    }
    const token = this.#tokens[this.#at++]
    if (token?.kind === 'text') return () => token.value
    if (token?.kind === 'number') return () => Number(token.value)
    if (token?.kind !== 'name') return unknown(token?.value)
    if (token.value in LITERALS) return () => LITERALS[token.value]
    if (token.value === 'has' && this.#take('(')) return this.#has()
    if (token.value === 'size' && this.#take('(')) {
      const [argument] = this.#rest(')')
      return argument === undefined ? unknown('size()') : (scope) => sizeOf(argument(scope))
    }
    return (scope) => (token.value in scope ? scope[token.value] : unknown(token.value))
  }

  /** `has(a.b.c)`: whether `a.b` has a `c`. That there is an `a.b` is not asked. */
  #has(): Evaluate {
    let operand = this.#primary()
    this.#expect('.')
    let name = this.#name()
    while (this.#take('.')) {
      const [above, below] = [operand, name]
      operand = (scope) => fieldOf(above(scope), below)
      name = this.#name()
    }
    this.#expect(')')
    return (scope) => counted(Object.hasOwn(mapOf(operand(scope)), name))
  }
}

const LITERALS: Scope = { null: null, true: true, false: false }

const RELATIONS: Readonly<Record<string, (left: unknown, right: unknown) => boolean>> = {
  '==': isEqual,
  '!=': (left, right) => !isEqual(left, right),
  '>': (left, right) => numberOf(left) > numberOf(right),
  in: (left, right) => Object.hasOwn(mapOf(right), textOf(left))
}

const METHODS: Readonly<Record<string, (operand: unknown, argument: string) => unknown>> = {
  contains: (operand, part) => textOf(operand).includes(part),
  endsWith: (operand, end) => textOf(operand).endsWith(end),
  startsWith: (operand, start) => textOf(operand).startsWith(start),
  join: (operand, separator) => listOf(operand).map(textOf).join(separator),
  // RE2 spells the class of blanks as POSIX does.
  matches: (operand, pattern) =>
    new RegExp(pattern.replaceAll('[:space:]', '\\t\\n\\v\\f\\r '), 'u').test(textOf(operand))
}

/** As `||` and `exists` do: an error counts only where no other part has the answer. */
function some<Part>(parts: readonly Part[], evaluate: (part: Part) => unknown, wanted: boolean): boolean {
  let failed: unknown
  for (const part of parts) {
    try {
      if (booleanOf(evaluate(part)) === wanted) return true
    } catch (error) {
      failed ??= error
    }
  }
  if (failed !== undefined) throw failed
  return false
}

function counted<Value>(value: Value): Value {
  steps++
  return value
}

function fieldOf(value: unknown, name: string): unknown {
  const map = mapOf(value)
  return Object.hasOwn(map, name) ? counted(map[name]) : unknown(name)
}

function sizeOf(value: unknown): number {
  steps++
  if (typeof value === 'string') return [...value].length
  return Array.isArray(value) ? value.length : Object.keys(mapOf(value)).length
}

function isEqual(left: unknown, right: unknown): boolean {
  steps++
  if (typeof left !== 'object' || typeof right !== 'object' || left === null || right === null) return left === right
  if (Array.isArray(left) !== Array.isArray(right)) return false
  const [names, others] = [Object.keys(left), Object.keys(right)]
  if (names.length !== others.length) return false
  return names.every((name) => Object.hasOwn(right, name) && isEqual((left as Scope)[name], (right as Scope)[name]))
}

function booleanOf(value: unknown): boolean {
  return typeof value === 'boolean' ? value : unknown(value)
}

function numberOf(value: unknown): number {
  return typeof value === 'number' ? value : unknown(value)
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : unknown(value)
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : unknown(value)
}

function mapOf(value: unknown): Scope {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Scope) : unknown(value)
}

function unknown(what: unknown): never {
  throw new Error(`CEL: ${String(what)}`)
}
