// A repository with findings is adopted: what is there is accepted once, what is new fails.
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import type { Report } from '../../../src/report/report.ts'
import { claimVolume, prometheus } from '../../fixtures/prometheus.ts'
import { filesIn } from '../../helpers/files.ts'
import { holdfastAt } from '../../helpers/in-directory.ts'

const bad = (name: string): string =>
  JSON.stringify(prometheus({ replicas: 2, metadata: { name }, volumes: [claimVolume(name)] }))
const clean = (name: string): string => JSON.stringify(prometheus({ metadata: { name }, volumes: [claimVolume(name)] }))

const FILES = {
  '.git': '',
  '.holdfast.yaml': 'check: { paths: [deploy], failOn: warning, baseline: known.yaml }',
  'deploy/a.json': bad('a'),
  'deploy/b.json': bad('b')
}

const WRITE = ['check', '--write-baseline', 'known.yaml'] as const

async function adopted(): Promise<string> {
  const directory = filesIn(FILES)
  await holdfastAt(directory, WRITE)
  return directory
}

async function reportIn(
  directory: string,
  ...args: readonly string[]
): Promise<Report & { counts: object; code: unknown }> {
  const { stdout, code, stderr } = await holdfastAt(directory, ['check', '-o', 'json', ...args])
  t.not(stdout, '', stderr)
  return { ...JSON.parse(stdout), code }
}

t.test('written, and used', async (t) => {
  const directory = filesIn(FILES)
  t.match(await holdfastAt(directory, ['check']), {
    code: 2,
    stderr: /Cannot read known\.yaml: .*\[BASELINE_UNREADABLE\]/
  })
  const first = await holdfastAt(directory, WRITE)
  t.match(first, { code: 0, stderr: 'holdfast: baseline written to known.yaml (4 findings)\n' })
  t.match(first.stdout, /^ {2}note +4 findings in the baseline known\.yaml not listed: 2 errors, 2 warnings\.$/m)
  t.match(first.stdout, /2 objects checked in 2 files: 0 errors, 0 warnings, 0 notes; 4 more in the baseline\n$/)
  const text = readFileSync(join(directory, 'known.yaml'), 'utf8')
  t.match(
    text,
    /\n {2}- policy: shared-tsdb-claim\n {4}object: Deployment\.apps monitoring\/a\n {4}file: deploy\/a\.json\n/
  )

  const report = await reportIn(directory)
  t.match(report, { code: 0, objects: { length: 0 }, counts: { error: 0, warning: 0, note: 0 } })
  t.strictSame(report.baseline, { error: 2, warning: 2, note: 0, file: 'known.yaml', gone: 0 })
  await holdfastAt(directory, WRITE)
  t.equal(readFileSync(join(directory, 'known.yaml'), 'utf8'), text, 'the same findings, the same bytes')
})

t.test('lines move, values change, and a run starts elsewhere', async (t) => {
  const directory = await adopted()
  const object = prometheus({ replicas: 3, metadata: { name: 'a' }, volumes: [claimVolume('a')] })
  writeFileSync(join(directory, 'deploy/a.json'), `\n\n\n${JSON.stringify(object, null, 4)}`)
  t.match(await reportIn(directory), { code: 0, baseline: { error: 2, warning: 2, gone: 0 } })
  t.match(await reportIn(join(directory, 'deploy')), {
    code: 0,
    baseline: { file: '../known.yaml', error: 2, gone: 0 }
  })
  t.match(await reportIn(directory, 'deploy/a.json'), { code: 0, baseline: { error: 1, gone: 0 } }, 'a part of it')
})

t.test('what is new fails', async (t) => {
  const directory = await adopted()
  writeFileSync(join(directory, 'deploy/c.json'), bad('c'))
  const report = await reportIn(directory)
  t.equal(report.code, 1)
  t.strictSame(
    report.objects.map(({ name }) => name),
    ['c']
  )
  t.match(report.counts, { error: 1, warning: 1 })
})

