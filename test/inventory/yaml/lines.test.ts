import t from 'tap'
import type { Path } from '../../../src/core/values/path.ts'
import { Lines } from '../../../src/inventory/yaml/lines.ts'

const YAML = `# a comment
---
apiVersion: v1
"quoted key": {flow: [1,
  {deep: 2}]}
spec:

  list:
  - name: a
    &anchor key: value
  # between
  -
    name: b
  text: |
    name: no key
  alias: *anchor
a.b/c: 1
`

const cases: readonly (readonly [Path, number])[] = [
  [[], 2],
  [['apiVersion'], 2],
  [['quoted key'], 3],
  [['quoted key', 'flow'], 3],
  [['quoted key', 'flow', 1], 4],
  [['quoted key', 'flow', 1, 'deep'], 4],
  [['spec'], 5],
  [['spec', 'list'], 7],
  [['spec', 'list', 0], 8],
  [['spec', 'list', 0, 'name'], 8],
  [['spec', 'list', 0, 'key'], 9],
  [['spec', 'list', 1, 'name'], 12],
  [['spec', 'text'], 13],
  [['spec', 'alias'], 15],
  [['a.b/c'], 16],
  [['spec', 'absent', 'deeper'], 5],
  [['spec', 'list', 7], 7],
  [['absent'], 2]
]

t.test('the line of a field, or of what is there above it', async (t) => {
  for (const text of [YAML, YAML.replaceAll('\n', '\r\n')]) {
    const lines = new Lines(text)
    for (const [path, line] of cases) t.equal(lines.lineOf(path), line, path.join('.'))
  }
})

/** Columns from 1; the frame as its first line and its texts. */
const positions: readonly (readonly [text: string, path: Path, column: number, first: number, lines: string[]])[] = [
  [YAML, ['spec', 'list', 0, 'name'], 5, 7, ['  list:', '  - name: a', '    &anchor key: value']],
  [YAML, ['a.b/c'], 1, 15, ['  alias: *anchor', 'a.b/c: 1']],
  [YAML, [], 1, 1, ['---', 'apiVersion: v1', '"quoted key": {flow: [1,']],
  ['a: 1', ['a'], 1, 0, ['a: 1']],
  ['a: 1\nb:\n  c: 2\n', ['b', 'gone'], 1, 0, ['a: 1', 'b:', '  c: 2']],
  ['---\r\na:\tx\r\n', ['a'], 1, 0, ['---', 'a:  x']],
  ['', ['a'], 1, 0, ['']]
]

t.test('the column of a field, and the lines around it', async (t) => {
  for (const [text, path, column, first, lines] of positions) {
    const position = new Lines(text).positionOf(path)
    t.strictSame(position, { line: new Lines(text).lineOf(path), column, frame: { first, lines } }, path.join('.'))
  }
})

t.test('of a line without an end, what stands around the field', async (t) => {
  const long = `{"a": "${'x'.repeat(5000)}", "b": 1, "c": "${'y'.repeat(5000)}"}`
  const { column, frame } = new Lines(long).positionOf(['b'])
  t.equal(long.slice(column - 2, column + 1), '"b"')
  t.match(frame.lines[0], /^…x+", "b": 1, "c": "y+…$/)
  t.equal(frame.lines[0]?.length, 162)
  t.match(new Lines(long).positionOf([]).frame.lines[0], /^\{"a": "x+…$/)
})

t.test('what stands in another document is in no frame', async (t) => {
  const text = 'kind: Secret\n---\nkind: Pod\n---\nkind: Secret\n'
  const [begin, end] = [text.indexOf('kind: Pod'), text.lastIndexOf('---')]
  const { frame } = new Lines(text, begin, end).positionOf(['kind'])
  t.strictSame(frame, { first: 2, lines: ['kind: Pod'] })
  const json = '{"kind":"Secret"}{"kind":"Pod"}{"kind":"Secret"}'
  const middle = new Lines(json, 17, 31).positionOf(['kind'])
  t.strictSame(middle, { line: 0, column: 20, frame: { first: 0, lines: ['{"kind":"Pod"}'] } })
})

t.test('JSON has lines too', async (t) => {
  const lines = new Lines('{\n  "items": [\n    {"a": 1},\n    {"a":\n 2}]}')
  t.equal(lines.lineOf(['items', 1]), 3)
  t.equal(lines.lineOf(['items', 1, 'a']), 3)
})

t.test('of two keys that are the same, the one that counts', async (t) => {
  t.equal(new Lines('a: 1\na:\n  b: 1\n').lineOf(['a', 'b']), 2)
})

t.test('a text without positions is pointed at as a whole', async (t) => {
  for (const text of ['', '# nothing', 'a: [1,\n\t2]']) t.equal(new Lines(text).lineOf(['a', 0]), 0)
})

t.test('a long List is walked once, not once for each item', async (t) => {
  // Counted from the start for each of them, this would be 2 GB of text.
  const items = Array.from({ length: 20_000 }, (_, index) => `- metadata: {name: a${index}}`)
  const lines = new Lines(`items:\n${items.join('\n')}\n`)
  for (let index = 0; index < items.length; index++) {
    if (lines.lineOf(['items', index, 'metadata', 'name']) !== index + 1) t.fail(`item ${index}`)
  }
  t.pass('all of them')
})
