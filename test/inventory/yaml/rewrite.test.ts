import t from 'tap'
import type { PatchOperation } from '../../../src/core/patch.ts'
import type { Path } from '../../../src/core/values/path.ts'
import { rewritten, unifiedDiff } from '../../../src/inventory/yaml/rewrite.ts'

interface Case {
  readonly name: string
  readonly text: string
  readonly within?: Path
  readonly operations: readonly PatchOperation[]
  readonly becomes: string
}

const cases: readonly Case[] = [
  {
    name: 'a value keeps its quotation marks, and all the rest its looks',
    text: '# c\nlabels:\n  a: "1"   # one\n  b:   {x: [1,2]}\nlist:\n- a\n-   b\n',
    operations: [{ op: 'replace', path: '/labels/a', value: '2' }],
    becomes: '# c\nlabels:\n  a: "2" # one\n  b:   {x: [1,2]}\nlist:\n- a\n-   b\n'
  },
  {
    name: 'a text that would be read as a number is quoted',
    text: 'labels:\n  a: x\n',
    operations: [{ op: 'add', path: '/labels/b', value: '1' }],
    becomes: 'labels:\n  a: x\n  b: "1"\n'
  },
  {
    name: 'a field that is removed',
    text: 'labels:\n  a: 1 # gone with it\n  b: 2\n',
    operations: [{ op: 'remove', path: '/labels/a' }],
    becomes: 'labels:\n  b: 2\n'
  },
  {
    name: 'a key with a slash and a tilde',
    text: 'labels:\n  x: y\n',
    operations: [{ op: 'add', path: '/labels/a.b~1c~0d', value: 'z' }],
    becomes: 'labels:\n  x: y\n  a.b/c~d: z\n'
  },
  {
    name: 'an item that is put between two',
    text: 'list:\n  - a\n  - c\n',
    operations: [{ op: 'add', path: '/list/1', value: 'b' }],
    becomes: 'list:\n  - a\n  - b\n  - c\n'
  },
  {
    name: 'an object in a List',
    text: 'kind: List\nitems:\n- kind: A\n  x: 1\n- kind: B\n  x: 1\n',
    within: ['items', 1],
    operations: [{ op: 'replace', path: '/x', value: 2 }],
    becomes: 'kind: List\nitems:\n- kind: A\n  x: 1\n- kind: B\n  x: 2\n'
  },
  {
    name: 'CRLF stays CRLF',
    text: 'a: 1\r\nb: 2\r\n',
    operations: [{ op: 'replace', path: '/b', value: 3 }],
    becomes: 'a: 1\r\nb: 3\r\n'
  },
  {
    name: 'JSON stays JSON',
    text: '{\n  "a": {\n    "b": 1\n  },\n  "c": "\\u0041"\n}\n',
    operations: [{ op: 'add', path: '/a/d', value: 'x' }],
    becomes: '{\n  "a": {\n    "b": 1,\n    "d": "x"\n  },\n  "c": "\\u0041"\n}\n'
  },
  {
    name: 'four spaces stay four',
    text: 'a:\n    b:\n        c: >-\n            folded\n            text\n    d: 1\n',
    operations: [{ op: 'add', path: '/a/e', value: { f: 'g' } }],
    becomes: 'a:\n    b:\n        c: >-\n            folded\n            text\n    d: 1\n    e:\n        f: g\n'
  },
  {
    name: 'null in the place of what is added',
    text: 'a: 1\nb: # nothing yet\nc: 2\n',
    operations: [{ op: 'add', path: '/b', value: { d: 1 } }],
    becomes: 'a: 1\nb:\n  d: 1\nc: 2\n'
  },
  {
    name: 'numbers are written as they were, however the document has to be printed',
    text: "a: 0644\nb: 9007199254740993\nc: 1_000\nd: 2026-11-21\nx: ['u',\n  v]\nz:\n    q: [1,\n      2]\n",
    operations: [{ op: 'replace', path: '/z/q/1', value: 3 }],
    becomes: "a: 0644\nb: 9007199254740993\nc: 1000\nd: 2026-11-21\nx: ['u', v]\nz:\n    q: [1, 3]\n"
  },
  {
    name: 'a text that kubectl would read as something else is quoted',
    text: 'a:\n  x: y\n',
    operations: [
      { op: 'add', path: '/a/b', value: 'no' },
      { op: 'add', path: '/a/c', value: '20240101_120000' },
      { op: 'add', path: '/a/d', value: '0o17' },
      { op: 'add', path: '/a/y', value: 'v1' }
    ],
    becomes: 'a:\n  x: y\n  b: "no"\n  c: "20240101_120000"\n  d: "0o17"\n  "y": v1\n'
  },
  {
    name: 'a number keeps the comment behind it',
    text: 'a: 30 # seconds\n',
    operations: [{ op: 'replace', path: '/a', value: 45 }],
    becomes: 'a: 45 # seconds\n'
  },
  {
    name: 'the marker and the comment above',
    text: '---\n# Source: x\na: 1\n',
    operations: [{ op: 'add', path: '/b', value: { c: [1] } }],
    becomes: '---\n# Source: x\na: 1\nb:\n  c:\n    - 1\n'
  }
]

t.test('a document with what was changed in it, and nothing else', async (t) => {
  for (const { name, text, within = [], operations, becomes } of cases) {
    t.equal(rewritten(text, [{ begin: 0, end: text.length, within, operations }]), becomes, name)
  }
})

t.test('one of several values in a document', async (t) => {
  const text = '{"a": 1}\n{\n  "a": 1,\n  "b": {}\n}\n{"a": 1}\n'
  const begin = text.indexOf('{\n')
  const end = text.indexOf('}\n}') + 3
  const operations: PatchOperation[] = [{ op: 'replace', path: '/a', value: 2 }]
  t.equal(rewritten(text, [{ begin, end, within: [], operations }]), '{"a": 1}\n{\n  "a": 2,\n  "b": {}\n}\n{"a": 1}\n')
})

t.test('a number that would not be the same any more', async (t) => {
  const text = '{"a": 12345678901234567890, "b": 1}'
  const operations: PatchOperation[] = [{ op: 'replace', path: '/b', value: 2 }]
  t.throws(() => rewritten(text, [{ begin: 0, end: text.length, within: [], operations }]), /cannot be written again/)
})

t.test('aliases', async (t) => {
  const operations: PatchOperation[] = [{ op: 'replace', path: '/b/x', value: 2 }]
  const inside = (text: string): string => rewritten(text, [{ begin: 0, end: text.length, within: [], operations }])
  t.equal(inside('a: &a {x: 1}\nb: *a\n'), 'a: &a {x: 1}\nb: {x: 2}\n', 'one is written out')
  t.throws(
    () => inside('b: &b {x: 1}\na: *b\n'),
    /another part of the document stands for the same/,
    'what others stand for cannot be changed for them'
  )
})

t.test('a diff that git apply takes', async (t) => {
  t.equal(unifiedDiff('dir/a.yaml', 'a: 1\n', 'a: 1\n'), '')
  t.equal(
    unifiedDiff('/dir/a.yaml', 'a: 1\nb: 2\n', 'a: 1\nb: 3\n'),
    '--- a/dir/a.yaml\n+++ b/dir/a.yaml\n@@ -1,2 +1,2 @@\n a: 1\n-b: 2\n+b: 3\n'
  )
})
