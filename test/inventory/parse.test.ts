import t from 'tap'
import { InvalidDocument, valuesIn } from '../../src/inventory/parse.ts'

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
  ['several JSON objects', '{"a": "}{"}\n{"b": "\\""}{"c": {}}', [{ a: '}{' }, { b: '"' }, { c: {} }]],
  ['flow YAML', '{a: 1, b: [c]}', [{ a: 1, b: ['c'] }]],
  ['booleans as kubectl reads them', 'a: yes\nb: off\nc: "yes"', [{ a: true, b: false, c: 'yes' }]],
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
  for (const [name, text, values] of read) t.strictSame(valuesIn(text), values, name)
  t.equal(({} as { a?: number }).a, undefined, 'and nothing has changed what every object inherits')
})

const bomb = ['a: &a [x, x, x, x, x, x, x, x]', ...'bcdefghi'].map((line, index, lines) =>
  index === 0
    ? line
    : `${line}: &${line} [${Array(8)
        .fill(`*${index === 1 ? 'a' : lines[index - 1]}`)
        .join()}]`
)
const chain = Array.from({ length: 3000 }, (_, index) => `- &a${index} [${index === 0 ? 'x' : `*a${index - 1}`}]`)

const refused: readonly (readonly [name: string, text: string, message: RegExp, line: number])[] = [
  ['a colon too much', 'a: 1\nb: c: d\n', /bad indentation/, 1],
  ['a tab as indentation', 'a:\n\tb: 1\n', /tab characters/, 1],
  ['a template', 'a: 1\nb:\n  {{- include "x" . }}\n', /looks like a template: render it first, with helm template/, 2],
  ['lists in lists', '['.repeat(100_000), /nest/, 0],
  ['maps in maps', '{"a":'.repeat(100_000), /nest/, 0],
  ['aliases of aliases', bomb.join('\n'), /aliases stand for more than 1,000,000 values/, 0],
  ['an alias of what it stands in', 'a: &a [*a]', /aliases/, 0],
  ['a long chain of aliases', chain.join('\n'), /aliases/, 0],
  ['an alias of nothing', 'a: *b', /alias/, 0]
]

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
  t.match(valuesIn(text), [{ b: Array(1000).fill({ x: 1 }) }])
})
