// Charts and kustomizations, rendered by programs that stand for Helm, kubectl and kustomize; Git is the real one.
import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { stringify } from 'yaml'
import type { Report } from '../../../src/report/report.ts'
import { claimTemplate, pod, statefulSet } from '../../fixtures/objects.ts'
import { holdfast } from '../../helpers/command.ts'
import { filesIn } from '../../helpers/files.ts'
import { standIns } from '../../helpers/stand-in.ts'

/** Prints the templates of a chart as they are, with the words VERSION, APP, RELEASE and REPLICAS put in. */
const HELM = `
const flag = (name) => args.filter((arg) => arg.startsWith(name)).map((arg) => arg.slice(name.length))
const [, release, chart] = args
if (chart.startsWith('repo/')) {
  process.stdout.write('---\\n# Source: pgw/templates/set.yaml\\n' + readFileSync(process.env.HOLDFAST_TEST_RELEASED, 'utf8'))
} else {
  const own = readFileSync(chart + '/Chart.yaml', 'utf8')
  const field = (name) => new RegExp('^' + name + ': (.*)$', 'm').exec(own)?.[1] ?? ''
  if (field('name') === 'broken') {
    process.stderr.write('Error: template: broken/templates/a.yaml:1: it is broken\\n')
    process.exit(1)
  }
  const replicas = flag('--values=').map((file) => readFileSync(file, 'utf8').trim()).at(-1) ?? '1'
  for (const file of ['set.yaml', 'pod.yaml', 'bad.yaml']) {
    if (!existsSync(chart + '/templates/' + file)) continue
    const text = readFileSync(chart + '/templates/' + file, 'utf8')
    process.stdout.write('---\\n# Source: ' + field('name') + '/templates/' + file + '\\n' + text
      .replaceAll('VERSION', field('version')).replaceAll('APP', field('appVersion'))
      .replaceAll('RELEASE', release).replaceAll('REPLICAS', replicas))
  }
  if (field('parts') !== '') process.stdout.write('---\\n# Source: pgw/charts/part/templates/pod.yaml\\n' + field('parts') + '\\n')
}`

const KUBECTL = `
const file = readFileSync(args[1] + '/kustomization.yaml', 'utf8')
const [, resource] = /resources: \\[(.*)\\]/.exec(file)
process.stdout.write(readFileSync(args[1] + '/' + resource, 'utf8'))`

const programs = standIns({ helm: HELM, kubectl: KUBECTL })

const chartYaml = (version: string): string => `name: pgw\nversion: ${version}\nappVersion: v1.9.0\n`

/** A StatefulSet of a chart, with labels of its claim template. */
function set(labels: Readonly<Record<string, string>>, annotations: Readonly<Record<string, string>> = {}): string {
  const { spec, metadata, ...others } = statefulSet({ name: 'RELEASE', annotations })
  const [template] = (spec as { volumeClaimTemplates: { metadata: object; spec: object }[] }).volumeClaimTemplates
  const claim = { ...template, metadata: { ...template?.metadata, labels } }
  const { namespace: _, ...named } = metadata as Record<string, unknown>
  const object = { ...others, metadata: named, spec: { ...(spec as object), volumeClaimTemplates: [claim] } }
  return stringify(object, { aliasDuplicateObjects: false }).replace(/replicas: \d+/, 'replicas: REPLICAS')
}

const MOVING = { 'helm.sh/chart': 'pgw-VERSION', 'app.kubernetes.io/version': 'APP' }
const CHART = { 'Chart.yaml': chartYaml('1.0.0'), 'templates/set.yaml': set(MOVING) }

function reportOf({ stdout }: { stdout: string }): Report {
  return JSON.parse(stdout) as Report
}

/** `error claim-template-labels` of each finding of the policy. */
function labelsIn(run: { stdout: string }): string[] {
  const findings = reportOf(run).objects.flatMap((object) => object.findings)
  return findings
    .filter(({ policy }) => policy === 'claim-template-labels')
    .map(({ level, message }) => `${level} ${message}`)
}

