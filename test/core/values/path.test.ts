import t from 'tap'
import { fieldPath, pointer } from '../../../src/core/values/path.ts'

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
