import t from 'tap'
import { proposedPaths } from '../../../src/inventory/files/propose.ts'
import { filesIn } from '../../helpers/files.ts'

const WANTED = 'apiVersion: apps/v1\nkind: StatefulSet\nmetadata: { name: a }\n'
const OTHER = 'apiVersion: v1\nkind: Service\nmetadata: { name: a }\n'

t.test('what a checkout holds to check', async (t) => {
  const table: readonly (readonly [what: string, files: Readonly<Record<string, string>>, paths: readonly string[]])[] =
    [
      ['nothing', {}, []],
      ['a chart, and not what is in it', { 'charts/a/Chart.yaml': '', 'charts/a/files/x.yaml': WANTED }, ['charts/a']],
      ['a chart that is all there is', { 'Chart.yaml': '', 'templates/x.yaml': '{{ x }}' }, ['.']],
      ['a directory of manifests', { 'deploy/x/a.yaml': WANTED, 'deploy/x/y/b.yaml': WANTED }, ['deploy/x']],
      ['one of several documents', { 'deploy/a.yaml': `${OTHER}---\n${WANTED}` }, ['deploy']],
      ['files at the root', { 'a.yaml': WANTED, 'b.json': '{}', 'c.yaml': WANTED }, ['a.yaml', 'c.yaml']],
      ['objects that nobody looks at', { 'deploy/a.yaml': OTHER }, []],
      ['no YAML', { 'deploy/a.yaml': 'a: {{ b }}', 'deploy/b.txt': WANTED }, []],
      ['what is hidden or not ours', { '.github/a.yaml': WANTED, 'node_modules/x/a.yaml': WANTED }, []],
      [
        'kustomizations that no other one uses',
        {
          'k/base/kustomization.yaml': 'resources: [a.yaml]',
          'k/base/a.yaml': WANTED,
          'k/part/kustomization.yml': 'kind: Component',
          'k/prod/kustomization.yaml': 'resources: [../base/]\ncomponents: [../part]',
          'k/test/kustomization.yaml': 'bases: [../base]'
        },
        ['k/prod', 'k/test']
      ],
      ['a kustomization at the root', { 'kustomization.yaml': 'resources: [a.yaml]', 'a.yaml': WANTED }, ['.']]
    ]
  for (const [what, files, paths] of table) {
    const isWanted = ({ kind }: { readonly kind?: unknown }) => kind === 'StatefulSet'
    t.strictSame(await proposedPaths(filesIn(files), isWanted), paths, what)
  }
})
