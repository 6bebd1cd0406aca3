// Which policies a run is about, what fails it, and how much of the report is shown.
import t from 'tap'
import { POLICIES } from '../../src/policies/index.ts'
import type { Report } from '../../src/report/report.ts'
import { prometheus } from '../fixtures/prometheus.ts'
import { holdfast } from '../helpers/command.ts'
import { fakeCluster, NOTHING_BESIDE } from '../helpers/fake-cluster.ts'
import { holdfastIn } from '../helpers/in-directory.ts'

/** An error of shared-tsdb-claim, and warnings of prometheus-availability and prometheus-resources. */
const BAD = prometheus({ replicas: 2, resources: {} })
const FILES = { 'bad.json': JSON.stringify(BAD) }

function policiesIn({ objects }: Report): string[] {
  return [...new Set(objects.flatMap(({ findings }) => findings.map(({ policy }) => policy)))].sort()
}

t.test('--only and --exclude', async (t) => {
  const all = ['prometheus-availability', 'prometheus-resources', 'shared-tsdb-claim']
  const others = all.filter((id) => id !== 'shared-tsdb-claim')
  const table: readonly (readonly [
    args: readonly string[],
    code: number,
    policies: readonly string[],
    note: RegExp
  ])[] = [
    [['--exclude=shared-tsdb-claim'], 0, others, /^Policies left out by --exclude: shared-tsdb-claim\.$/],
    [
      ['--exclude=shared-tsdb-claim,prometheus-resources', '--exclude', 'prometheus-availability'],
      0,
      [],
      /^Policies left out by --exclude: shared-tsdb-claim, prometheus-resources, prometheus-availability\.$/
    ],
    [
      ['--only=prometheus-resources'],
      0,
      ['prometheus-resources'],
      /^Policies evaluated, by --only: prometheus-resources\. All others are left out\.$/
    ],
    [
      ['--only=prometheus-resources,shared-tsdb-claim', '--exclude=shared-tsdb-claim'],
      0,
      ['prometheus-resources'],
      /^Policies evaluated, by --only and --exclude: prometheus-resources\. All/
    ],
    [['--only=shared-tsdb-claim'], 1, ['shared-tsdb-claim'], /by --only: shared-tsdb-claim\./],
    [['--only=shared-tsdb-claim', '--exclude=shared-tsdb-claim'], 0, [], /by --only and --exclude: none\./],
    [['--only=stop-grace-period'], 0, [], /^--only names policies whose mode is off: stop-grace-period\.$/]
  ]
  for (const [args, code, policies, note] of table) {
    const told = await holdfastIn(FILES, ['check', '-o', 'json', ...args, 'bad.json'])
    const report = JSON.parse(told.stdout) as Report
    t.equal(told.code, code, args.join(' '))
    t.strictSame(policiesIn(report), policies, args.join(' '))
    t.ok(
      report.notes.some((text) => note.test(text)),
      `${args.join(' ')}: ${report.notes}`
    )
  }
})

t.test('a policy that there is not', async (t) => {
  for (const flag of ['--only', '--exclude']) {
    const told = await holdfastIn(FILES, ['check', `${flag}=shared-tsdb-claims`, 'bad.json'])
    const stderr =
      /^holdfast: There is no policy "shared-tsdb-claims"; did you mean "shared-tsdb-claim"\? .*\[POLICY_UNKNOWN\]/
    t.match(told, { code: 2, stderr, stdout: '' }, flag)
  }
})

t.test('scan reads and reports only what the policies that are left need', async (t) => {
  const { apiVersion: _, kind: __, ...item } = BAD
  const paths: string[] = []
  const cluster = await fakeCluster(
    t,
    {
      ...NOTHING_BESIDE,
      '/api/v1/namespaces': [{ metadata: { name: 'monitoring' } }],
      '/api/v1/pods': [],
      ...Object.fromEntries(['statefulsets', 'daemonsets', 'replicasets'].map((name) => [`/apis/apps/v1/${name}`, []])),
      '/apis/apps/v1/deployments': [item]
    },
    ({ path }) => {
      paths.push(path)
      return undefined
    }
  )
  const told = await holdfast(
    'scan',
    '-A',
    '-o',
    'json',
    `--kubeconfig=${cluster.kubeconfig}`,
    '--only=claim-template-labels'
  )
  const report = JSON.parse(told.stdout) as Report
  t.equal(told.code, 0, told.stderr)
  t.strictSame(report.objects, [])
  t.ok(report.notes.includes('Policies evaluated, by --only: claim-template-labels. All others are left out.'))
  t.strictSame(
    report.policies.map(({ id }) => id),
    POLICIES.map(({ id }) => id),
    'the whole catalogue is listed'
  )
  t.ok(report.policies.every(({ id, mode }) => (mode === 'off') !== (id === 'claim-template-labels')))
  t.ok(paths.some((path) => path.includes('statefulsets')))
  t.notOk(
    paths.some((path) => path.includes('pods') || path.includes('deployments')),
    paths.join(' ')
  )
})

t.test('--fail-on, in the words of reports and of modes', async (t) => {
  const warned = { 'w.json': JSON.stringify(prometheus({ resources: {} })), ...FILES }
  const table: readonly (readonly [args: readonly string[], code: number])[] = [
    [['w.json'], 0],
    [['--fail-on=error', 'w.json'], 0],
    [['--fail-on=enforce', 'w.json'], 0],
    [['--fail-on=warning', 'w.json'], 1],
    [['--fail-on=warn', 'w.json'], 1],
    [['--fail-on=error', 'bad.json'], 1],
    [['--fail-on=note', 'w.json'], 2]
  ]
  for (const [args, code] of table) t.equal((await holdfastIn(warned, ['check', ...args])).code, code, args.join(' '))
})

t.test('--quiet', async (t) => {
  const clean = { '.holdfast.yaml': '', 'clean.json': JSON.stringify(prometheus()), ...FILES }
  t.strictSame(await holdfastIn(clean, ['check', '-q', 'clean.json', '-o', 'text', '-o', 'json=report.json']), {
    code: 0,
    stdout: '',
    stderr: ''
  })
  const { code, stdout } = await holdfastIn(clean, ['check', '--quiet', 'bad.json'])
  t.equal(code, 1)
  t.match(stdout, /^Deployment monitoring\/prometheus .*\n {2}error +shared-tsdb-claim: /)
  t.match(stdout, /\n {2}warning +prometheus-resources: /)
  t.notMatch(stdout, /^ {2}note/m)
  t.notMatch(stdout, /checked in/)
  const unread = await holdfastIn({ 'broken.yaml': 'a: {' }, ['check', '-q', 'broken.yaml'])
  t.match(unread, { code: 2, stdout: /^broken\.yaml.*\n {2}unread / })
})
