import t from 'tap'
import { fieldPath, namedPath, pointer, valueAt } from '../../../src/core/values/path.ts'

t.test('two spellings', async (t) => {
  const table = [
    [[], '', ''],
    [['spec', 'containers', 0, 'image'], 'spec.containers[0].image', '/spec/containers/0/image'],
    [['metadata', 'labels', 'helm.sh/chart'], 'metadata.labels[helm.sh/chart]', '/metadata/labels/helm.sh~1chart'],
    [['a~b', 'c/d~'], '[a~b][c/d~]', '/a~0b/c~1d~0'],
    [['policies', 'claim-template-labels'], 'policies.claim-template-labels', '/policies/claim-template-labels']
  ] as const
  for (const [path, field, json] of table) {
    t.equal(fieldPath(path), field)
    t.equal(pointer(path), json)
  }
})

const POD = { spec: { containers: [{ name: 'a.b', args: ['x'] }, { image: 'c' }, null] } }
const SET = { spec: { volumeClaimTemplates: [{ metadata: { name: 'data' } }, { metadata: { name: 7 } }] } }

t.test('names in the place of numbers', async (t) => {
  const table = [
    [[], ''],
    [['spec', 'containers', 0, 'image'], 'spec.containers[a.b].image'],
    [['spec', 'containers', 0, 'args', 0], 'spec.containers[a.b].args[]'],
    [['spec', 'containers', 1, 'image'], 'spec.containers[].image'],
    [['spec', 'containers', 2], 'spec.containers[]'],
    [['spec', 'containers', 9, 'x', 3], 'spec.containers[].x[]'],
    [
      ['spec', 'volumeClaimTemplates', 0, 'metadata', 'labels', 'a/b'],
      'spec.volumeClaimTemplates[data].metadata.labels[a/b]'
    ],
    [['spec', 'volumeClaimTemplates', 1], 'spec.volumeClaimTemplates[]']
  ] as const
  for (const [path, named] of table) t.equal(namedPath(path, POD, SET), named)
})

t.test('what stands at a path', async (t) => {
  t.equal(valueAt(POD, ['spec', 'containers', 0, 'args', 0]), 'x')
  t.equal(valueAt(POD, ['spec', 'containers', 2]), null)
  for (const path of [['constructor'], ['spec', 'containers', 'length'], ['spec', 0], ['spec', 'containers', 2, 'x']])
    t.equal(valueAt(POD, path), undefined, path.join('.'))
})

t.test('a path is one line, whatever its keys are', async (t) => {
  t.equal(fieldPath(['spec', 'selector', 'a\n\u001b[2J::b']), 'spec.selector[a\\n\\u001b[2J::b]')
  t.equal(fieldPath(['##', 'error']), '[##].error')
  t.equal(fieldPath(['##[error]']), '[\\u0023#[error]]')
  t.equal(fieldPath(['a'.repeat(1e6), 'b']).length, 500)
})
