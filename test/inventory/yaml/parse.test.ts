import t from 'tap'
import { InvalidDocument, valuesIn } from '../../../src/inventory/yaml/parse.ts'

const read: readonly (readonly [name: string, text: string, values: readonly unknown[]])[] = [
  ['nothing', '', []],
  ['blank lines', '\n \n', []],
  ['comments', '# a\n', []],
  ['a marker and nothing behind it', '---\n', [null]],
  ['a byte order mark', '\uFEFFa: 1', [{ a: 1 }]],
  ['a tab behind a colon and before a comment', 'a:\tb\t# c\n\t\nd: e', [{ a: 'b', d: 'e' }]],
  ['tabs inside of brackets', 'a: [1,\n\t2]\n', [{ a: [1, 2] }]],
  ['JSON, indented with tabs', '{\n\t"a": [1]\n}', [{ a: [1] }]],
  ['JSON behind a byte order mark', '\uFEFF{"a": 1}', [{ a: 1 }]],
  ['JSON behind an empty line and a byte order mark', '\n\uFEFF{"a": 1}', [{ a: 1 }]],
  ['JSON with a byte order mark in a text', '{"a": "\uFEFFb"}', [{ a: '\uFEFFb' }]],
  ['several JSON objects', '{"a": "}{"}\n{"b": "\\""}{"c": {}}', [{ a: '}{' }, { b: '"' }, { c: {} }]],
  ['flow YAML', '{a: 1, b: [c]}', [{ a: 1, b: ['c'] }]],
  ['booleans as kubectl reads them', 'a: yes\nb: off\nc: "yes"', [{ a: true, b: false, c: 'yes' }]],
  [
    'whole numbers as kubectl reads them',
    'a: 0644\nb: 0o17\nc: 0b11\nd: -0x1F\ne: 1_000\nf: 08\ng: 12:30\nh: 1e3\ni: "0644"\nj: 0',
    [{ a: 420, b: 15, c: 3, d: -31, e: 1000, f: 8, g: '12:30', h: 1000, i: '0644', j: 0 }]
  ],
  ['an end marker before it', '...\na: 1', [{ a: 1 }]],
  ['an end marker before JSON', '... # end\n{"a": 1}', [{ a: 1 }]],
  ['a date stays a text', 'a: 2026-11-21', [{ a: '2026-11-21' }]],
  ['the last of two equal keys', 'a: 1\na: 2', [{ a: 2 }]],
  ['anchors and merges', 'a: &a {x: 1}\nb: {<<: *a, z: 2}\nc: *a', [{ a: { x: 1 }, b: { x: 1, z: 2 }, c: { x: 1 } }]],
  [
    'tags of other tools',
    'a: !Ref b\nc: !!binary aGk=\nd: !Sub [e]\nf: !x {g: 1}',
    [{ a: 'b', c: 'aGk=', d: ['e'], f: { g: 1 } }]
  ],
  ['a key of evil name', '__proto__: {a: 1}', [JSON.parse('{"__proto__": {"a": 1}}')]]
]

t.test('what can be read', async (t) => {
  for (const [name, text, values] of read)
    t.strictSame(
      valuesIn(text).map(({ value }) => value),
      values,
      name
    )
  t.equal(({} as { a?: number }).a, undefined, 'and nothing has changed what every object inherits')
})

const bomb = ['a: &a [x, x, x, x, x, x, x, x]', ...'bcdefghi'].map((line, index, lines) =>
  index === 0
    ? line
    : `${line}: &${line} [${Array(8)
        .fill(`*${index === 1 ? 'a' : lines[index - 1]}`)
        .join()}]`
)
const numbers = Array.from({ length: 400 }, (_, index) => index).join()
const chain = Array.from({ length: 1000 }, (_, index) => `- &a${index} [${index === 0 ? 'x' : `*a${index - 1}`}]`)

const refused: readonly (readonly [name: string, text: string, message: RegExp, line: number])[] = [
  ['a colon too much', 'a: 1\nb: c: d\n', /bad indentation/, 1],
  ['a tab as indentation', 'a:\n\tb: 1\n', /tab characters/, 1],
  ['a template', 'a: 1\nb:\n  {{- include "x" . }}\n', /looks like a template: render it first, with helm template/, 2],
  ['lists in lists', '['.repeat(100_000), /nest/, 0],
  ['maps in maps', '{"a":'.repeat(100_000), /nest/, 0],
  ['aliases of aliases', bomb.join('\n'), /stands for more than 4,000,000 values/, 0],
  ['an alias of what it stands in', 'a: &a [*a]', /stands for more/, 0],
  ['a long chain of aliases', chain.join('\n'), /500 levels/, 0],
  ['many aliases of a long text', `a: &a ${'x'.repeat(1e6)}\nb: [${Array(100).fill('*a').join()}]`, /64 MiB/, 0],
  ['aliases of a few lines', bomb.slice(0, 4).join('\n'), /aliases stand for many times/, 0],
  ['many aliases of many values', `a: &a [${numbers}]\nb: [${Array(300).fill('*a').join()}]`, /aliases stand for/, 0],
  ['aliases of a text', `a: &a ${'x'.repeat(20_000)}\nb: [${Array(90).fill('*a').join()}]`, /aliases stand for/, 0],
  ['JSON in JSON in JSON', `${'{"a":'.repeat(20_000)}1${'}'.repeat(20_000)}`, /nested/, 0],
  ['an alias of nothing', 'a: *b', /alias/, 0]
]

t.test('where values stand that follow each other', async (t) => {
  const text = '...\n{"a": "}{\\""}\n {"b": 1}'
  t.strictSame(
    valuesIn(text).map(({ begin, end }) => text.slice(begin, end)),
    ['{"a": "}{\\""}', '{"b": 1}']
  )
})

t.test('time grows with the text, and not with its square', async (t) => {
  const rows: readonly (readonly [string, (n: number) => string])[] = [
    ['quotes that never end', (n) => `{"${'\\"'.repeat(n)}`],
    ['one object after the other', (n) => '{}'.repeat(n)],
    ['braces', (n) => '{}{'.repeat(n)]
  ]
  for (const [name, make] of rows) {
    const costOf = (n: number): number => {
      const text = make(n)
      const before = process.cpuUsage()
      t.doesNotThrow(() => {
        try {
          valuesIn(text)
        } catch (error) {
          if (!(error instanceof InvalidDocument)) throw error
        }
      }, name)
      const { user, system } = process.cpuUsage(before)
      return user + system
    }
    costOf(2000)
    // Sixteen times the text: squared it would be 256 times the time.
    const [few, many] = [costOf(20_000), costOf(320_000)]
    t.ok(many < 100 * Math.max(few, 2000), `${name}: ${few} µs, ${many} µs`)
  }
})

t.test('what cannot be read', async (t) => {
  for (const [name, text, message, line] of refused) {
    try {
      valuesIn(text)
      t.fail(name)
    } catch (error) {
      t.ok(error instanceof InvalidDocument, name)
      t.match((error as Error).message, message, `${name}: reason`)
      t.equal((error as InvalidDocument).line, line, `${name}: line`)
    }
  }
})

t.test('many aliases of a small value are fine', async (t) => {
  const text = `a: &a {x: 1}\nb: [${Array(1000).fill('*a').join(', ')}]`
  t.match(valuesIn(text), [{ value: { b: Array(1000).fill({ x: 1 }) } }])
  // As somebody writes who has a hundred containers with the same resources.
  const resources = `a: &a [${numbers}]\nb: [${Array(100).fill('*a').join()}]`
  t.match(valuesIn(resources), [{ value: { b: Array(100).fill(Array) } }])
})