const NEXT = 'the next version of the chart changes what no update may change: '

interface Case {
  readonly name: string
  readonly files: Readonly<Record<string, string>>
  readonly args?: readonly string[]
  /** Of findings of claim-template-labels, how each begins. */
  readonly says: readonly string[]
  readonly code: number
}

const cases: readonly Case[] = [
  {
    name: 'labels that change with every version',
    files: CHART,
    says: [
      `error ${NEXT}labels of claim template "storage-volume" change: helm.sh/chart "pgw-1.0.0" → "pgw-1.0.1", app.kubernetes.io/version "v1.9.0" → "v1.9.1"`
    ],
    code: 1
  },
  {
    name: 'a label that does not say what it is',
    files: { ...CHART, 'templates/set.yaml': set({ flavour: 'x-APP' }) },
    says: [`error ${NEXT}labels of claim template "storage-volume" change: flavour`],
    code: 1
  },
  { name: 'labels that stay', files: { ...CHART, 'templates/set.yaml': set({ app: 'RELEASE' }) }, says: [], code: 0 },
  {
    name: 'a label that names the chart and stays where its version moves',
    files: { ...CHART, 'templates/set.yaml': set({ 'helm.sh/chart': 'pgw-0.9.0' }) },
    says: [],
    code: 0
  },
  {
    name: 'a label that may change without the chart is advice, as before',
    files: { ...CHART, 'templates/set.yaml': set({ 'app.kubernetes.io/version': 'v2' }) },
    says: [
      'warning claim template "storage-volume" has labels that change with every release (app.kubernetes.io/version)'
    ],
    code: 0
  },
  {
    name: 'an object that is exempted',
    files: { ...CHART, 'templates/set.yaml': set(MOVING, { 'holdfast.dev/skip': 'claim-template-labels' }) },
    says: [`note ${NEXT}`],
    code: 0
  },
  { name: 'a lower ceiling', files: CHART, args: ['--mode=warn'], says: [`warning ${NEXT}`], code: 0 }
]

t.test('a chart is rendered twice', async (t) => {
  for (const { name, files, args = [], says, code } of cases) {
    const chart = filesIn(files)
    const run = await holdfast('check', '-o', 'json', ...args, chart)
    const said = labelsIn(run)
    t.equal(said.length, says.length, `${name}: ${said.join('\n')}`)
    for (const [index, text] of says.entries()) t.ok(said[index]?.startsWith(text), `${name}: ${said[index]}`)
    t.equal(run.code, code, `${name}: exit code`)
  }
  const chart = filesIn({ ...CHART, 'restore.yaml': 'policies: { claim-template-labels: { onChange: restore } }' })
  const restored = await holdfast('check', '-o', 'json', '--config', join(chart, 'restore.yaml'), chart)
  t.strictSame(labelsIn(restored), [], 'what the webhook restores is no reason to fail')
})

