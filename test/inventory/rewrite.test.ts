import t from 'tap'
import type { Operation } from '../../src/core/patch.ts'
import type { Path } from '../../src/core/path.ts'
import { rewritten, unifiedDiff } from '../../src/inventory/rewrite.ts'

interface Case {
  readonly name: string
  readonly text: string
  readonly within?: Path
  readonly operations: readonly Operation[]
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
    becomes: '{\n  "a": {\n    "b": 1,\n    "d": "x"\n  },\n  "c": "A"\n}\n'
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
    t.equal(rewritten(text, [{ within, operations }]), becomes, name)
  }
})

t.test('aliases', async (t) => {
  const operations: Operation[] = [{ op: 'replace', path: '/b/x', value: 2 }]
  const change = { within: [], operations }
  t.equal(rewritten('a: &a {x: 1}\nb: *a\n', [change]), 'a: &a {x: 1}\nb: {x: 2}\n', 'one is written out')
  t.throws(
    () => rewritten('b: &b {x: 1}\na: *b\n', [change]),
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
