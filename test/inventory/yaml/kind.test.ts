// A document is left unparsed only where its kind is certain. What is found here beside what parsing says.
import fc from 'fast-check'
import t from 'tap'
import { objectOf } from '../../../src/core/values/json.ts'
import { declaredKind } from '../../../src/inventory/yaml/kind.ts'
import { valuesIn } from '../../../src/inventory/yaml/parse.ts'

const SECRET = { group: '', kind: 'Secret' }

const certain: readonly (readonly [text: string, kind: ReturnType<typeof declaredKind>])[] = [
  ['apiVersion: v1\nkind: Secret\n', SECRET],
  ['apiVersion: v1\nkind: Secret', SECRET],
  ['---\n# Source: x\n\napiVersion: v1\r\nkind: Secret\r\ndata:\r\n  a: b\r\n', SECRET],
  ['--- # a comment\n  # and one further in\nkind: Secret # a comment\napiVersion: v1 # another\n', SECRET],
  [
    'kind: Role\napiVersion: rbac.authorization.k8s.io/v1\nrules:\n- apiGroups: [""]\n',
    { group: 'rbac.authorization.k8s.io', kind: 'Role' }
  ],
  ['apiVersion: v1\nkind: Secret\ndata:\n  kind: StatefulSet\n  text: |\n    kind: StatefulSet\n', SECRET],
  ['apiVersion: v1\nkind: Secret\nannotation: "{{ a }}"\nx: |\n  a\tb {{ c }}\n', SECRET]
]

const uncertain: readonly string[] = [
  '',
  '# nothing\n',
  'kind: Secret\n',
  'apiVersion: v1\n',
  '{apiVersion: v1, kind: Secret}',
  '{"apiVersion": "v1", "kind": "Secret"}',
  '- apiVersion: v1\n  kind: Secret\n',
  '--- {apiVersion: v1, kind: Secret}\n',
  '---\n--- !x\napiVersion: v1\nkind: Secret\n',
  '...\napiVersion: v1\nkind: Secret\n',
  '%YAML 1.1\n---\napiVersion: v1\nkind: Secret\n',
  '\uFEFFapiVersion: v1\nkind: Secret\n',
  ' apiVersion: v1\n kind: StatefulSet\n text: "\nkind: Secret\napiVersion: v1\n "\n',
  'apiVersion: v1\nkind: Secret\nkind: StatefulSet\n',
  'apiVersion: v1\nkind: Secret\napiVersion: apps/v1\n',
  'apiVersion: v1\n"kind": StatefulSet\ntext: "\nkind: Secret\n "\n',
  "apiVersion: v1\n'kind': StatefulSet\nkind: Secret\n",
  'apiVersion: v1\nkind : StatefulSet\nkind: Secret\n',
  'apiVersion: v1\n? kind\n: StatefulSet\nkind: Secret\n',
  'apiVersion: v1\nkind: Secret\n<<: {kind: StatefulSet}\n',
  'apiVersion: v1\n&a kind: Secret\n',
  'apiVersion: v1\nkind: "Secret"\n',
  'apiVersion: v1\nkind: !!str Secret\n',
  'apiVersion: v1\nkind: *a\n',
  'apiVersion: v1\nkind: off\n',
  'apiVersion: v1\nkind: Null # a comment\n',
  'apiVersion: yes\nkind: Secret\n',
  'apiVersion: v1\nkind:\n  StatefulSet\n',
  'apiVersion: v1\nkind: Stateful Set\n',
  'apiVersion: v1\nkind: {{ .Values.kind }}\n',
  'apiVersion: v1\nkind: Secret\n{{ if .x }}\n',
  'apiVersion: v1\nkind: Secret\ndata:\n  {{ if .x }}\n',
  'apiVersion: v1\nkind: Secret\ndata:\n  a: {{ .x }}\n',
  'apiVersion: v1\nkind: Secret\ndata:\n- {{ .x }}\n',
  'apiVersion: v1\nkind: Secret\ndata:\n\ta: b\n',
  'apiVersion: v1\nkind: Secret\nnot a key\n',
  'apiVersion: v1\nkind: Secret\n-x\n'
]

t.test('the kind of a document', async (t) => {
  for (const [text, kind] of certain) t.strictSame(declaredKind(text), kind, JSON.stringify(text))
  for (const text of uncertain) t.equal(declaredKind(text), undefined, JSON.stringify(text))
})

/** Lines that matter, and what could stand around them to make them mean something else. */
const LINES = [
  'apiVersion: v1',
  'kind: Secret',
  'kind: StatefulSet',
  '"kind": StatefulSet',
  'kind : StatefulSet',
  '? kind',
  ': StatefulSet',
  ' kind: StatefulSet',
  '  StatefulSet',
  'a: "',
  "b: '",
  'c: {',
  'd: [',
  '"',
  ' "',
  "'",
  '}',
  ' }',
  ']',
  'e: |',
  'f: >-',
  'g:',
  'h: &x',
  'i: *x',
  '<<: *x',
  '- kind: StatefulSet',
  '  - a',
  '# kind: StatefulSet',
  '---',
  '...',
  '',
  '\t',
  'j: {kind: StatefulSet, a: "',
  'k: # "'
]

/** What parsing says that the objects of a text are; undefined where it says nothing. */
function kindsIn(text: string): unknown[] | undefined {
  try {
    return valuesIn(text).map(({ value }) => objectOf(value).kind)
  } catch {
    return undefined
  }
}

t.test('no document hides an object of another kind', async (t) => {
  let known = 0
  const lines = fc.array(fc.constantFrom(...LINES), { minLength: 1, maxLength: 8 })
  const property = fc.property(lines, fc.boolean(), (parts, begins) => {
    const text = [...(begins ? ['apiVersion: v1', 'kind: Secret'] : []), ...parts].join('\n')
    const declared = declaredKind(text)
    const kinds = declared === undefined ? undefined : kindsIn(text)
    if (declared === undefined || kinds === undefined) return true
    known++
    return kinds.length === 1 && kinds.every((kind) => kind === undefined || kind === declared.kind)
  })
  fc.assert(property, { numRuns: 20_000, seed: 14 })
  t.ok(known > 300, `${known} were certain`)
})
