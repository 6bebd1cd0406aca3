import { mkdirSync, symlinkSync } from 'node:fs'
import { join, relative } from 'node:path'
import { Readable } from 'node:stream'
import t from 'tap'
import { documentsOf, type Met } from '../../../src/inventory/files/walk.ts'
import { filesIn } from '../../helpers/files.ts'

async function walk(directory: string, sources: readonly string[] = [directory], input = Readable.from([])) {
  const met: Met[] = []
  for await (const one of documentsOf(sources, input)) met.push(one)
  return met.map((one) => {
    const where = 'directory' in one ? one.directory : one.file
    const name = where.startsWith(directory) ? relative(directory, where) : where
    if (one.kind === 'document') return `${name}: ${one.document.text}`
    return one.kind === 'problem'
      ? `${name}:${one.line ?? ''} ${one.error.code} ${one.error.message}`
      : `${one.kind} ${name}`
  })
}

t.test('what a directory holds, in the order of its names', async (t) => {
  const directory = filesIn({
    'b.yml': 'b: 1',
    'a.yaml': 'a: 1\n---\na: 2\n',
    'sub/c.JSON': '{}',
    'sub/readme.md': 'x',
    '.git/config.yaml': 'x: 1',
    '.hidden.yaml': 'x: 1',
    'node_modules/p/p.yaml': 'x: 1',
    'chart/Chart.yaml': 'name: x',
    'chart/templates/sts.yaml': '{{ x }}',
    'chart/values.yaml': 'v: 1',
    'templates/of-no-chart.yaml': 't: 1'
  })
  t.strictSame(await walk(directory), [
    'a.yaml: a: 1\n',
    'a.yaml: ---\na: 2\n',
    'file a.yaml',
    'b.yml: b: 1',
    'file b.yml',
    'chart/Chart.yaml: name: x',
    'file chart/Chart.yaml',
    'skipped chart/templates',
    'chart/values.yaml: v: 1',
    'file chart/values.yaml',
    'sub/c.JSON: {}',
    'file sub/c.JSON',
    'templates/of-no-chart.yaml: t: 1',
    'file templates/of-no-chart.yaml'
  ])
})

t.test('what is named is read, whatever it is called', async (t) => {
  const directory = filesIn({
    'notes.txt': 'a: 1',
    '.hidden.yaml': 'b: 1',
    'chart/Chart.yaml': 'c: 1',
    'chart/templates/d.yaml': 'd: 1'
  })
  const sources = ['notes.txt', '.hidden.yaml', 'chart/templates'].map((name) => join(directory, name))
  const documents = (await walk(directory, sources)).filter((line) => !line.startsWith('file '))
  t.strictSame(documents, ['notes.txt: a: 1', '.hidden.yaml: b: 1', 'chart/templates/d.yaml: d: 1'])
})

t.test('standard input', async (t) => {
  const input = Readable.from([Buffer.from('a: \u00e9'), Buffer.from('\n---\n'), Buffer.from('b: 1')])
  t.strictSame(await walk('/nowhere', ['-'], input), ['-: a: \u00e9\n', '-: ---\nb: 1', 'file -'])
})

t.test('a character on the border of two chunks is one', async (t) => {
  const bytes = Buffer.from('a: \u{1f41a}\n')
  const input = Readable.from([...bytes].map((byte) => Buffer.from([byte])))
  t.strictSame(await walk('/nowhere', ['-'], input), ['-: a: \u{1f41a}\n', 'file -'])
})

t.test('standard input with nothing in it', async (t) => {
  for (const text of ['', ' \n\n']) {
    t.match(await walk('/nowhere', ['-'], Readable.from([Buffer.from(text)])), [
      /^-: SOURCE_EMPTY There is nothing in it/
    ])
  }
})

t.test('many ways to one directory', async (t) => {
  const directory = filesIn({ 'd0/a.yaml': 'a: 1' })
  for (let depth = 1; depth < 20; depth++) {
    mkdirSync(join(directory, `d${depth}`))
    for (const name of ['x', 'y']) symlinkSync(join(directory, `d${depth - 1}`), join(directory, `d${depth}`, name))
  }
  const met = await walk(join(directory, 'd19'))
  t.equal(met.filter((line) => line.includes('a: 1')).length, 1, 'are one way')
})

t.test('links', async (t) => {
  const directory = filesIn({ 'real/a.yaml': 'a: 1', 'real/deep/b.yaml': 'b: 1' })
  symlinkSync(directory, join(directory, 'real/deep/loop'))
  symlinkSync(join(directory, 'real/a.yaml'), join(directory, 'link.yaml'))
  symlinkSync('nowhere.yaml', join(directory, 'dangling.yaml'))
  symlinkSync('nowhere.txt', join(directory, 'dangling.txt'))
  symlinkSync('round.yaml', join(directory, 'round.yaml'))
  mkdirSync(join(directory, 'empty.yaml'))
  t.match(await walk(directory), [
    /^dangling.yaml: SOURCE_UNREADABLE It cannot be read: ENOENT: no such file or directory\. Check the path/,
    'link.yaml: a: 1',
    'file link.yaml',
    'real/a.yaml: a: 1',
    'file real/a.yaml',
    'real/deep/b.yaml: b: 1',
    'file real/deep/b.yaml',
    /^real\/deep\/loop: SOURCE_UNREADABLE It cannot be read: it leads back to a directory above it/,
    /^round.yaml: SOURCE_UNREADABLE It cannot be read: ELOOP/
  ])
})

const hostile: readonly (readonly [name: string, content: Uint8Array, met: readonly (string | RegExp)[]])[] = [
  ['binary.yaml', Buffer.from([0x7f, 0x45, 0x00, 0x01]), [/^binary.yaml: SOURCE_NOT_TEXT It is binary/]],
  ['latin.yaml', Buffer.from('a: \u00e9', 'latin1'), [/^latin.yaml: SOURCE_NOT_TEXT It is not text in UTF-8/]],
  ['utf16.yaml', Buffer.from('\uFEFFa: 1', 'utf16le'), [/^utf16.yaml: SOURCE_NOT_TEXT/]],
  [
    'scalar.yaml',
    Buffer.concat([Buffer.from('a: "'), Buffer.alloc(17 * 1024 * 1024, 'y'), Buffer.from('"\n---\nb: 1')]),
    [/^scalar.yaml:1 SOURCE_TOO_LARGE The document has more than 16 MiB/, 'scalar.yaml: ---\nb: 1', 'file scalar.yaml']
  ]
]

t.test('files that nobody should have to read', async (t) => {
  for (const [name, content, met] of hostile) t.match(await walk(filesIn({ [name]: content })), met, name)
  t.match(await walk('/nowhere', ['/nowhere/a.yaml']), [/SOURCE_UNREADABLE It cannot be read: ENOENT: no such file/])
})