t.test('what is mended is told, and removed on request', async (t) => {
  const directory = await adopted()
  writeFileSync(join(directory, 'deploy/a.json'), clean('a'))
  const report = await reportIn(directory)
  t.match(report, { code: 0, baseline: { error: 1, gone: 2 } })
  const note =
    '2 entries of the baseline no longer occur: prometheus-availability of Deployment.apps monitoring/a in deploy/a.json, ' +
    'shared-tsdb-claim of Deployment.apps monitoring/a in deploy/a.json. To remove them, run holdfast check --baseline ' +
    'known.yaml --write-baseline known.yaml.'
  t.ok(report.notes.includes(note), report.notes.join('\n'))
  const others = await reportIn(directory, '--exclude=shared-tsdb-claim')
  t.equal(others.baseline?.gone, 1, 'what nobody looked for is not gone')
  const part = await reportIn(directory, 'deploy/b.json')
  t.equal(part.baseline?.gone, 0, 'nor is what nobody read')

  writeFileSync(join(directory, 'deploy/c.json'), bad('c'))
  const shrunk = await holdfastAt(directory, ['check', '--baseline=known.yaml', '--write-baseline=known.yaml'])
  t.match(shrunk, { code: 1, stderr: /\(2 findings\)/ }, 'it only shrinks')
  const text = readFileSync(join(directory, 'known.yaml'), 'utf8')
  t.match(text, 'deploy/b.json')
  t.notMatch(text, /deploy\/[ac]\.json/)
})

t.test('files that are moved and removed', async (t) => {
  const directory = await adopted()
  mkdirSync(join(directory, 'deploy/new'))
  renameSync(join(directory, 'deploy/a.json'), join(directory, 'deploy/new/a.json'))
  t.match(await reportIn(directory), { code: 0, baseline: { error: 2, gone: 0 } })
  rmSync(join(directory, 'deploy/b.json'))
  t.match(await reportIn(directory), { code: 0, baseline: { error: 1, gone: 2 } })
})

t.test('something that cannot be read', async (t) => {
  const directory = await adopted()
  const before = readFileSync(join(directory, 'known.yaml'), 'utf8')
  writeFileSync(join(directory, 'deploy/a.json'), '{')
  t.match(await reportIn(directory), { code: 2, baseline: { error: 1, gone: 0 } }, 'nothing seems to be gone')
  t.match(await holdfastAt(directory, WRITE), {
    code: 2,
    stdout: /The baseline known\.yaml was not written, because/,
    stderr: ''
  })
  t.equal(readFileSync(join(directory, 'known.yaml'), 'utf8'), before)
})

t.test('what cannot be used', async (t) => {
  const directory = filesIn({ ...FILES, 'known.yaml': 'kind: HoldfastBaseline\nfindings: [{ policy: a }]' })
  const table: readonly (readonly [args: readonly string[], stderr: RegExp])[] = [
    [['check'], /known\.yaml:2:12: findings\[0\]: lacks the field object\n.*\[BASELINE_INVALID\]/s],
    [['check', '--baseline=none.yaml'], /Cannot read none\.yaml: .*\[BASELINE_UNREADABLE\]/],
    [['check', '--write-baseline=no/known.yaml'], /Cannot write no\/known\.yaml: .*\[BASELINE_UNWRITABLE\]/],
    [
      ['check', '--write-baseline=k.yaml', '--only=alert-dedup'],
      /--write-baseline is about all policies.*\[FLAG_INVALID\]/
    ],
    [['check', '--write-baseline=k.yaml', '--exclude=alert-dedup'], /--write-baseline is about all policies/]
  ]
  for (const [args, stderr] of table) t.match(await holdfastAt(directory, args), { code: 2, stderr }, args.join(' '))
})

t.test('a report that lists not all of an object', async (t) => {
  const containers = Array.from({ length: 60 }, (_, index) => ({
    name: `c${index}`,
    image: 'quay.io/prometheus/prometheus:v3.14.0'
  }))
  const directory = filesIn({ '.git': '', 'a.json': JSON.stringify(prometheus({ pod: { containers } })) })
  const told = await holdfastAt(directory, ['check', '--write-baseline=known.yaml', 'a.json'])
  t.match(told, {
    code: 2,
    stderr: /would be incomplete: the report does not list all findings.*\[BASELINE_UNWRITABLE\]/
  })
})