t.test('what Helm is given, and where objects stand', async (t) => {
  const chart = filesIn({
    ...CHART,
    'Chart.yaml': `${chartYaml('1.0.0')}parts: ${JSON.stringify(pod())}\n`,
    'templates/bad.yaml': 'a: b: c\n'
  })
  const values = join(filesIn({ 'v.yaml': '3' }), 'v.yaml')
  const before = programs.calls().length
  const args = [
    '-f',
    values,
    '--set',
    'a=b',
    '--set',
    'c=d e',
    '--release',
    'pgw',
    '-n',
    'lab',
    '--kubernetes-version=1.31'
  ]
  const run = await holdfast('check', '-o', 'json', ...args, chart)
  const [first, second, ...more] = programs.calls().slice(before)
  const flags = ['--namespace=lab', `--values=${values}`, '--set=a=b', '--set=c=d e', '--kube-version=1.31']
  t.strictSame(first, ['helm', 'template', 'pgw', chart, ...flags])
  t.match(second, ['helm', 'template', 'pgw', /holdfast-chart-/, ...flags], 'and a copy with another version')
  t.strictSame(more, [])
  t.match(reportOf(run), {
    objects: [
      {
        kind: 'StatefulSet',
        name: 'pgw',
        namespace: 'lab',
        location: { file: join(chart, 'templates/set.yaml'), line: 1 }
      },
      {
        kind: 'Pod',
        location: { file: join(chart, 'Chart.yaml'), line: 1, template: 'pgw/charts/part/templates/pod.yaml' }
      }
    ],
    problems: [{ where: join(chart, 'templates/bad.yaml'), code: 'SOURCE_INVALID' }]
  })
  const [own] = reportOf(run).objects
  t.ok(
    own?.findings.every((finding) => !('line' in finding)),
    'nobody knows the line in a template'
  )
  t.equal(run.code, 2)
})

t.test('without a StatefulSet nothing is rendered twice', async (t) => {
  const before = programs.calls().length
  const run = await holdfast(
    'check',
    filesIn({ 'Chart.yaml': chartYaml('1.0.0'), 'templates/pod.yaml': stringify(pod()) })
  )
  t.match(run, { code: 0, stdout: /1 object checked/ })
  t.equal(programs.calls().length - before, 1)
})

t.test('what cannot be rendered', async (t) => {
  const broken = filesIn({ 'Chart.yaml': 'name: broken\nversion: 1.0.0' })
  const good = join(filesIn({ 'a.yaml': stringify(pod()) }), 'a.yaml')
  const run = await holdfast('check', '-o', 'json', broken, good)
  t.match(reportOf(run), {
    problems: [
      {
        where: broken,
        code: 'RENDER_FAILED',
        message:
          /^"helm template release-name \S+" ended with exit code 1: Error: template: broken\/templates\/a\.yaml:1: it is broken\./
      }
    ],
    objects: [{ kind: 'Pod' }]
  })
  t.equal(run.code, 2)
  const odd = filesIn({ ...CHART, 'Chart.yaml': '{name: pgw, version: 1.0.0}' })
  const note = reportOf(await holdfast('check', '-o', 'json', odd)).notes
  t.match(note, [/: Not compared with its next version: Chart\.yaml has no line with its version\.$/])
})

t.test('a kustomization', async (t) => {
  const directory = filesIn({
    'base/pod.yaml': stringify(pod()),
    'prod/kustomization.yaml': 'resources: [../base/pod.yaml]'
  })
  const run = await holdfast('check', '-o', 'json', join(directory, 'prod'))
  const file = join(directory, 'prod/kustomization.yaml')
  t.match(reportOf(run), { objects: [{ kind: 'Pod', location: { file, line: 1 } }], problems: { length: 0 } })
  t.equal(run.code, 0)
  const diff = await holdfast(
    'check',
    '--fix',
    '--diff',
    '-o',
    `json=${join(directory, 'r.json')}`,
    join(directory, 'prod')
  )
  t.match(diff, { code: 2, stderr: /--diff needs files, and \S+prod is rendered/ })
  const fixed = await holdfast('check', '--fix', '--kubernetes-version=1.36', join(directory, 'prod'))
  t.match(fixed.stdout, 'preStop', '--fix writes what was rendered')
})

/** A repository with one commit, and its directory. */
function repositoryWith(files: Readonly<Record<string, string>>): string {
  const directory = filesIn(files)
  const git = (...args: readonly string[]) => execFileSync('git', ['-C', directory, ...args])
  git('init', '-q', '-b', 'main')
  git('add', '-A')
  git('-c', 'user.name=test', '-c', 'user.email=test@example.com', '-c', 'commit.gpgsign=false', 'commit', '-qm', 'one')
  return directory
}

/** Of this test alone: others run at the same time. */
process.env.TMPDIR = filesIn({})

