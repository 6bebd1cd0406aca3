import fc from 'fast-check'
import t from 'tap'
import { documentsIn } from '../../../src/inventory/files/documents.ts'

async function cut(chunks: readonly string[], largest?: number): Promise<unknown[]> {
  async function* stream(): AsyncGenerator<string> {
    yield* chunks
  }
  const documents = []
  for await (const document of documentsIn(stream(), largest)) documents.push(document)
  return documents
}

interface Case {
  readonly name: string
  readonly text: string
  /** The line and the text of each document. */
  readonly documents: readonly (readonly [number, string])[]
}

const cases: readonly Case[] = [
  { name: 'nothing', text: '', documents: [] },
  { name: 'one document without a marker', text: 'a: 1\n', documents: [[1, 'a: 1\n']] },
  { name: 'no line break at the end', text: 'a: 1', documents: [[1, 'a: 1']] },
  {
    name: 'two documents',
    text: 'a: 1\n---\nb: 2\n',
    documents: [
      [1, 'a: 1\n'],
      [2, '---\nb: 2\n']
    ]
  },
  {
    name: 'an empty document between',
    text: '---\na: 1\n---\n---\nb: 2\n',
    documents: [
      [1, '---\na: 1\n'],
      [3, '---\n---\nb: 2\n']
    ]
  },
  { name: 'a licence before the first marker', text: '# (c)\n\n---\na: 1\n', documents: [[1, '# (c)\n\n---\na: 1\n']] },
  { name: 'a directive', text: '%YAML 1.1\n---\na: 1\n', documents: [[1, '%YAML 1.1\n---\na: 1\n']] },
  {
    name: 'CRLF',
    text: 'a: 1\r\n---\r\nb: 2\r\n',
    documents: [
      [1, 'a: 1\r\n'],
      [2, '---\r\nb: 2\r\n']
    ]
  },
  {
    name: 'an end marker',
    text: 'a: 1\n...\n---\nb: 2\n',
    documents: [
      [1, 'a: 1\n'],
      [2, '...\n---\nb: 2\n']
    ]
  },
  {
    name: 'a value on the line of the marker',
    text: '--- {a: 1}\n--- # b\nb: 2\n',
    documents: [
      [1, '--- {a: 1}\n'],
      [2, '--- # b\nb: 2\n']
    ]
  },
  { name: 'dashes that are no marker', text: 'a: |\n  ---\n----\n', documents: [[1, 'a: |\n  ---\n----\n']] },
  {
    name: 'a marker inside of a block of text',
    text: 'a: |\n  x\n---\nb: 2\n',
    documents: [
      [1, 'a: |\n  x\n'],
      [3, '---\nb: 2\n']
    ]
  },
  {
    name: 'a marker at the very end',
    text: 'a: 1\n---',
    documents: [
      [1, 'a: 1\n'],
      [2, '---']
    ]
  }
]

t.test('a stream is cut at its markers', async (t) => {
  for (const { name, text, documents } of cases) {
    const expected = documents.map(([line, text]) => ({ text, line }))
    t.strictSame(await cut([text]), expected, name)
    t.strictSame(await cut([...text]), expected, `${name}, one character after the other`)
  }
})

t.test('however the stream is cut, nothing is lost and lines are right', async (t) => {
  const piece = fc.constantFrom('---', '...', '\n', '\r\n', 'a: 1', '# c', ' ', '-', '--- x', '%Y')
  const property = fc.asyncProperty(fc.array(fc.array(piece)), async (chunks) => {
    const texts = chunks.map((pieces) => pieces.join(''))
    const whole = texts.join('')
    const documents = (await cut(texts)) as { text: string; line: number }[]
    let seen = ''
    for (const { text, line } of documents) {
      if (line !== seen.split('\n').length) return false
      seen += text
    }
    return whole.startsWith(seen) && whole.slice(seen.length).trim() === ''
  })
  await t.resolves(fc.assert(property, { numRuns: 300 }))
})

t.test('a document that is too large is given up, and no other one with it', async (t) => {
  const large = `a: ${'x'.repeat(100)}\n`
  const rows: readonly (readonly [string, string, readonly object[]])[] = [
    ['alone', large, [{ oversized: true, line: 1 }]],
    [
      'the first',
      `${large}---\nb: 1\n`,
      [
        { oversized: true, line: 1 },
        { text: '---\nb: 1\n', line: 2 }
      ]
    ],
    [
      'the second',
      `b: 1\n---\n${large}---\nc: 1\n`,
      [
        { text: 'b: 1\n', line: 1 },
        { oversized: true, line: 2 },
        { text: '---\nc: 1\n', line: 4 }
      ]
    ],
    [
      'two in a row',
      `${large}---\n${large}`,
      [
        { oversized: true, line: 1 },
        { oversized: true, line: 2 }
      ]
    ]
  ]
  for (const [name, text, expected] of rows) {
    t.strictSame(await cut([text], 50), expected, name)
    t.strictSame(await cut(text.match(/.{1,7}|\n/gs) ?? [], 50), expected, `${name}, in small pieces`)
  }
})

t.test('behind a document that was given up, a marker is one however it arrives', async (t) => {
  const big = `a: ${'x'.repeat(60)}\n`
  const gone = { oversized: true, line: 1 }
  for (const chunks of [
    [big, '-', '--', '\nkind: Pod\n'],
    [big, '--', '-\nkind: Pod\n'],
    [big, '---\nkind:', ' P', 'od\n']
  ]) {
    t.strictSame(await cut(chunks, 50), [gone, { text: '---\nkind: Pod\n', line: 2 }], chunks.slice(1).join('|'))
  }
  const long = 'y'.repeat(5000)
  const inline = await cut([big, `--- {"a": "${long}`, long, '"}\n---\nb: 1\n'], 20_000)
  t.match(inline, [{ text: big }, { text: `--- {"a": "${long}${long}"}\n`, line: 2 }, { text: '---\nb: 1\n', line: 3 }])
})

t.test('a document may be as large as is said', async (t) => {
  t.strictSame(await cut(['a: 1'], 4), [{ text: 'a: 1', line: 1 }])
  t.strictSame(await cut(['a: 12'], 4), [{ oversized: true, line: 1 }])
})
