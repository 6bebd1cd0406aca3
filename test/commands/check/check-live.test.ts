// `check --live`: what is compared with is what runs, and nothing else is read.
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { stringify } from 'yaml'
import type { JsonObject } from '../../../src/core/values/json.ts'
import { chartStatefulSet } from '../../fixtures/pushgateway-chart.ts'
import { holdfast } from '../../helpers/command.ts'
import { type FakeCluster, fakeCluster, forbidden, type Intercept, kubeconfigFor } from '../../helpers/fake-cluster.ts'
import { filesIn } from '../../helpers/files.ts'

const STATEFUL_SETS = '/apis/apps/v1/statefulsets'

function inNamespace(object: JsonObject, namespace: string | undefined): JsonObject {
  return { ...object, metadata: { ...(object.metadata as JsonObject), namespace } }
}

/** What `helm template` writes: without a namespace. */
const NEW = stringify(inNamespace(chartStatefulSet('2.17.0'), undefined), { aliasDuplicateObjects: false })
const CONFIG_MAP = 'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: a }\n'
const FILES = {
  'check.yaml': "check: { kubernetesVersion: '1.20', namespace: lab }",
  'c.yaml': 'policies: { claim-template-labels: { onChange: restore } }',
  'new.yaml': `${NEW}---\n${CONFIG_MAP}`
}

interface Run {
  readonly cluster: FakeCluster
  readonly stdout: string
  readonly stderr: string
  readonly code: unknown
}

async function check(t: Test, args: readonly string[], intercept?: Intercept): Promise<Run> {
  const runs = inNamespace(chartStatefulSet('2.16.0'), 'lab')
  const cluster = await fakeCluster(t, { [STATEFUL_SETS]: [runs] }, intercept)
  const directory = filesIn(FILES)
  const places = args.map((arg) => arg.replace('DIR', directory))
  const run = await holdfast(
    'check',
    '--live',
    '--kubeconfig',
    cluster.kubeconfig,
    ...places,
    join(directory, 'new.yaml')
  )
  return { ...run, cluster }
}

t.test('the upgrade that fails, by what runs', async (t) => {
  const { stdout, code, cluster } = await check(t, ['-n', 'lab', '-o', 'json'])
  t.match(stdout, /labels of claim template \\"storage-volume\\" change: .*v1\.10\.0\\" → \\"v1\.11\.0/)
  t.equal(code, 1)
  t.match(cluster.asked, [/^GET \/version$/, /^GET \/apis\/apps\/v1\/namespaces\/lab\/statefulsets\/[^/?]+$/])
  t.equal(cluster.asked.length, 2, 'nothing that no policy looks at is read')
})

t.test('where it does not run, it is new', async (t) => {
  const { stdout, code } = await check(t, ['-n', 'elsewhere'])
  t.notMatch(stdout, / change: /)
  t.equal(code, 0)
})

t.test('the namespace of the context is that of objects that name none', async (t) => {
  const { cluster } = await check(t, [])
  t.match(cluster.asked, [String, /\/namespaces\/default\//])
})

t.test('of the configuration, the namespace counts and the version does not: the API server has its own', async (t) => {
  const { cluster, code } = await check(t, ['--config=DIR/check.yaml'])
  t.equal(code, 1)
  t.match(cluster.asked, [/^GET \/version$/, /\/namespaces\/lab\//])
  const { cluster: told } = await check(t, ['--config=DIR/check.yaml', '--kubernetes-version=1.36', '-n', 'other'])
  t.match(told.asked, [/\/namespaces\/other\//], 'and flags come first')
})

t.test('--fix keeps the labels that run, as a post-renderer of Helm has to', async (t) => {
  const { stdout, stderr, code } = await check(t, ['-n', 'lab', '--config=DIR/c.yaml', '--fix'])
  t.match(stdout, 'app.kubernetes.io/version: v1.10.0')
  t.match(stdout, CONFIG_MAP, 'the rest is as it was')
  t.match(stderr, 'keeps the labels')
  t.equal(code, 0)
})

t.test('what may not be read is a problem, and never called new', async (t) => {
  const intercept: Intercept = ({ path }) => (path === '/version' ? undefined : forbidden('statefulsets.apps'))
  const { stdout, code } = await check(t, ['-n', 'lab', '-o', 'json'], intercept)
  const where = /^statefulsets \S+ in the namespace lab$/
  t.match(JSON.parse(stdout).problems, [{ where, code: 'CLUSTER_FORBIDDEN', message: /forbidden/ }])
  t.equal(code, 2)
})

t.test('a cluster that does not answer ends it, and nothing is written', async (t) => {
  const file = join(filesIn(FILES), 'new.yaml')
  const nowhere = kubeconfigFor('http://127.0.0.1:1')
  const run = await holdfast('check', '--live', '--fix', '--kubeconfig', nowhere, file)
  t.match(run, { code: 2, stdout: '', stderr: /\[CLUSTER_UNREACHABLE\]/ })
})
