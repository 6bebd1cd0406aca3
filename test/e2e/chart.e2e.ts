// `holdfast check` renders a chart with the Helm that is there, beside what Helm itself prints: no cluster is needed.

import { execFile, execFileSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t, { type Test } from 'tap'
import type { Report } from '../../src/report/report.ts'
import { findHelms } from './harness/helm.ts'

const PROGRAM = fileURLToPath(new URL('../../bin/holdfast.cjs', import.meta.url))
const CHART = fileURLToPath(new URL('../fixtures/chart', import.meta.url))

function onPath(program: string): string {
  const all = (process.env.PATH ?? '').split(delimiter).map((directory) => join(directory, program))
  return all.find((file) => existsSync(file)) ?? program
}

/** Nothing of the developer's is read or written. */
function environment(directory: string): NodeJS.ProcessEnv {
  const homes = ['HELM_CACHE_HOME', 'HELM_CONFIG_HOME', 'HELM_DATA_HOME', 'HOME'].map((name) => [
    name,
    join(directory, name)
  ])
  return { ...process.env, ...Object.fromEntries(homes), PATH: `${directory}${delimiter}${process.env.PATH}` }
}

interface Run {
  readonly code: number
  readonly report: Report
  readonly stderr: string
}

/** The server of the test has to answer in the meantime. */
function check(directory: string, ...args: readonly string[]): Promise<Run> {
  const options = { env: environment(directory), cwd: directory, timeout: 120_000, killSignal: 'SIGKILL' } as const
  return new Promise((resolve, reject) => {
    execFile(
      process.execPath,
      [PROGRAM, 'check', '-o', 'json', '-n', 'lab', ...args],
      options,
      (error, stdout, stderr) => {
        const code = error === null ? 0 : error.code
        if (typeof code === 'number' && stdout !== '') resolve({ code, report: JSON.parse(stdout), stderr })
        else reject(new Error(`no answer: ${stderr}`))
      }
    )
  })
}

/** Of findings about labels of claim templates, in their order. */
function labelsIn({ report }: Run): string[] {
  const findings = report.objects.flatMap((object) => object.findings)
  return findings.filter(({ policy }) => policy === 'claim-template-labels').map(({ message }) => message)
}

const change = (from: string, to: string): string => `helm.sh/chart "pushgateway-${from}" → "pushgateway-${to}"`

async function rendered(t: Test, directory: string): Promise<void> {
  const git = (...args: readonly string[]) =>
    execFileSync('git', ['-C', directory, ...args], { stdio: ['ignore', 'ignore', 'inherit'] })
  const chart = join(directory, 'charts/pgw')
  cpSync(CHART, chart, { recursive: true })
  git('init', '-q', '-b', 'main')
  git('add', 'charts')
  git('-c', 'user.name=test', '-c', 'user.email=test@example.com', '-c', 'commit.gpgsign=false', 'commit', '-qm', 'one')

  const run = await check(directory, '--release=pgw', 'charts/pgw')
  t.equal(run.code, 1)
  t.match(run.report.objects, [
    {
      kind: 'StatefulSet',
      namespace: 'lab',
      name: 'pgw',
      location: { file: 'charts/pgw/templates/statefulset.yaml', line: 1 }
    }
  ])
  t.match(labelsIn(run), [
    /^the next version of the chart changes what no update may change: .*"v1\.9\.0" → "v1\.9\.1"/
  ])
  t.ok(labelsIn(run)[0]?.includes(change('0.1.0', '0.1.1')), labelsIn(run).join())
  const file = join(chart, 'Chart.yaml')
  writeFileSync(file, readFileSync(file, 'utf8').replace('version: 0.1.0', 'version: 0.5.0'))
  const update = await check(
    directory,
    '--previous',
    'git:main',
    '--kubernetes-version=1.36',
    '--release=pgw',
    'charts/pgw'
  )
  t.equal(labelsIn(update).length, 1)
  t.ok(labelsIn(update)[0]?.includes(change('0.1.0', '0.5.0')), labelsIn(update).join())
  const failed = await check(directory, '--set', 'nothing', '--release=pgw', 'charts/pgw')
  t.match(failed, { code: 2, report: { problems: [{ where: 'charts/pgw', code: 'RENDER_FAILED', message: /--set/ }] } })
}

/** A repository of one chart, on this machine. */
async function fromRepository(t: Test, directory: string, major: number): Promise<void> {
  const helm = (...args: readonly string[]): Promise<unknown> =>
    new Promise((resolve, reject) => {
      execFile(
        join(directory, 'helm'),
        args,
        { env: environment(directory), cwd: directory, timeout: 60_000 },
        (error, stdout) => (error === null ? resolve(stdout) : reject(error))
      )
    })
  await helm('package', CHART, '--destination', 'packages')
  await helm('repo', 'index', 'packages')
  const server = createServer(({ url }, response) => {
    const file = join(directory, 'packages', (url ?? '').replace(/[^\w.-]/g, ''))
    if (existsSync(file)) response.end(readFileSync(file))
    else response.writeHead(404).end()
  }).listen(0, '127.0.0.1')
  try {
    await new Promise((resolve) => server.once('listening', resolve))
    await helm('repo', 'add', 'own', `http://127.0.0.1:${(server.address() as AddressInfo).port}`)
    const run = await check(directory, '--previous', 'chart:own/pushgateway@0.1.0', '--release=pgw', 'charts/pgw')
    t.equal(labelsIn(run).length, 1)
    t.ok(labelsIn(run)[0]?.includes(change('0.1.0', '0.5.0')), `Helm ${major}: ${labelsIn(run)[0]}`)
    const unknown = await check(directory, '--previous', 'chart:own/pushgateway@9.9.9', '--release=pgw', 'charts/pgw')
    t.match(unknown.report.problems, [
      { where: 'chart:own/pushgateway@9.9.9', code: 'RENDER_FAILED', message: /--version=9\.9\.9/ }
    ])
  } finally {
    server.closeAllConnections()
    server.close()
  }
}

const helms = await findHelms()
await t.test('Helm', { skip: helms.size === 0 && 'There is no Helm on the PATH.' }, async (t) => t.ok(helms.size))
for (const [major, { program, version }] of helms) {
  await t.test(`Helm ${version}`, async (t) => {
    const directory = mkdtempSync(join(tmpdir(), 'holdfast-e2e-chart-'))
    try {
      symlinkSync(onPath(program), join(directory, 'helm'))
      await rendered(t, directory)
      await fromRepository(t, directory, major)
    } finally {
      rmSync(directory, { recursive: true, force: true })
    }
  })
}

const KUBECTL = ['kubectl', 'kustomize'].some((program) => existsSync(onPath(program)))

await t.test('kustomize', { skip: !KUBECTL && 'There is neither kubectl nor kustomize on the PATH.' }, async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'holdfast-e2e-kustomize-'))
  try {
    const set = { apiVersion: 'apps/v1', kind: 'StatefulSet', metadata: { name: 'pgw' }, spec: { replicas: 1 } }
    const container = { name: 'pushgateway', image: 'prom/pushgateway:v1.9.0' }
    const template = { metadata: { labels: { app: 'pgw' } }, spec: { containers: [container] } }
    const labels = { matchLabels: { app: 'pgw' } }
    const base = { ...set, spec: { ...set.spec, serviceName: 'pgw', selector: labels, template } }
    mkdirSync(join(directory, 'base'))
    mkdirSync(join(directory, 'prod'))
    writeFileSync(join(directory, 'base/set.json'), JSON.stringify(base))
    writeFileSync(join(directory, 'base/kustomization.yaml'), 'resources: [set.json]')
    writeFileSync(join(directory, 'prod/kustomization.yaml'), 'resources: [../base]\nnamePrefix: prod-\n')
    const { report } = await check(directory, 'prod')
    t.match(report.objects, [{ name: 'prod-pgw', location: { file: 'prod/kustomization.yaml', line: 1 } }])
    const broken = await check(directory, 'base', '--previous', 'git:main')
    t.match(broken, { code: 2, report: { problems: [{ code: 'COMMIT_UNREADABLE' }] } }, 'it is no repository')
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
})