const temporary = (): string[] => readdirSync(tmpdir()).filter((name) => /^holdfast-(?:git|chart)-/.test(name))

t.test('the same paths in another commit', async (t) => {
  const there = temporary()
  const repository = repositoryWith({
    'chart/Chart.yaml': chartYaml('1.0.0'),
    'chart/templates/set.yaml': set({ 'helm.sh/chart': 'pgw-VERSION' }),
    'values.yaml': '1',
    'plain/a.yaml': stringify(statefulSet({ name: 'a' })),
    'base/set.yaml': stringify(statefulSet({ name: 'b', image: 'x:1' })),
    'prod/kustomization.yaml': 'resources: [../base/set.yaml]'
  })
  const path = (name: string): string => join(repository, name)
  writeFileSync(path('chart/Chart.yaml'), chartYaml('2.0.0'))
  writeFileSync(path('values.yaml'), '2')
  writeFileSync(path('new.yaml'), stringify(statefulSet({ name: 'new' })))
  writeFileSync(path('more.yaml'), '2')
  const sizes = (size: string, name: string) =>
    stringify(statefulSet({ name })).replace(/storage: \w+/, `storage: ${size}`)
  writeFileSync(path('plain/a.yaml'), sizes('7Gi', 'a'))
  writeFileSync(path('base/set.yaml'), sizes('7Gi', 'b'))
  const check = (...args: readonly string[]) => holdfast('check', '-o', 'json', '--previous', 'git:main', ...args)

  const chart = await check('-f', path('values.yaml'), path('chart'))
  t.match(labelsIn(chart), [
    'error labels of claim template "storage-volume" change: helm.sh/chart "pgw-1.0.0" → "pgw-2.0.0"'
  ])
  t.equal(labelsIn(chart).length, 1, 'the next version says nothing new of them')
  const [, , , , old] = programs.calls().find(([, , , at]) => at?.includes('holdfast-git-')) ?? []
  t.match(old, /holdfast-git-\w+\/values\/0\/values\.yaml$/, 'with values as they were')

  for (const name of ['plain', 'plain/a.yaml', 'prod']) {
    const run = await check(path(name))
    t.match(
      labelsIn(run),
      [/^error spec\.volumeClaimTemplates\[0\]\.spec\.resources\.requests\.storage "\w+" → "7Gi"/],
      name
    )
    t.equal(reportOf(run).objects[0]?.operation, 'UPDATE', name)
  }

  t.match(reportOf(await check(path('new.yaml'))), {
    objects: [{ operation: 'CREATE' }],
    problems: { length: 0 },
    notes: [`${path('new.yaml')} is not in main: everything in it is new.`]
  })
  const more = reportOf(await check('-f', path('more.yaml'), path('chart')))
  t.match(more.notes, [`${path('more.yaml')} is not in main: what is there is rendered without it.`])
  t.match(reportOf(await holdfast('check', '-o', 'json', '--previous', 'git:nope', path('plain'))), {
    problems: [
      { where: `git:nope:${path('plain')}`, code: 'COMMIT_UNREADABLE', message: /^git knows no commit "nope"\./ }
    ]
  })
  const elsewhere = filesIn({ 'a.yaml': stringify(pod()) })
  t.match(reportOf(await check(elsewhere)), {
    problems: [{ code: 'COMMIT_UNREADABLE', message: /not a git repository/ }]
  })

  const plan = await holdfast('explain-upgrade', '--previous', 'git:main', path('chart'))
  t.match(plan, { code: 1, stdout: /helm upgrade/ })
  t.strictSame(temporary(), there, 'and nothing is left behind')
})

t.test('a chart of a repository', async (t) => {
  const released = filesIn({
    'set.yaml': set({ 'helm.sh/chart': 'pgw-0.9.0' }).replaceAll('RELEASE', 'pgw').replaceAll('REPLICAS', '1')
  })
  process.env.HOLDFAST_TEST_RELEASED = join(released, 'set.yaml')
  t.teardown(() => delete process.env.HOLDFAST_TEST_RELEASED)
  const chart = filesIn({ ...CHART, 'templates/set.yaml': set({ 'helm.sh/chart': 'pgw-VERSION' }) })
  const run = await holdfast('check', '-o', 'json', '--release=pgw', '--previous', 'chart:repo/pgw@0.9.0', chart)
  t.match(labelsIn(run), [
    'error labels of claim template "storage-volume" change: helm.sh/chart "pgw-0.9.0" → "pgw-1.0.0"'
  ])
  t.match(
    programs.calls().find(([, , , at]) => at === 'repo/pgw'),
    ['helm', 'template', 'pgw', 'repo/pgw', '--version=0.9.0']
  )
})

t.test('the steps for a refused upgrade apply no template and no kustomization', async (t) => {
  const withLabel = (chart: string) =>
    stringify(
      statefulSet({ name: 'pgw', labels: {}, templates: [claimTemplate({ labels: { 'helm.sh/chart': chart } })] })
    )
  const directory = filesIn({
    'old.yaml': withLabel('pgw-1'),
    'new/kustomization.yaml': 'resources: [set.yaml]',
    'new/set.yaml': withLabel('pgw-2')
  })
  const steps = async (path: string) => {
    const previous = join(directory, 'old.yaml')
    const { stdout } = await holdfast('check', '-o', 'markdown', '--previous', previous, join(directory, path))
    return /^kubectl apply .*$/m.exec(stdout)?.[0]
  }
  t.equal(await steps('new'), 'kubectl apply -n monitoring -f FILE')
  t.equal(
    await steps('new/set.yaml'),
    `kubectl apply -n monitoring -f ${join(directory, 'new/set.yaml')}`,
    'but a file'
  )
})

const contradictions: readonly (readonly [args: readonly string[], stderr: RegExp])[] = [
  [['--set', 'a=b', 'x.yaml'], /--values, --set and --release are for charts, and no path holds a Chart\.yaml/],
  [['-f', '-', 'x.yaml'], /Values are read from files/],
  [['--release=-x', 'x.yaml'], /It has to be the name of a release/],
  [['--previous', 'git:main', '-'], /standard input is in no commit/],
  [['--previous', 'chart:pgw', 'x.yaml'], /has to be like chart:REPOSITORY\/NAME@VERSION/],
  [['--previous', 'chart:-x@1', 'x.yaml'], /has to be like chart:REPOSITORY\/NAME@VERSION/]
]

t.test('what makes no sense', async (t) => {
  for (const [args, stderr] of contradictions) {
    t.match(await holdfast('check', ...args), { code: 2, stderr }, args.join(' '))
  }
})

t.test('programs that are not there', async (t) => {
  const [chart, directory] = [
    filesIn(CHART),
    filesIn({ 'kustomization.yaml': 'resources: [pod.yaml]', 'pod.yaml': stringify(pod()) })
  ]
  standIns({}, true)
  const problem = async (path: string) => reportOf(await holdfast('check', '-o', 'json', path)).problems[0]
  t.match(await problem(chart), {
    code: 'RENDER_PROGRAM_MISSING',
    message: /^It has to be rendered, and helm is not on the PATH\. Where it is, run "helm template release-name \S+"\./
  })
  t.match(await problem(directory), {
    code: 'RENDER_PROGRAM_MISSING',
    message: /kubectl is not on the PATH.*"kubectl kustomize \S+"/
  })
  const kustomize = standIns({ kustomize: KUBECTL }, true)
  t.match(await holdfast('check', directory), { code: 0 }, 'kustomize will do')
  t.strictSame(kustomize.calls(), [['kustomize', 'build', directory]])
  t.equal(readFileSync(join(directory, 'pod.yaml'), 'utf8'), stringify(pod()))
})
